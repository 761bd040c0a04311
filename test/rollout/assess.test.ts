import {describe, expect, test} from 'vitest';
import {assess, exitCodeOf} from '../../src/rollout/assess.ts';
import type {Situation} from '../../src/rollout/situation.ts';
import type {Workload} from '../../src/rollout/workload.ts';
import {
  ago,
  controllerRevision,
  daemonSet,
  deployment,
  NOW,
  pod,
  replicaSet,
  revisionOf,
  situation,
  statefulSet,
  uidOf,
} from '../support/builders.ts';

const verdict = (at: Situation) => {
  const {phase, message} = assess(at, NOW);
  return {phase, message};
};
const old = replicaSet({hash: '68cdd476b5', revision: 4, replicas: 3, createdAt: ago(7200)});
const current = replicaSet({hash: '7bfb4bc78d', revision: 5, replicas: 7, createdAt: ago(60)});

describe('a Deployment', () => {
  test.each([
    [
      'a new spec nobody has looked at',
      {generation: 2, observedGeneration: 1},
      'progressing',
      'the controller has not seen the change yet',
    ],
    ['new pods are missing', {updated: 3, total: 13}, 'progressing', '3 of 10 updated'],
    ['old pods remain', {updated: 10, total: 12}, 'progressing', '2 old still to go'],
    ['new pods are not available', {available: 7}, 'progressing', '7 of 10 available'],
    [
      'new pods are ready but not for long enough',
      {ready: 9, available: 7, minReadySeconds: 30},
      'progressing',
      '7 of 10 available, 2 ready but not yet for 30s',
    ],
    [
      'all that are ready have been for long enough',
      {ready: 7, available: 7, minReadySeconds: 30},
      'progressing',
      '7 of 10 available',
    ],
    ['some are ready and not counted yet', {ready: 9, available: 7}, 'progressing', '7 of 10 available'],
    ['scaled down', {updated: 12, total: 12, available: 12}, 'progressing', '2 to stop: scaled to 10'],
    ['all there', {}, 'healthy', '10 of 10 available'],
    ['all there, old ones still stopping', {terminating: 2}, 'healthy', '10 of 10 available, 2 pods still terminating'],
    ['scaled to nothing', {desired: 0}, 'healthy', 'scaled to 0'],
    ['scaled to nothing, pods left', {desired: 0, total: 2}, 'progressing', '2 old still to go'],
    [
      'Recreate waits for old pods',
      {strategy: {type: 'Recreate'}, updated: 0, total: 4, available: 0},
      'progressing',
      '4 old to stop before new ones start (Recreate)',
    ],
    [
      'Recreate starts new pods',
      {strategy: {type: 'Recreate'}, updated: 4, total: 4, available: 0},
      'progressing',
      '4 of 10 updated',
    ],
    ['it is being deleted', {deletedAt: ago(3)}, 'failed', 'is being deleted'],
  ] as const)('%s', (_case, state, phase, message) => {
    expect(verdict(situation(deployment({desired: 10, ...state})))).toEqual({phase, message});
  });

  const exceeded = (about: string, seconds = 5) => ({
    type: 'Progressing',
    status: 'False',
    reason: 'ProgressDeadlineExceeded',
    message: `ReplicaSet "${about}" has timed out progressing.`,
    lastUpdateTime: ago(seconds),
  });
  const stuck = {desired: 10, updated: 3, total: 11, available: 8};
  const outOfTime = {phase: 'failed', message: 'no progress for 10m: 3 of 10 updated, 8 available'};

  test('that makes no progress within its deadline has failed', () => {
    const state = {...stuck, conditions: [exceeded('web-7bfb4bc78d')]};
    expect(verdict(situation(deployment(state), {revisions: [old, current]}))).toEqual(outOfTime);
    expect(verdict(situation(deployment(state)))).toEqual(outOfTime);
  });

  test.each([
    ['that names the ReplicaSet of before', exceeded('web-68cdd476b5')],
    [
      'from before the current ReplicaSet was made',
      {...exceeded('', 90), message: 'Deployment "web" has timed out progressing.'},
    ],
  ])('is not judged by a deadline %s (kubernetes#49637)', (_case, condition) => {
    const at = situation(deployment({...stuck, conditions: [condition]}), {revisions: [old, current]});
    expect(verdict(at)).toEqual({phase: 'progressing', message: '3 of 10 updated'});
  });

  test('whose change the controller has not seen is not judged by the deadline of before', () => {
    const state = {...stuck, generation: 2, observedGeneration: 1, conditions: [exceeded('web-7bfb4bc78d')]};
    expect(verdict(situation(deployment(state), {revisions: [old, current]})).phase).toBe('progressing');
  });

  test.each([
    [
      'before the controller made a ReplicaSet',
      {updated: 0, total: 3},
      [old],
      false,
      {phase: 'paused', message: 'paused before the new template was rolled out'},
    ],
    ['in the middle', {updated: 1, total: 4}, [old, current], true, {phase: 'paused', message: 'paused with 1 of 3 updated'}],
    ['with nothing pending', {}, [current], true, {phase: 'healthy', message: '3 of 3 available, paused'}],
    [
      'while it is scaled',
      {desired: 5, updated: 3, total: 3},
      [current],
      true,
      {phase: 'progressing', message: '3 of 5 updated'},
    ],
  ] as const)('that is paused %s', (_case, state, revisions, hasCurrent, expected) => {
    const workload = deployment({paused: true, ...state});
    const at = {
      ...situation(workload),
      revisions: revisions.map((object, i) => revisionOf(object, {current: hasCurrent && i === revisions.length - 1})),
    };
    expect(verdict(at)).toEqual(expected);
  });

  test('counts its pods, and what it rolls out', () => {
    const workload = deployment({desired: 10, updated: 7, total: 10, ready: 9, available: 8, terminating: 2});
    expect(assess(situation(workload, {revisions: [old, current]}), NOW)).toEqual({
      phase: 'progressing',
      message: '7 of 10 updated',
      revision: 5,
      desired: 10,
      updated: 7,
      ready: 9,
      available: 8,
      terminating: 2,
    });
  });

  test.each([
    ['as an API server before 1.33 does not report', {pods: [pod({deletedAt: ago(1)}), pod()]}, 1],
    ['unless pods were not read', {}, null],
  ])('counts terminating pods itself %s', (_case, around, terminating) => {
    expect(assess(situation(deployment(), around), NOW).terminating).toBe(terminating);
  });

  test('does not count pods of the old template as updated before the controller has seen the new one', () => {
    const workload = deployment({generation: 2, observedGeneration: 1});
    expect(assess(situation(workload), NOW).updated).toBe(0);
    expect(assess(situation(workload, {revisions: [old, current]}), NOW).updated).toBe(7);
  });

  test.each([
    ['ran as long as now before it crashed', 3, 'progressing', '3 of 3 available, but 1 pod keeps crashing'],
    ['has now run for longer than before it crashed', 50, 'healthy', '3 of 3 available'],
  ])('that is available only while a container without a probe starts, which %s', (_case, running, phase, message) => {
    const crashing = pod({containers: [{running, restarts: 3, last: {exitCode: 1, startedAt: ago(122), finishedAt: ago(120)}}]});
    expect(verdict(situation(deployment(), {revisions: [current], pods: [pod(), crashing]}))).toEqual({phase, message});
  });

  test('does not care for crashing pods of an old revision', () => {
    const crashing = pod({owner: old, containers: [{waiting: {reason: 'CrashLoopBackOff'}, restarts: 3}]});
    expect(verdict(situation(deployment(), {revisions: [old, current], pods: [crashing]})).phase).toBe('healthy');
  });
});

describe('a StatefulSet', () => {
  test.each([
    [
      'a new spec nobody has looked at',
      {generation: 2, observedGeneration: 1},
      'progressing',
      'the controller has not seen the change yet',
    ],
    [
      'first pods are made one by one',
      {updated: 1, total: 1, updateRevision: 'db-1', currentRevision: 'db-1'},
      'progressing',
      '1 of 3 pods made',
    ],
    ['pods are replaced', {updated: 1}, 'progressing', '1 of 3 updated'],
    ['a pod is gone and not made anew yet', {updated: 1, total: 2}, 'progressing', '1 of 3 updated'],
    ['scaled down', {total: 5, updated: 5, currentRevision: 'db-2'}, 'progressing', '2 to stop: scaled to 3'],
    ['new pods are not available', {ready: 2, available: 2}, 'progressing', '2 of 3 available'],
    [
      'kubectl would call it done: ready, but not for minReadySeconds',
      {ready: 3, available: 2, minReadySeconds: 10},
      'progressing',
      '2 of 3 available, 1 ready but not yet for 10s',
    ],
    ['all there', {}, 'healthy', '3 of 3 available'],
    ['scaled to nothing', {desired: 0}, 'healthy', 'scaled to 0'],
    [
      'a partition, not there yet',
      {updated: 0, updateStrategy: partition(1)},
      'progressing',
      '0 of 2 updated; partition 1 keeps 1 as they are',
    ],
    [
      'a partition, all above it updated',
      {updated: 2, updateStrategy: partition(1)},
      'healthy',
      '3 of 3 available, 2 updated; partition 1 keeps 1 as they are',
    ],
    [
      'a partition above ordinals that start at 5',
      {updated: 1, updateStrategy: partition(7), ordinalsStart: 5},
      'healthy',
      '3 of 3 available, 1 updated; partition 7 keeps 2 as they are',
    ],
    ['a partition with nothing to hold back', {updateStrategy: partition(1)}, 'healthy', '3 of 3 available'],
    [
      'OnDelete, old pods left',
      {updated: 1, updateStrategy: {type: 'OnDelete'}},
      'paused',
      '2 of 3 still old: with OnDelete a pod is replaced when somebody deletes it',
    ],
    [
      'OnDelete, all deleted: the controller never moves currentRevision on',
      {updateStrategy: {type: 'OnDelete'}, currentRevision: 'db-1'},
      'healthy',
      '3 of 3 available',
    ],
    [
      'undone half-way: the revision is the current one again, a pod of the one between is left',
      {updated: 2, currentRevision: 'db-2'},
      'progressing',
      '2 of 3 updated',
    ],
    [
      'undone half-way under a partition',
      {updated: 1, currentRevision: 'db-2', updateStrategy: partition(1)},
      'progressing',
      '1 of 3 updated; partition 1 keeps 1 as they are',
    ],
    [
      'undone half-way with OnDelete',
      {updated: 2, currentRevision: 'db-2', updateStrategy: {type: 'OnDelete'}},
      'paused',
      '1 of 3 still old: with OnDelete a pod is replaced when somebody deletes it',
    ],
    [
      'OnDelete, a deleted one not back yet',
      {updated: 1, total: 2, updateStrategy: {type: 'OnDelete'}},
      'progressing',
      '2 of 3 pods made',
    ],
  ] as const)('%s', (_case, state, phase, message) => {
    expect(verdict(situation(statefulSet(state)))).toEqual({phase, message});
  });

  test('waits for a pod that is terminating: its successor cannot start', () => {
    const set = statefulSet();
    const leaving = pod({name: 'db-2', owner: set, deletedAt: ago(2)});
    expect(verdict(situation(set, {pods: [leaving]}))).toEqual({phase: 'progressing', message: '1 pod still terminating'});
  });

  test('with a pod on its way out that is counted in no revision says so', () => {
    const set = statefulSet({updated: 2, currentRevision: 'db-2'});
    const leaving = pod({name: 'db-2', owner: set, hash: 'db-2', deletedAt: ago(2)});
    expect(verdict(situation(set, {pods: [leaving]}))).toEqual({phase: 'progressing', message: '1 pod still terminating'});
  });

  test('is not waited for where a partition raised since keeps pods of the revision between', () => {
    const set = statefulSet({updated: 2, currentRevision: 'db-2', updateStrategy: partition(3)});
    const pods = ['db-2', 'db-1', 'db-2'].map((hash, i) => pod({name: `db-${i}`, owner: set, hash}));
    const message = '3 of 3 available, 2 updated; partition 3 keeps 3 as they are';
    expect(verdict(situation(set, {pods}))).toEqual({phase: 'healthy', message});
  });

  test('reports the revision that its updateRevision is', () => {
    const set = statefulSet({updated: 1});
    const revisions = [
      controllerRevision(set, {name: 'db-1', revision: 1}),
      controllerRevision(set, {name: 'db-2', revision: 2}),
    ];
    expect(assess(situation(set, {revisions}), NOW)).toMatchObject({revision: 2, desired: 3, updated: 1, terminating: null});
  });
});

describe('a DaemonSet', () => {
  test.each([
    [
      'a new spec nobody has looked at',
      {generation: 2, observedGeneration: 1},
      'progressing',
      'the controller has not seen the change yet',
    ],
    ['no node has labels to match', {desired: 0}, 'healthy', 'no node matches, so no pod is wanted'],
    ['first pods are made', {updated: 1, total: 1}, 'progressing', '1 of 3 nodes have a pod'],
    ['pods are replaced', {updated: 1}, 'progressing', '1 of 3 updated'],
    ['new pods are not available', {ready: 2, available: 2}, 'progressing', '2 of 3 available'],
    ['all there', {}, 'healthy', '3 of 3 available'],
    [
      'OnDelete, old pods left',
      {updated: 1, updateStrategy: {type: 'OnDelete'}},
      'paused',
      '2 of 3 still old: with OnDelete a pod is replaced when somebody deletes it',
    ],
    ['OnDelete, all deleted', {updateStrategy: {type: 'OnDelete'}}, 'healthy', '3 of 3 available'],
  ] as const)('%s', (_case, state, phase, message) => {
    expect(verdict(situation(daemonSet(state)))).toEqual({phase, message});
  });
});

test.each([
  ['healthy', 0],
  ['failed', 3],
  ['progressing', 4],
  ['paused', 4],
] as const)('%s ends with exit code %i', (phase, code) => {
  expect(exitCodeOf({phase})).toBe(code);
});

test.each(['Deployment', 'StatefulSet', 'DaemonSet'] as const)('a %s without spec or status is judged all the same', (kind) => {
  const workload = {kind, metadata: {name: 'web', uid: uidOf(kind, 'web')}} as Workload;
  expect(assess(situation(workload), NOW).phase).toMatch(/progressing|healthy/);
});

function partition(partition: number) {
  return {type: 'RollingUpdate', rollingUpdate: {partition}} as const;
}
