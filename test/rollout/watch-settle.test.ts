import {expect, test} from 'vitest';
import {CRASHED_MS, UNPROBED_MS, unsettledUntil} from '../../src/rollout/watch-settle.ts';
import {ago, type ContainerState, deployment, NOW, pod, replicaSet, situation} from '../support/builders.ts';

const newest = replicaSet({hash: 'b', revision: 5});
const before = replicaSet({hash: 'a', revision: 4});
const probed = {readinessProbe: {tcpSocket: {port: 80}}};

/** How much longer to look, in milliseconds, `after` it was first seen healthy. */
function left(container: ContainerState, after = 0, owner = newest): number {
  const seen = situation(deployment({revision: 5}), {revisions: [before, newest], pods: [pod({owner, containers: [container]})]});
  return (unsettledUntil(seen, NOW - after, NOW) ?? NOW) - NOW;
}

test.each<[string, ContainerState, number, number]>([
  ['runs since long ago', {running: 60}, 0, 0],
  ['started this moment, and nothing probes it', {running: 0}, 0, UNPROBED_MS],
  ['started this moment, and was probed', {running: 0, spec: probed}, 0, 0],
  ['started by a clock that is ahead, and was looked at long enough', {running: -60}, UNPROBED_MS, 0],
  ['crashed a moment ago', {running: 4, spec: probed, last: {exitCode: 1, finishedAt: ago(4)}, restarts: 1}, 0, CRASHED_MS],
  [
    'crashed a moment ago, and has been healthy for some seconds',
    {running: 4, last: {finishedAt: ago(4)}, restarts: 1},
    4000,
    CRASHED_MS - 4000,
  ],
  ['crashed, and has run for long since', {running: 30, last: {exitCode: 1, finishedAt: ago(30)}, restarts: 1}, 0, 0],
  ['crashed long ago', {running: 1, spec: probed, last: {exitCode: 1, finishedAt: ago(600)}, restarts: 1}, 0, 0],
])('a healthy rollout whose container %s', (_case, container, after, expected) => {
  expect(left(container, after)).toBe(expected);
});

test('what is on its way out does not count', () => {
  expect(left({running: 0}, 0, before)).toBe(0);
});
