import {expect, test} from 'vitest';
import {ApiProblem} from '../../src/kube/errors.ts';
import type {KubeObject} from '../../src/kube/json.ts';
import {assess} from '../../src/rollout/assess.ts';
import {rolloutOverview} from '../../src/rollout/overview.ts';
import type {Cause} from '../../src/rollout/status.ts';
import {rolloutStatus} from '../../src/rollout/status.ts';
import {statusOf} from '../../src/rollout/verdict.ts';
import {ago, deployment, NOW, pod, replicaSet, situation} from '../support/builders.ts';
import {FakeCluster} from '../support/fake-cluster.ts';

const {signal} = new AbortController();
const web = {kind: 'Deployment', namespace: 'shop', name: 'web'} as const;
const before = replicaSet({hash: 'a', revision: 4, replicas: 2, image: 'web:1.0'});
const newest = replicaSet({hash: 'b', revision: 5, replicas: 1, image: 'web:2.0'});
const rolling = deployment({image: 'web:2.0', revision: 5, updated: 1, available: 2});
const crashing = pod({owner: newest, containers: [{waiting: {reason: 'CrashLoopBackOff'}, last: {exitCode: 1}, restarts: 3}]});

const cause = (over: Partial<Cause>): Cause => ({
  reason: 'ImageNotFound',
  object: 'pod/web-1',
  message: 'web:2.0: not found',
  hint: null,
  doomed: true,
  pods: 1,
  since: undefined,
  ...over,
});

test.each<[string, Cause[], boolean, string, string]>([
  ['nothing stands in its way', [], true, 'progressing', '1 of 3 updated'],
  ['what may pass does not make it failed', [cause({doomed: false})], true, 'progressing', '1 of 3 updated'],
  [
    'what will not pass does, before any deadline',
    [cause({})],
    true,
    'failed',
    'will not finish: web:2.0: not found (1 of 3 updated)',
  ],
  [
    'it need not be the likeliest cause',
    [cause({doomed: false, message: 'slow'}), cause({})],
    true,
    'failed',
    'will not finish: web:2.0: not found (1 of 3 updated)',
  ],
  ['while it is too early to tell it goes on', [cause({})], false, 'progressing', '1 of 3 updated'],
])('a rollout: %s', (_case, causes, lost, phase, message) => {
  const seen = situation(rolling, {revisions: [before, newest]});
  expect(statusOf(seen, assess(seen, NOW), causes, {lost})).toMatchObject({phase, message});
});

test('a status names the images and the revision to go back to', () => {
  const seen = situation(rolling, {revisions: [before, newest]});
  const {images, previous, revision} = statusOf(seen, assess(seen, NOW), []);
  expect({images, revision, previous}).toMatchObject({
    images: ['web:2.0'],
    revision: 5,
    previous: {number: 4, images: ['web:1.0'], replicas: 2},
  });
});

test('of several earlier revisions the one with most pods is the one to go back to', () => {
  const broken = replicaSet({hash: 'c', revision: 5, replicas: 1, image: 'web:broken'});
  const seen = situation(rolling, {revisions: [before, broken, replicaSet({hash: 'd', revision: 6, image: 'web:2.0'})]});
  expect(statusOf(seen, assess(seen, NOW), []).previous?.number).toBe(4);
});

test('of a healthy workload no events are read, and no log', async () => {
  const cluster = new FakeCluster([deployment(), replicaSet()]);
  expect(await rolloutStatus(cluster, web, signal)).toMatchObject({phase: 'healthy', causes: []});
  expect(cluster.requests).toEqual(['get deployments/web', 'list replicasets', 'list pods']);
});

test('of one that only seems healthy they are', async () => {
  const set = replicaSet();
  const flapping = pod({owner: set, containers: [{waiting: {reason: 'CrashLoopBackOff'}, last: {exitCode: 1}, restarts: 5}]});
  const cluster = new FakeCluster([deployment(), set, flapping]);
  expect(await rolloutStatus(cluster, web, signal)).toMatchObject({causes: [{reason: 'CrashLoopBackOff'}]});
  expect(cluster.requests).toContain('list events');
});

/** What a cluster answers that has, or refuses, the logs of crashing containers. */
class WithLogs extends FakeCluster {
  constructor(log: string | Error) {
    super([rolling, before, newest, crashing] as KubeObject[]);
    this.logs = async () => {
      if (typeof log === 'string') return log;
      throw log;
    };
  }
}

test('the last words of a container that crashes come with its cause', async () => {
  const {causes, phase, notes} = await rolloutStatus(new WithLogs('starting\nfatal: no config\n'), web, signal);
  expect(causes[0]).toMatchObject({reason: 'CrashLoopBackOff', log: ['starting', 'fatal: no config']});
  expect({phase, notes}).toEqual({phase: 'failed', notes: []});
});

test.each([
  [
    'without the right to read it',
    new ApiProblem('no', {status: 403, reason: 'Forbidden'}),
    ['no: what they tell is missing here'],
  ],
  ['where it is gone', new ApiProblem('no', {status: 400, reason: 'BadRequest'}), []],
])('a log that cannot be read leaves the cause as it is: %s', async (_case, problem, notes) => {
  const status = await rolloutStatus(new WithLogs(problem), web, signal);
  expect(status.causes[0]?.log).toBeUndefined();
  expect(status.notes).toEqual(notes);
});

test('what may not be listed is noted where it would tell more', async () => {
  const forbidden = ['list pods', 'list events'];
  const status = await rolloutStatus(new FakeCluster([rolling, before, newest], {forbidden}), web, signal);
  expect(status.phase).toBe('progressing');
  expect(status.notes).toEqual([
    'may not list pods: what they would tell is missing here',
    'may not list events: what they would tell is missing here',
  ]);
});

const noSets = {forbidden: ['list replicasets']};

test('without the right to list ReplicaSets a doomed Deployment is doomed all the same', async () => {
  const status = await rolloutStatus(new FakeCluster([rolling, before, newest, crashing], noSets), web, signal);
  expect(status).toMatchObject({phase: 'failed', causes: [{reason: 'CrashLoopBackOff', doomed: true}]});
  expect(status.notes).toEqual(['may not list replicasets: what they would tell is missing here']);
});

test('nor do pods of the version that it replaces doom it then', async () => {
  const was = pod({
    owner: before,
    name: 'web-a-1',
    hash: 'a',
    createdAt: ago(600),
    containers: [{waiting: {reason: 'CrashLoopBackOff'}, restarts: 3}],
  });
  const is = pod({owner: newest, hash: 'b', createdAt: ago(5)});
  const status = await rolloutStatus(new FakeCluster([rolling, before, newest, was, is], noSets), web, signal);
  expect(status).toMatchObject({phase: 'progressing', causes: [{doomed: false}]});
});

const waitingFor = (message: string) =>
  pod({owner: newest, containers: [{waiting: {reason: 'CreateContainerConfigError', message}}]});
const tls = {
  kind: 'Secret',
  metadata: {name: 'web-tls', namespace: 'shop', uid: 'tls', managedFields: [{fieldsV1: {'f:data': {'f:cert': {}}}}]},
};

test.each<[string, string, KubeObject[], string[], boolean]>([
  ['is not there', 'secret "web-tls" not found', [], [], true],
  ['is there by now', 'secret "web-tls" not found', [tls], [], false],
  ['is there, without the right to see it', 'secret "web-tls" not found', [tls], ['list secrets'], true],
  ['lacks the key', "couldn't find key key in Secret shop/web-tls", [tls], [], true],
  ['has the key by now', "couldn't find key cert in Secret shop/web-tls", [tls], [], false],
])('a Secret that kubelet missed %s', async (_case, message, secrets, forbidden, doomed) => {
  const cluster = new FakeCluster([rolling, before, newest, waitingFor(message), ...secrets], {forbidden});
  const {phase, causes} = await rolloutStatus(cluster, web, signal);
  expect({phase, doomed: causes[0]?.doomed}).toEqual({phase: doomed ? 'failed' : 'progressing', doomed});
  expect(cluster.requests.filter((request) => /get secrets/.test(request))).toEqual([]);
  const overview = await rolloutOverview(cluster, {query: {namespace: 'shop'}}, signal);
  expect(overview.unhealthy[0]?.phase).toBe(phase);
});

test('what is promised to scripts is in the report although it is not known', async () => {
  const status = await rolloutStatus(new FakeCluster([rolling], {forbidden: ['list pods', 'list replicasets']}), web, signal);
  expect(JSON.parse(JSON.stringify(status))).toMatchObject({revision: null, terminating: null, causes: []});
  const unscheduled = pod({owner: newest, node: null, conditions: [{type: 'PodScheduled', status: 'False', message: 'no'}]});
  const {causes} = await rolloutStatus(new FakeCluster([rolling, newest, unscheduled]), web, signal);
  expect(JSON.parse(JSON.stringify(causes))).toMatchObject([{hint: null}]);
});
