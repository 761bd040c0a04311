import {describe, expect, test} from 'vitest';
import {findTroubles} from '../../src/pods/troubles.ts';
import {ago, NOW, type PodState, pod} from '../support/builders.ts';

function trouble(state: PodState) {
  const [first] = findTroubles(pod(state), [], NOW);
  return first && {reason: first.reason, message: first.message, doomed: first.doomed, fix: first.fix};
}

describe('a pod that is being deleted', () => {
  const disrupted = (reason: string) => ({deletedAt: ago(-20), conditions: [{type: 'DisruptionTarget', status: 'True', reason}]});
  test.each<[string, PodState, string | undefined, string | undefined]>([
    ['has time until its grace period ends', {deletedAt: ago(-20)}, undefined, undefined],
    [
      'whatever is wrong with its containers',
      {deletedAt: ago(-20), containers: [{waiting: {reason: 'CrashLoopBackOff'}}]},
      undefined,
      undefined,
    ],
    ['is preempted', disrupted('PreemptionByScheduler'), 'Preempted', 'preempted by a pod of higher priority'],
    [
      'is driven out by a taint',
      disrupted('DeletionByTaintManager'),
      'NodeLost',
      'driven from its node by a taint (node lost or not ready)',
    ],
    ['is disrupted for a reason that nobody has seen yet', disrupted('constructor'), undefined, undefined],
    ['is drained', disrupted('EvictionByEvictionAPI'), 'Drained', 'evicted from its node (drain)'],
    ['is still there long after', {deletedAt: ago(60)}, 'StuckTerminating', 'terminating, but node node-1 has not stopped it'],
    [
      'is kept by a finalizer',
      {deletedAt: ago(60), finalizers: ['shop.example/wait']},
      'StuckTerminating',
      'terminating, but kept by finalizer shop.example/wait',
    ],
    ['never had a node', {deletedAt: ago(60), node: null}, 'StuckTerminating', 'terminating for longer than its grace period'],
  ])('%s', (_case, state, reason, message) => {
    const found = trouble(state);
    expect([found?.reason, found?.message]).toEqual([reason, message]);
  });

  test('is forced out only where the node is gone for good', () => {
    expect(trouble({deletedAt: ago(60), name: 'db-1'})?.fix).toBe(
      'only if that node is gone for good: kubectl delete pod db-1 -n shop --grace-period=0 --force',
    );
  });
});

describe('a pod that something other than its containers ended', () => {
  test.each([
    [
      'the node ran out of disk',
      'Evicted',
      'The node was low on resource: ephemeral-storage. Threshold quantity: 1Gi, available: 800Mi. Container web was using 2Gi, request is 0.',
      'evicted: the node was low on ephemeral-storage',
    ],
    [
      'it used more disk than it may',
      'Evicted',
      'Pod ephemeral local storage usage exceeds the total limit of containers 1Gi. ',
      'evicted: Pod ephemeral local storage usage exceeds the total limit of containers 1Gi',
    ],
    ['nobody says why', 'Evicted', '', 'evicted'],
    [
      'the node shut down',
      'Terminated',
      'Pod was terminated in response to imminent node shutdown.',
      'failed: Pod was terminated in response to imminent node shutdown.',
    ],
    [
      'the node had no room after all',
      'OutOfcpu',
      "Pod was rejected: Node didn't have enough resource: cpu, requested: 8000, used: 100, capacity: 2000",
      "failed: Pod was rejected: Node didn't have enough resource: cpu, requested: 8000, used: 100, capacity: 2000",
    ],
    ['the node is lost', 'NodeLost', 'Node node-1 which was running pod web is unresponsive', 'its node node-1 is lost'],
  ])('%s', (_case, reason, message, words) => {
    expect(trouble({phase: 'Failed', reason, message, statuses: false})).toEqual({
      reason,
      message: words,
      doomed: false,
      fix: 'kubectl describe node node-1',
    });
  });
});

describe('a pod whose containers are ready, but not the pod', () => {
  const ready = {type: 'Ready', status: 'False', lastTransitionTime: ago(40)};
  test('lost its node: only the node controller can say so', () => {
    expect(trouble({conditions: [ready]})).toEqual({
      reason: 'NodeNotReady',
      message: 'node node-1 does not answer',
      doomed: false,
      fix: 'kubectl describe node node-1',
    });
  });

  test('waits for a readiness gate', () => {
    const spec = {readinessGates: [{conditionType: 'shop.example/in-rotation'}, {conditionType: 'shop.example/warm'}]};
    const conditions = [
      {...ready, reason: 'ReadinessGatesNotReady'},
      {type: 'shop.example/warm', status: 'True'},
    ];
    expect(trouble({spec, conditions})?.message).toBe(
      'containers are ready, but readiness gate shop.example/in-rotation is closed',
    );
  });
});

test('an eviction of hours ago explains nothing any more', () => {
  const evicted = {phase: 'Failed', reason: 'Evicted', message: 'The node was low on resource: memory.'};
  expect(trouble({...evicted, createdAt: ago(3000)})?.reason).toBe('Evicted');
  expect(trouble({...evicted, createdAt: ago(7200), containers: [{terminated: {exitCode: 137}}]})).toBeUndefined();
});
