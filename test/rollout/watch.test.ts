import {afterEach, beforeEach, expect, onTestFinished, test, vi} from 'vitest';
import {ConnectionProblem} from '../../src/kube/errors.ts';
import type {KubeObject} from '../../src/kube/json.ts';
import type {Target} from '../../src/rollout/collect.ts';
import {type Picture, type WatchOptions, watchRollouts} from '../../src/rollout/watch.ts';
import {CATCH_UP_MS, PARTIAL_MS, ROUTINE_MS} from '../../src/rollout/watch-outage.ts';
import {CONFIRM_MS, RETURN_MS} from '../../src/rollout/watch-verdict.ts';
import {type DeploymentState, deployment, NOW, pod, replicaSet, statefulSet} from '../support/builders.ts';
import {FakeCluster, type FakeOptions} from '../support/fake-cluster.ts';

beforeEach(() => {
  vi.useFakeTimers({now: NOW});
});
afterEach(() => {
  vi.useRealTimers();
});

const web = {refs: [{kind: 'Deployment', namespace: 'shop', name: 'web'}]} satisfies Target;
const everything: Target = {query: {namespace: 'shop', labelSelector: undefined}};
const before = replicaSet({hash: 'a', revision: 1, replicas: 3, image: 'web:1.0'});
const newest = replicaSet({hash: 'b', revision: 2, replicas: 1, image: 'web:2.0'});
const rolling = (state: DeploymentState = {}) =>
  deployment({image: 'web:2.0', revision: 2, updated: 1, total: 4, available: 3, ...state});
const crashing = pod({owner: newest, containers: [{waiting: {reason: 'CrashLoopBackOff'}, last: {exitCode: 1}, restarts: 3}]});
const outage = new ConnectionProblem('cannot reach the API server', {passing: true});

/** Watches a fake cluster; every change of it that has been told of is a picture when `moment` resolves. */
function watching(objects: KubeObject[], target: Target, options: Partial<WatchOptions> = {}, cluster_: FakeOptions = {}) {
  const cluster = new FakeCluster(objects, cluster_);
  const pictures: Picture[] = [];
  const stop = new AbortController();
  onTestFinished(() => stop.abort());
  const onPicture = (picture: Picture) => void pictures.push(picture);
  const rules = {failFast: true, timeout: undefined, revision: undefined, every: 0, onPicture, ...options};
  const end = watchRollouts(cluster, target, rules, stop.signal);
  end.catch(() => {}); // tests that look at it do so later
  return {cluster, pictures, end, stop, last: () => pictures.at(-1), moment: (ms = 0) => vi.advanceTimersByTimeAsync(ms)};
}
const phases = (picture: Picture | undefined) => picture?.watched.map(({status}) => `${status.workload.name} ${status.phase}`);

test('a rollout is followed to its end', async () => {
  const {cluster, pictures, end, moment} = watching([rolling(), before, newest], web);
  await moment();
  cluster.put(rolling({updated: 3, total: 3, available: 2}));
  await moment();
  cluster.put(rolling({updated: 3, total: 3, available: 3}));
  expect((await end).conclusion).toEqual({outcome: 'healthy', exitCode: 0});
  expect(pictures.map(({watched}) => watched[0]?.status.message)).toEqual([
    '1 of 3 updated',
    '2 of 3 available',
    '3 of 3 available',
  ]);
});

test('one that is healthy already ends it at once', async () => {
  const {end, pictures} = watching([deployment(), replicaSet()], web);
  expect((await end).conclusion?.outcome).toBe('healthy');
  expect(pictures).toHaveLength(1);
});

test('only what the workload selects is followed, and nothing any more when it is over', async () => {
  const {cluster, moment, end} = watching([rolling(), before, newest], web);
  await moment();
  const followed = cluster.followed;
  expect(followed.slice(0, 3)).toEqual(['deployments metadata.name=web', 'replicasets app=web', 'pods app=web']);
  expect(followed).toHaveLength(4);
  cluster.put(deployment({image: 'web:2.0', revision: 2}));
  await end;
  expect(cluster.followed).toEqual([]);
});

test('doom is called when it has lasted, and no sooner', async () => {
  const {cluster, last, moment, end} = watching([rolling(), before, newest], web);
  await moment();
  cluster.put(crashing);
  await moment(CONFIRM_MS - 250);
  expect(phases(last())).toEqual(['web progressing']);
  await moment(500);
  expect(await end).toMatchObject({conclusion: {outcome: 'failed', exitCode: 3}, watched: [{ending: 'failed'}]});
  expect(phases(last())).toEqual(['web failed']);
});

test('without fail-fast a doomed rollout is watched on, and may recover', async () => {
  const {cluster, last, moment, end} = watching([rolling(), before, newest, crashing], web, {failFast: false});
  await moment(CONFIRM_MS + 250);
  expect(phases(last())).toEqual(['web failed']);
  cluster.remove(crashing);
  cluster.put(deployment({image: 'web:2.0', revision: 2}));
  expect((await end).conclusion?.outcome).toBe('healthy');
});

test('the timeout ends it although nothing changes', async () => {
  const {moment, end} = watching([rolling(), before, newest], web, {timeout: 60_000});
  await moment(59_000);
  await moment(1_250);
  expect(await end).toMatchObject({conclusion: {outcome: 'timed out', exitCode: 4}, timeoutAt: NOW + 60_000});
});

test('through a lost connection the last picture stays, with the reason', async () => {
  const {cluster, last, moment, end} = watching([rolling(), before, newest], web);
  await moment();
  cluster.lose(outage);
  await moment(ROUTINE_MS + 500);
  expect(last()?.trouble).toBe('cannot reach the API server');
  expect(phases(last())).toEqual(['web progressing']);
  cluster.put(deployment({image: 'web:2.0', revision: 2}));
  await moment(60_000);
  expect(phases(last())).toEqual(['web progressing']);
  cluster.recover();
  await moment(CATCH_UP_MS - 250);
  expect({phases: phases(last()), trouble: last()?.trouble}).toEqual({phases: ['web progressing'], trouble: undefined});
  await moment(500);
  const {trouble, conclusion} = await end;
  expect({trouble, conclusion}).toMatchObject({trouble: undefined, conclusion: {outcome: 'healthy'}});
});

test('one that is back at once is routine, and not spoken of', async () => {
  const {cluster, pictures, moment} = watching([rolling(), before, newest], web);
  await moment();
  cluster.lose(outage);
  await moment(ROUTINE_MS - 250);
  cluster.recover();
  await moment(5000);
  expect(pictures.filter(({trouble}) => trouble !== undefined)).toEqual([]);
});

test('nothing is called doomed while the connection is lost, but the time may be up', async () => {
  const {cluster, last, moment, end} = watching([rolling(), before, newest], web, {timeout: 60_000});
  await moment();
  cluster.put(crashing);
  await moment(500);
  cluster.lose(outage);
  await moment(59_000);
  expect(phases(last())).toEqual(['web progressing']);
  await moment(1000);
  expect((await end).conclusion?.outcome).toBe('timed out');
});

test('where only what is around a workload is cut off, its own word counts after a while', async () => {
  const {cluster, last, moment, end} = watching([rolling(), before, newest], web);
  await moment();
  cluster.lose(outage, 'events');
  await moment(ROUTINE_MS + 500);
  cluster.put(deployment({image: 'web:2.0', revision: 2}));
  await moment(1000);
  expect(phases(last())).toEqual(['web progressing']);
  await moment(PARTIAL_MS);
  expect((await end).conclusion?.outcome).toBe('healthy');
});

test('a workload that is ahead of its revisions is not believed to be done at once', async () => {
  const {cluster, last, moment, end} = watching([rolling(), before, newest], web);
  await moment();
  cluster.put(deployment({image: 'web:3.0', revision: 3, generation: 2}));
  await moment(1000);
  expect(phases(last())).toEqual(['web progressing']);
  cluster.put(replicaSet({hash: 'c', revision: 3, image: 'web:3.0'}));
  const {watched, conclusion} = await end;
  expect({revision: watched[0]?.status.revision, conclusion}).toMatchObject({revision: 3, conclusion: {outcome: 'healthy'}});
});

test('an API server that cannot be reached at the start is an error', async () => {
  const cluster = new FakeCluster([rolling()]);
  cluster.lose(outage);
  const options = {failFast: true, timeout: undefined, revision: undefined, every: 0, onPicture: () => {}};
  const end = watchRollouts(cluster, web, options, new AbortController().signal);
  await expect(Promise.all([end, vi.advanceTimersByTimeAsync(500)])).rejects.toBe(outage);
});

test('a workload that is deleted and made anew is followed as what it is then', async () => {
  const {cluster, last, moment, end} = watching([rolling(), before, newest], web);
  await moment();
  cluster.remove(rolling());
  await moment(5000);
  expect(last()?.watched[0]).toMatchObject({
    situation: undefined,
    status: {phase: 'progressing', message: 'was deleted; waiting for it to be made anew'},
  });
  const anew = rolling({uid: 'anew', labels: {app: 'shop-web'}});
  cluster.put({...anew, spec: {...anew.spec, selector: {matchLabels: {app: 'shop-web'}}}} as KubeObject);
  await moment(RETURN_MS);
  expect(phases(last())).toEqual(['web progressing']);
  expect(cluster.followed).toContain('pods app=shop-web');
  expect(cluster.followed).not.toContain('pods app=web');
  cluster.put({...anew, status: deployment().status} as KubeObject);
  expect((await end).conclusion?.outcome).toBe('healthy');
});

test.each([true, false])('a workload that is deleted for good ends it, with fail-fast (%s) or without', async (failFast) => {
  const {cluster, moment, end} = watching([rolling(), before, newest], web, {failFast});
  await moment();
  cluster.remove(rolling());
  await moment(RETURN_MS + 500);
  expect(await end).toMatchObject({conclusion: {outcome: 'failed', exitCode: 3}, watched: [{ending: 'deleted'}]});
});

test('Ctrl-C ends it, and all followers with it', async () => {
  const {cluster, stop, moment, end} = watching([rolling(), before, newest], web);
  await moment();
  stop.abort();
  await moment();
  await expect(end).rejects.toBe(stop.signal.reason);
  expect(cluster.followed).toEqual([]);
});

test.each([
  [
    'no right to watch: it is asked for again and again',
    ['watch pods'],
    'no right to watch pods in namespace shop: they are asked for again and again',
  ],
  ['no right to list pods: they are missing', ['list pods'], 'may not list pods: what they would tell is missing here'],
  ['no right to list ReplicaSets', ['list replicasets'], 'may not list replicasets: what they would tell is missing here'],
])('%s', async (_case, forbidden, note) => {
  const {cluster, last, moment, end} = watching([rolling(), before, newest], web, {}, {forbidden});
  await moment();
  await moment(ROUTINE_MS + 500);
  expect(last()).toMatchObject({notes: [note], trouble: undefined});
  cluster.put(deployment({image: 'web:2.0', revision: 2}));
  expect((await end).conclusion?.outcome).toBe('healthy');
});

test('no right to list the workload itself is an error', async () => {
  const {moment, end} = watching([rolling()], web, {}, {forbidden: ['list deployments']});
  await moment();
  await expect(end).rejects.toThrow('may not list deployments');
});

test('nor is one of several said to be missing where it is the right that is', async () => {
  const {refs} = web;
  const both: Target = {refs: [...refs, {kind: 'StatefulSet', namespace: 'shop', name: 'db'}]};
  const {moment, end} = watching([rolling(), statefulSet()], both, {}, {forbidden: ['list statefulsets']});
  await moment();
  await expect(end).rejects.toThrow('may not list statefulsets');
});

test('a workload that does not exist is an error that names what does', async () => {
  const {moment, end} = watching([deployment({name: 'worker'})], web);
  await moment();
  await expect(end).rejects.toMatchObject({exitCode: 5, message: 'deployment/web not found in namespace shop'});
});

test('of a query the healthy ones rest; what becomes unhealthy is watched until all are healthy', async () => {
  const db = statefulSet({updated: 1, updateRevision: 'db-2', currentRevision: 'db-1'});
  const {cluster, last, moment, end} = watching([deployment(), replicaSet(), db], everything);
  await moment();
  expect(phases(last())).toEqual(['db progressing']);
  expect(last()?.resting).toBe(1);
  expect(cluster.followed).not.toContain('pods app=web');

  cluster.put(rolling());
  await moment();
  expect(phases(last())).toEqual(['db progressing', 'web progressing']);
  expect(cluster.followed).toContain('pods app=web');

  cluster.put(statefulSet());
  cluster.put(deployment({image: 'web:2.0', revision: 2}));
  expect((await end).conclusion?.outcome).toBe('healthy');
});

test('workloads of several namespaces are followed where they are', async () => {
  const elsewhere = rolling({name: 'db', namespace: 'data', uid: 'db'});
  const refs = [...web.refs, {kind: 'Deployment', namespace: 'data', name: 'db'} as const];
  const {cluster, last, moment, end} = watching([rolling(), before, newest, elsewhere], {refs});
  await moment();
  expect(phases(last())).toEqual(['web progressing', 'db progressing']);
  for (const one of [rolling(), elsewhere]) cluster.put({...one, status: deployment().status} as KubeObject);
  expect((await end).conclusion?.outcome).toBe('healthy');
});

test('a query of which all are healthy ends at once', async () => {
  const {end} = watching([deployment(), statefulSet()], everything);
  expect(await end).toMatchObject({watched: [], resting: 2, conclusion: {outcome: 'healthy'}});
});

test('a query that selects nothing is an error', async () => {
  const {moment, end} = watching([deployment()], {query: {namespace: 'shop', labelSelector: 'app=none'}});
  await moment();
  await expect(end).rejects.toMatchObject({exitCode: 5, message: 'nothing to watch in namespace shop'});
});

test('who wrote which field of a pod is not kept', async () => {
  const fields = [{manager: 'kubelet', operation: 'Update'}];
  const written = pod({owner: newest});
  const heavy = {...written, metadata: {...written.metadata, managedFields: fields}} as KubeObject;
  const {last, moment} = watching([rolling(), before, newest, heavy], web);
  await moment();
  expect(last()?.watched[0]?.situation?.pods[0]?.metadata?.managedFields).toBeUndefined();
});
