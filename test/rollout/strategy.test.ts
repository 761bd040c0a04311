import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {boundsWords, resolveStrategy, rolling, strategyWords} from '../../src/rollout/strategy.ts';
import type {Workload} from '../../src/rollout/workload.ts';
import {daemonSet, deployment, statefulSet} from '../support/builders.ts';

const rollingUpdate = (maxSurge?: number | string, maxUnavailable?: number | string) => ({
  type: 'RollingUpdate',
  rollingUpdate: {...(maxSurge !== undefined && {maxSurge}), ...(maxUnavailable !== undefined && {maxUnavailable})},
});

describe('a Deployment keeps and adds as many pods as its strategy says', () => {
  test.each([
    ['10 pods, 25%/25%: surge up, unavailable down', 10, '25%', '25%', {surge: 3, unavailable: 2, min: 8, max: 13}],
    ['the defaults', 10, undefined, undefined, {surge: 3, unavailable: 2, min: 8, max: 13}],
    ['1 pod, 25%/25%: only a surge', 1, '25%', '25%', {surge: 1, unavailable: 0, min: 1, max: 2}],
    ['no surge, and a share that rounds down to nothing: one may go', 3, 0, '25%', {surge: 0, unavailable: 1, min: 2, max: 3}],
    ['numbers', 4, 1, 0, {surge: 1, unavailable: 0, min: 4, max: 5}],
    ['more unavailable than there are', 2, 0, 5, {surge: 0, unavailable: 2, min: 0, max: 2}],
    ['all at once', 4, '100%', '100%', {surge: 4, unavailable: 4, min: 0, max: 8}],
    ['no pods at all', 0, '25%', '25%', {surge: 0, unavailable: 0, min: 0, max: 0}],
  ] as const)('%s', (_case, desired, surge, unavailable, expected) => {
    expect(bounds(deployment({desired, strategy: rollingUpdate(surge, unavailable)}))).toEqual(expected);
  });

  test('Recreate stops all before it starts any', () => {
    const workload = deployment({desired: 4, strategy: {type: 'Recreate'}});
    expect(bounds(workload)).toEqual({surge: 0, unavailable: 4, min: 0, max: 4});
  });
});

test.each([
  ['one at a time where nothing is said', statefulSet({desired: 5}), {surge: 0, unavailable: 1, min: 4, max: 5}],
  ['maxUnavailable 2', sts({maxUnavailable: 2}), {surge: 0, unavailable: 2, min: 3, max: 5}],
  ['50% of 5 rounds down', sts({maxUnavailable: '50%'}), {surge: 0, unavailable: 2, min: 3, max: 5}],
  ['10% of 5 is still one', sts({maxUnavailable: '10%'}), {surge: 0, unavailable: 1, min: 4, max: 5}],
  ['a spec without a strategy', stripped(statefulSet({desired: 5})), {surge: 0, unavailable: 1, min: 4, max: 5}],
])('a StatefulSet: %s', (_case, workload, expected) => {
  expect(bounds(workload)).toEqual(expected);
});

test.each([
  ['one at a time where nothing is said', daemonSet({desired: 5}), {surge: 0, unavailable: 1, min: 4, max: 5}],
  ['25% of 5 unavailable rounds up', ds({maxUnavailable: '25%'}), {surge: 0, unavailable: 2, min: 3, max: 5}],
  ['25% of 5 surge rounds up', ds({maxSurge: '25%', maxUnavailable: 0}), {surge: 2, unavailable: 0, min: 5, max: 7}],
  ['no node', daemonSet({desired: 0}), {surge: 0, unavailable: 0, min: 0, max: 0}],
])('a DaemonSet: %s', (_case, workload, expected) => {
  expect(bounds(workload)).toEqual(expected);
});

test.each([
  [deployment(), 'RollingUpdate 25%/25%', 'keeps ≥ 3 of 3, at most 4 pods'],
  [deployment({desired: 10}), 'RollingUpdate 25%/25%', 'keeps ≥ 8 of 10, at most 13 pods'],
  [deployment({strategy: {type: 'Recreate'}}), 'Recreate', 'stops all 3 before it starts new ones'],
  [statefulSet(), 'RollingUpdate 1 at a time', 'keeps ≥ 2 of 3, at most 3 pods'],
  [sts({partition: 2}), 'RollingUpdate 1 at a time, partition 2', 'keeps ≥ 4 of 5, at most 5 pods'],
  [statefulSet({updateStrategy: {type: 'OnDelete'}}), 'OnDelete', 'replaces a pod when somebody deletes it'],
  [daemonSet({desired: 1}), 'RollingUpdate 0/1', 'keeps ≥ 0 of 1, at most 1 pod'],
  [daemonSet({updateStrategy: {type: 'OnDelete'}}), 'OnDelete', 'replaces a pod when somebody deletes it'],
])('in words: %#', (workload, strategy, kept) => {
  expect(strategyWords(resolveStrategy(workload))).toBe(strategy);
  expect(boundsWords(resolveStrategy(workload))).toBe(kept);
});

test('a rolling update can always move, and never takes more than there is', () => {
  const count = fc.oneof(
    fc.nat(20),
    fc.integer({min: 0, max: 100}).map((n) => `${n}%`),
  );
  const kind = fc.constantFrom('Deployment', 'StatefulSet', 'DaemonSet');
  fc.assert(
    fc.property(kind, fc.nat(50), count, count, (kind, replicas, surge, unavailable) => {
      const {minAvailable, maxTotal, maxSurge, maxUnavailable} = rolling(kind, replicas, surge, unavailable);
      expect(minAvailable).toBeGreaterThanOrEqual(0);
      expect(minAvailable).toBeLessThanOrEqual(replicas);
      expect(maxTotal).toBe(replicas + maxSurge.pods);
      expect(maxSurge.pods + maxUnavailable.pods).toBeGreaterThan(replicas > 0 ? 0 : -1);
    }),
  );
});

function bounds(workload: Workload) {
  const {maxSurge, maxUnavailable, minAvailable, maxTotal} = resolveStrategy(workload);
  return {surge: maxSurge.pods, unavailable: maxUnavailable.pods, min: minAvailable, max: maxTotal};
}
function sts(rollingUpdate: {maxUnavailable?: number | string; partition?: number}) {
  return statefulSet({desired: 5, updateStrategy: {type: 'RollingUpdate', rollingUpdate}});
}
function ds(rollingUpdate: {maxUnavailable?: number | string; maxSurge?: number | string}) {
  return daemonSet({desired: 5, updateStrategy: {type: 'RollingUpdate', rollingUpdate}});
}
function stripped(workload: ReturnType<typeof statefulSet>): Workload {
  const {updateStrategy: _, ...spec} = workload.spec ?? {selector: {}, template: {}};
  return {...workload, spec};
}
