import {afterAll, beforeAll, expect, test} from 'vitest';
import type {Situation} from '../../../src/rollout/situation.ts';
import {createLineWriter, renderEndLines} from '../../../src/rollout/view/lines.ts';
import type {Picture} from '../../../src/rollout/watch.ts';
import {judgeGone, RETURN_MS} from '../../../src/rollout/watch-verdict.ts';
import {deployment, NOW, pod, replicaSet, situation} from '../../support/builders.ts';
import {picture, screen, watched} from '../../support/pictures.ts';

const timeZone = process.env.TZ;
beforeAll(() => {
  process.env.TZ = 'UTC';
});
afterAll(() => {
  process.env.TZ = timeZone;
});

const old = replicaSet({hash: 'a', revision: 4, replicas: 3, image: 'web:1.1'});
const current = replicaSet({hash: 'b', revision: 5, replicas: 7, image: 'web:2.0'});
const at = (updated: number, available: number, pods: Situation['pods'] = []): Situation =>
  situation(deployment({image: 'web:2.0', revision: 5, desired: 10, updated, available}), {
    revisions: [old, current],
    pods: [...pods],
  });
const crashing = (restarts: number) =>
  pod({owner: current, name: 'web-b-1', containers: [{waiting: {reason: 'CrashLoopBackOff'}, last: {exitCode: 1}, restarts}]});

/** All lines that these pictures make, a second after each other. */
function linesOf(pictures: readonly Picture[], withNamespace = false): string[] {
  const write = createLineWriter(withNamespace);
  return pictures.flatMap((one, i) => write(one, {...screen(), now: NOW + i * 1000}));
}

test('each change is a line, and nothing is said twice', () => {
  const states = [at(3, 10), at(3, 10), at(7, 8), at(7, 8), at(7, 9)];
  expect(linesOf(states.map((state) => picture([watched(state)])))).toEqual([
    '10:00:00 deployment/web revision 5 (web:2.0): 3/10 updated, 10 available',
    '10:00:02 deployment/web revision 5 (web:2.0): 7/10 updated, 8 available',
    '10:00:04 deployment/web revision 5 (web:2.0): 7/10 updated, 9 available',
  ]);
});

test('a cause is said when it appears, when it turns out to be doom, and not when it counts on', () => {
  const states = [at(3, 8), at(3, 8, [crashing(3)]), at(3, 8, [crashing(4)]), at(3, 8), at(3, 8, [crashing(5)])];
  expect(linesOf(states.map((state) => picture([watched(state)])))).toEqual([
    '10:00:00 deployment/web revision 5 (web:2.0): 3/10 updated, 8 available',
    '10:00:01 pod/web-b-1 CrashLoopBackOff: web exits with code 1, 3 restarts',
  ]);
  expect(linesOf([picture([watched(at(3, 8, [crashing(3)]), 10)])])[0]).toBe(
    '10:00:00 deployment/web revision 5 (web:2.0): will not finish, 3/10 updated, 8 available',
  );
});

test('an outage is two lines, however often its reason changes', () => {
  const state = watched(at(3, 10));
  const outages = [undefined, 'connection refused', 'forbidden', undefined, undefined].map((trouble) =>
    picture([state], {trouble}),
  );
  expect(linesOf(outages).slice(1)).toEqual(['10:00:01 reconnecting: connection refused', '10:00:03 connected again']);
});

test('what is missing for want of rights is said once', () => {
  const state = watched(at(3, 10));
  const notes = ['no right to watch pods: they are asked for again and again'];
  expect(linesOf([picture([state], {notes}), picture([state], {notes})]).slice(1)).toEqual([`10:00:00 ${notes[0]}`]);
});

test('the moment before a change has its revision says nothing', () => {
  const changed = situation(deployment({image: 'web:3.0', revision: 5, desired: 10, generation: 2, observedGeneration: 1}), {});
  const between = {...watched({...changed, revisions: at(10, 10).revisions.map((revision) => ({...revision, current: false}))})};
  expect(linesOf([picture([between])])).toEqual([]);
});

test('of several namespaces each line names its own', () => {
  expect(linesOf([picture([watched(at(3, 10))])], true)).toEqual([
    '10:00:00 shop deployment/web revision 5 (web:2.0): 3/10 updated, 10 available',
  ]);
});

test('a paused rollout and a deleted workload say so', () => {
  const paused = situation(deployment({image: 'web:2.0', revision: 5, desired: 10, updated: 3, paused: true}), {
    revisions: [old, current],
  });
  expect(linesOf([picture([watched(paused)])])).toEqual([
    '10:00:00 deployment/web revision 5 (web:2.0): paused with 3 of 10 updated',
  ]);
  const seen = watched(at(3, 10));
  const gone = [0, RETURN_MS].map((after) => {
    const {status} = judgeGone(seen.status, {goneSince: NOW}, NOW + after);
    return picture([{...seen, situation: undefined, status}]);
  });
  expect(linesOf(gone)).toEqual([
    '10:00:00 deployment/web was deleted; waiting for it to be made anew',
    '10:00:01 deployment/web was deleted',
  ]);
});

const healthy = watched(situation(deployment({image: 'web:2.0', revision: 5, desired: 10}), {revisions: [old, current]}));

test('the last line says how long it took', () => {
  const end = picture([healthy], {conclusion: {outcome: 'healthy', exitCode: 0}});
  expect(renderEndLines(end, screen(), false)).toBe(
    '10:00:00 deployment/web rolled out: revision 5 (web:2.0), 10 of 10 available, 14s',
  );
});

test('a failure ends with all that is known', () => {
  const end = picture([watched(at(3, 8, [crashing(3)]), 10)], {conclusion: {outcome: 'failed', exitCode: 3}});
  expect(renderEndLines(end, screen(), false)).toMatch(/^✗ deployment\/web is stuck: revision 5/);
});
