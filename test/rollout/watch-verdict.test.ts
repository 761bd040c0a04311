import {expect, test} from 'vitest';
import {SETTLED_MS} from '../../src/pods/trouble.ts';
import type {Situation} from '../../src/rollout/situation.ts';
import {
  CONFIRM_MS,
  conclude,
  deadlineOf,
  type Judgement,
  judge,
  judgeGone,
  type Memory,
  RETURN_MS,
  type Rules,
} from '../../src/rollout/watch-verdict.ts';
import {ago, deployment, event, NOW, pod, replicaSet, situation, statefulSet} from '../support/builders.ts';

const rules: Rules = {failFast: true, timeout: 600_000, revision: undefined};
const patient: Rules = {...rules, failFast: false};

const newest = replicaSet({hash: 'b', revision: 5, replicas: 1, image: 'web:2.0'});
const before = replicaSet({hash: 'a', revision: 4, replicas: 2, image: 'web:1.0'});
const revisions = [before, newest];
const state = {image: 'web:2.0', revision: 5};
const crashing = pod({owner: newest, containers: [{waiting: {reason: 'CrashLoopBackOff'}, last: {exitCode: 1}, restarts: 3}]});
const expiry = {
  type: 'Progressing',
  status: 'False',
  reason: 'ProgressDeadlineExceeded',
  message: `ReplicaSet "${newest.metadata?.name}" has timed out progressing.`,
};

const healthy = situation(deployment(state), {revisions: [newest]});
const rolling = situation(deployment({...state, updated: 1, available: 2}), {revisions, pods: [pod({owner: newest})]});
const doomed = situation(deployment({...state, updated: 1, available: 2}), {revisions, pods: [crashing]});
const expired = situation(deployment({...state, updated: 1, available: 2, conditions: [expiry]}), {revisions});
const unseen = situation(deployment({...state, updated: 1, available: 2, generation: 2, observedGeneration: 1}), {
  revisions,
  pods: [crashing],
});
const paused = situation(deployment({...state, updated: 1, paused: true}), {revisions});

/** Judges the same situation again and again, at these milliseconds. */
function judgeAt(seen: Situation, times: readonly number[], by: Rules = rules): Judgement[] {
  let memory: Memory = {};
  return times.map((time) => {
    const judgement = judge(seen, memory, by, NOW + time);
    memory = judgement.memory;
    return judgement;
  });
}

test.each<[string, Situation, Rules, string, string | undefined]>([
  ['a healthy one is done at the first look', healthy, rules, 'healthy', 'healthy'],
  ['one that goes on is not done', rolling, rules, 'progressing', undefined],
  ['a doomed one is not called that at the first look', doomed, rules, 'progressing', undefined],
  ['nor is one whose deadline seems to have passed (kubernetes#49637)', expired, rules, 'progressing', undefined],
  ['a paused one waits for somebody to resume it', paused, rules, 'paused', undefined],
])('%s', (_case, seen, by, phase, ending) => {
  const [judgement] = judgeAt(seen, [0], by);
  expect({phase: judgement?.status.phase, ending: judgement?.ending}).toEqual({phase, ending});
});

test.each<[string, Situation, Rules, string, string | undefined, string | undefined]>([
  ['doom that lasts ends the watch', doomed, rules, 'failed', 'failed', undefined],
  ['without fail-fast doom is said, and the watch goes on', doomed, patient, 'failed', undefined, undefined],
  [
    'a deadline that stays passed ends it, and says which clock it was',
    expired,
    rules,
    'failed',
    'failed',
    'progressDeadlineSeconds',
  ],
  ['without fail-fast too', expired, patient, 'failed', 'failed', 'progressDeadlineSeconds'],
  ['what the controller has not looked at yet is not doomed', unseen, rules, 'progressing', undefined, undefined],
])('%s', (_case, seen, by, phase, ending, clock) => {
  const judgement = judgeAt(seen, [0, CONFIRM_MS - 1, CONFIRM_MS], by).at(-1);
  expect({phase: judgement?.status.phase, ending: judgement?.ending, clock: judgement?.clock}).toEqual({phase, ending, clock});
});

test('doom is looked at again when it may be confirmed', () => {
  const [first, second] = judgeAt(doomed, [0, 500]);
  expect(first?.lookAgainAt).toBe(NOW + CONFIRM_MS);
  expect(second?.lookAgainAt).toBe(NOW + CONFIRM_MS);
});

test('what is too young to be doom is looked at again when it no longer is', () => {
  const message = 'secret "web-tls" not found';
  const waiting = pod({owner: newest, containers: [{waiting: {reason: 'CreateContainerConfigError', message}}]});
  const failed = event(waiting, {reason: 'Failed', message: `Error: ${message}`, last: 0});
  const young = situation(deployment({...state, updated: 1, available: 2}), {revisions, pods: [waiting], events: [failed]});
  const [first, settled, confirmed] = judgeAt(young, [0, SETTLED_MS, SETTLED_MS + CONFIRM_MS]);
  expect(first).toMatchObject({ending: undefined, lookAgainAt: NOW + SETTLED_MS});
  expect(settled).toMatchObject({ending: undefined, lookAgainAt: NOW + SETTLED_MS + CONFIRM_MS});
  expect(confirmed?.ending).toBe('failed');
  expect(SETTLED_MS + CONFIRM_MS).toBeLessThan(5000);
});

test('a moment without doom starts the confirmation over', () => {
  let memory: Memory = {};
  for (const [time, seen] of [
    [0, doomed],
    [1500, rolling],
    [2000, doomed],
  ] as const)
    memory = judge(seen, memory, rules, NOW + time).memory;
  expect(judge(doomed, memory, rules, NOW + 3900).ending).toBeUndefined();
  expect(judge(doomed, memory, rules, NOW + 4000).ending).toBe('failed');
});

test('doom of a workload that was made anew in between starts over too', () => {
  const {memory} = judge(doomed, {}, rules, NOW);
  const anew = {...doomed, workload: {...doomed.workload, metadata: {...doomed.workload.metadata, uid: 'another'}}};
  expect(judge(anew as Situation, memory, rules, NOW + CONFIRM_MS).ending).toBeUndefined();
});

test.each<[string, number, string, string | undefined, string]>([
  ['the very revision is judged', 5, 'healthy', 'healthy', '3 of 3 available'],
  ['a later one is waited for', 6, 'progressing', undefined, 'waiting for revision 6; the current one is 5'],
  ['an earlier one was superseded', 4, 'failed', 'superseded', 'revision 4 was superseded by revision 5'],
])('--revision: %s', (_case, revision, phase, ending, message) => {
  const judgement = judge(healthy, {}, {...rules, revision}, NOW);
  expect({ending: judgement.ending, ...judgement.status}).toMatchObject({phase, ending, message});
});

test('a deleted workload gets some time to be made anew', () => {
  const {status, memory} = judge(rolling, {}, rules, NOW);
  const atOnce = judgeGone(status, memory, NOW + 100);
  expect(atOnce.status).toMatchObject({phase: 'progressing', message: 'was deleted; waiting for it to be made anew', desired: 0});
  expect(atOnce).toMatchObject({ending: undefined, lookAgainAt: NOW + 100 + RETURN_MS});
  const later = judgeGone(atOnce.status, atOnce.memory, NOW + 100 + RETURN_MS);
  expect(later).toMatchObject({ending: 'deleted', status: {phase: 'failed', message: 'was deleted'}});
});

test('one that is being deleted is not given up before it is gone', () => {
  const going = situation(deployment({...state, deletedAt: ago(3)}), {revisions});
  expect(judgeAt(going, [0, 60_000]).at(-1)).toMatchObject({
    ending: undefined,
    status: {phase: 'failed', message: 'is being deleted'},
  });
});

const judged = (ending: Judgement['ending']): Judgement => ({...(judgeAt(rolling, [0])[0] as Judgement), ending});

test.each<[string, Judgement['ending'][], Rules, number, string | undefined, number | undefined]>([
  ['all are healthy', ['healthy', 'healthy'], rules, 0, 'healthy', 0],
  ['one is not done', ['healthy', undefined], rules, 0, undefined, undefined],
  ['one failed', ['failed', undefined], rules, 0, 'failed', 3],
  ['one failed and nobody is in a hurry', ['failed', undefined], patient, 0, undefined, undefined],
  ['one failed and all others ended', ['failed', 'healthy'], patient, 0, 'failed', 3],
  ['one was superseded', ['superseded'], rules, 0, 'failed', 3],
  ['one was deleted', ['deleted'], rules, 0, 'failed', 3],
  ['the time is up', ['healthy', undefined], rules, 600_000, 'timed out', 4],
  ['the time is up in the moment of success', ['healthy'], rules, 600_000, 'healthy', 0],
  ['there is no timeout', [undefined], {...rules, timeout: undefined}, 1e9, undefined, undefined],
  ['nothing was unhealthy', [], rules, 0, 'healthy', 0],
])('a watch in which %s', (_case, endings, by, after, outcome, exitCode) => {
  const conclusion = conclude(endings.map(judged), by, NOW, NOW + after);
  expect(conclusion).toEqual(outcome === undefined ? undefined : {outcome, exitCode});
});

test.each([
  [
    'it is counted from the last progress',
    deployment({
      progressDeadlineSeconds: 60,
      conditions: [{type: 'Progressing', reason: 'ReplicaSetUpdated', lastUpdateTime: ago(20)}],
    }),
    NOW + 40_000,
  ],
  [
    'a rollout that is done has none',
    deployment({conditions: [{type: 'Progressing', reason: 'NewReplicaSetAvailable'}]}),
    undefined,
  ],
  ['one that ran out has none left', deployment({conditions: [expiry]}), undefined],
  [
    'a paused one is not counted',
    deployment({paused: true, conditions: [{type: 'Progressing', reason: 'DeploymentPaused'}]}),
    undefined,
  ],
  [
    'the largest number means none',
    deployment({progressDeadlineSeconds: 2147483647, conditions: [{type: 'Progressing', reason: 'ReplicaSetUpdated'}]}),
    undefined,
  ],
  ['no progress was reported yet', deployment(), undefined],
  ['a StatefulSet has none', statefulSet(), undefined],
] as const)('the deadline of a Deployment: %s', (_case, workload, expected) => {
  expect(deadlineOf(workload)).toBe(expected);
});

test('a transient pull error is no doom, however long it lasts', () => {
  const pulling = pod({
    owner: newest,
    containers: [{waiting: {reason: 'ImagePullBackOff', message: 'Back-off pulling image "web:2.0"'}}],
  });
  const slow = situation(deployment({...state, updated: 1, available: 2}), {
    revisions,
    pods: [pulling],
    events: [event(pulling, {reason: 'Failed', message: 'Failed to pull image "web:2.0": i/o timeout'})],
  });
  expect(judgeAt(slow, [0, CONFIRM_MS, 60_000]).at(-1)).toMatchObject({ending: undefined, status: {phase: 'progressing'}});
});
