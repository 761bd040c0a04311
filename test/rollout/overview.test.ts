import {expect, test} from 'vitest';
import {exitCodeOfOverview, rolloutOverview, worstFirst} from '../../src/rollout/overview.ts';
import type {Phase, RolloutStatus} from '../../src/rollout/status.ts';
import {daemonSet, deployment, pod, replicaSet, statefulSet} from '../support/builders.ts';
import {FakeCluster} from '../support/fake-cluster.ts';

const {signal} = new AbortController();
const shop = {query: {namespace: 'shop', labelSelector: undefined}};

const status = (name: string, phase: Phase, available: number, causes = 0): RolloutStatus => ({
  kind: 'RolloutStatus',
  workload: {kind: 'Deployment', namespace: 'shop', name},
  phase,
  message: '',
  revision: 1,
  desired: 10,
  updated: 10,
  ready: available,
  available,
  terminating: 0,
  images: [],
  previous: undefined,
  causes: Array.from({length: causes}, () => ({
    reason: 'X',
    object: '',
    message: '',
    hint: null,
    doomed: false,
    pods: 1,
    since: undefined,
  })),
  notes: [],
});

test('worst first: failed, then unfinished, then paused; of two alike what serves less, then what has more causes', () => {
  const order = [
    status('down', 'failed', 0),
    status('half', 'failed', 5),
    status('stuck', 'progressing', 2),
    status('slow', 'progressing', 8, 1),
    status('a', 'progressing', 8),
    status('b', 'progressing', 8),
    status('paused', 'paused', 0),
  ];
  expect(
    order
      .toReversed()
      .sort(worstFirst)
      .map(({workload}) => workload.name),
  ).toEqual(order.map(({workload}) => workload.name));
});

test.each<[string, Phase[], number]>([
  ['nothing is unhealthy', [], 0],
  ['something is unfinished', ['progressing', 'paused'], 4],
  ['something failed', ['progressing', 'failed'], 3],
])('the exit code where %s', (_case, phases, code) => {
  expect(exitCodeOfOverview({unhealthy: phases.map((phase) => status('web', phase, 0))})).toBe(code);
});

test('where all are healthy only workloads and pods are read', async () => {
  const cluster = new FakeCluster([deployment(), statefulSet(), daemonSet(), pod()]);
  const report = await rolloutOverview(cluster, shop, signal);
  expect(report).toMatchObject({total: 3, healthy: 3, unhealthy: [], notes: []});
  expect(cluster.requests.filter((request) => /replicasets|revisions|events/.test(request))).toEqual([]);
});

test('what is unhealthy is told with its cause', async () => {
  const newest = replicaSet({hash: 'b', revision: 2, replicas: 1});
  const stuck = pod({owner: newest, containers: [{waiting: {reason: 'CrashLoopBackOff'}, last: {exitCode: 1}, restarts: 3}]});
  const objects = [
    deployment({revision: 2, updated: 1, available: 2}),
    replicaSet({image: 'web:1.0'}),
    newest,
    stuck,
    statefulSet(),
  ];
  const {total, healthy, unhealthy} = await rolloutOverview(new FakeCluster(objects), shop, signal);
  expect({total, healthy}).toEqual({total: 2, healthy: 1});
  expect(unhealthy).toMatchObject([{workload: {name: 'web'}, phase: 'failed', causes: [{reason: 'CrashLoopBackOff'}]}]);
});

test('a pod that crashes again and again is found in the moment in which it runs, too', async () => {
  const set = replicaSet();
  const running = {
    restarts: 5,
    running: 1,
    last: {
      exitCode: 1,
      startedAt: new Date(Date.now() - 60_000).toISOString(),
      finishedAt: new Date(Date.now() - 50_000).toISOString(),
    },
  };
  const flapping = pod({owner: set, containers: [running]});
  const status_ = flapping.status?.containerStatuses?.[0]?.state;
  if (status_?.running) status_.running.startedAt = new Date(Date.now() - 1000).toISOString();
  const {unhealthy} = await rolloutOverview(new FakeCluster([deployment(), set, flapping]), shop, signal);
  expect(unhealthy).toMatchObject([{workload: {name: 'web'}, causes: [{reason: 'CrashLoopBackOff'}]}]);
});

test('a namespace that does not exist is an error, one that is empty is not', async () => {
  const namespaces = ['shop', 'default'].map((name) => ({kind: 'Namespace', metadata: {name, uid: name}}));
  const cluster = new FakeCluster(namespaces);
  expect(await rolloutOverview(cluster, shop, signal)).toMatchObject({total: 0});
  const missing = rolloutOverview(cluster, {query: {namespace: 'shpo'}}, signal);
  await expect(missing).rejects.toMatchObject({
    exitCode: 5,
    message: 'namespace shpo not found',
    next: 'kops rollout status -n shop',
  });
});

test('a kind that the user may not list is left out, and said; without the right to any of the three it is an error', async () => {
  const objects = [deployment({updated: 1}), statefulSet(), daemonSet()];
  const some = new FakeCluster(objects, {forbidden: ['list daemonsets', 'list statefulsets']});
  expect(await rolloutOverview(some, shop, signal)).toMatchObject({
    total: 1,
    unhealthy: [{workload: {name: 'web'}}],
    notes: [
      'may not list statefulsets: what they would tell is missing here',
      'may not list daemonsets: what they would tell is missing here',
    ],
  });
  const none = new FakeCluster(objects, {forbidden: ['list deployments', 'list daemonsets', 'list statefulsets']});
  await expect(rolloutOverview(none, shop, signal)).rejects.toThrow('may not list deployments');
});

test('named workloads are judged together', async () => {
  const cluster = new FakeCluster([deployment({updated: 1}), statefulSet(), daemonSet()]);
  const refs = [
    {kind: 'Deployment', namespace: 'shop', name: 'web'} as const,
    {kind: 'StatefulSet', namespace: 'shop', name: 'db'} as const,
  ];
  expect(await rolloutOverview(cluster, {refs}, signal)).toMatchObject({
    total: 2,
    healthy: 1,
    unhealthy: [{workload: {name: 'web'}}],
  });
});
