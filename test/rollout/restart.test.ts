import {expect, test} from 'vitest';
import type {KubeObject} from '../../src/kube/json.ts';
import {setPaused} from '../../src/rollout/pause.ts';
import {RESTARTED_AT, rolloutRestart} from '../../src/rollout/restart.ts';
import type {Workload, WorkloadRef} from '../../src/rollout/workload.ts';
import {controllerRevision, daemonSet, deployment, NOW, replicaSet, statefulSet, template} from '../support/builders.ts';
import {FakeCluster} from '../support/fake-cluster.ts';

const signal = AbortSignal.timeout(30_000);
const none = {dryRun: 'none', signal} as const;
const WEB: WorkloadRef = {kind: 'Deployment', namespace: 'shop', name: 'web'};
const namespace: KubeObject = {apiVersion: 'v1', kind: 'Namespace', metadata: {name: 'shop'}};
const shop = (state: Parameters<typeof deployment>[0] = {}) =>
  new FakeCluster([namespace, deployment(state), replicaSet({revision: 5})]);
const restartedAt = (cluster: FakeCluster): string | undefined =>
  cluster.read<Workload>('deployments', 'web').spec?.template?.metadata?.annotations?.[RESTARTED_AT];
const patches = (cluster: FakeCluster) => cluster.requests.filter((request) => request.startsWith('patch'));

test('a restart makes a new revision of the same template and says how to go back', async () => {
  const cluster = shop();
  expect(await rolloutRestart(cluster, WEB, NOW, none)).toEqual({
    kind: 'RolloutRestart',
    context: 'kind-kops',
    workload: WEB,
    restartedAt: '2026-05-04T10:00:00.000Z',
    from: 5,
    newRevision: 6,
    warnings: [],
    dryRun: 'none',
    undoCommand: 'kops rollout undo deploy/web -n shop --to-revision 5',
  });
  expect(restartedAt(cluster)).toBe('2026-05-04T10:00:00.000Z');
});

test('who may only get and patch a Deployment may restart, pause and resume it', async () => {
  const forbidden = ['replicasets', 'pods', 'events', 'controllerrevisions'].map((resource) => `list ${resource}`);
  const cluster = new FakeCluster([namespace, deployment(), replicaSet({revision: 5})], {forbidden});
  expect(await rolloutRestart(cluster, WEB, NOW, none)).toMatchObject({from: null, newRevision: null, undoCommand: null});
  expect(await setPaused(cluster, WEB, true, none)).toMatchObject({outcome: 'paused', pending: null});
  expect(await setPaused(cluster, WEB, false, none)).toMatchObject({outcome: 'resumed', pending: null});
});

test('two restarts at once are two restarts', async () => {
  const cluster = shop();
  await rolloutRestart(cluster, WEB, NOW, none);
  const workload = cluster.read<ReturnType<typeof deployment>>('deployments', 'web');
  cluster.put({...workload, status: {observedGeneration: 99}});
  expect(await rolloutRestart(cluster, WEB, NOW, none)).toMatchObject({restartedAt: '2026-05-04T10:00:00.001Z'});
});

test('annotations that others add in between stay', async () => {
  const cluster = shop();
  const annotated = {...template(), metadata: {labels: {app: 'web'}, annotations: {team: 'checkout'}}};
  cluster.meanwhile = () => cluster.put(deployment({template: annotated}));
  await rolloutRestart(cluster, WEB, NOW, none);
  expect(cluster.read<Workload>('deployments', 'web').spec?.template?.metadata?.annotations).toEqual({
    team: 'checkout',
    [RESTARTED_AT]: '2026-05-04T10:00:00.000Z',
  });
});

test.each([
  ['client', []],
  ['server', ['patch deployments/web (dry run)']],
] as const)('--dry-run=%s restarts nothing', async (dryRun, sent) => {
  const cluster = shop();
  expect(await rolloutRestart(cluster, WEB, NOW, {dryRun, signal})).toMatchObject({restartedAt: '2026-05-04T10:00:00.000Z'});
  expect(restartedAt(cluster)).toBeUndefined();
  expect(patches(cluster)).toEqual(sent);
});

test.each(['none', 'client', 'server'] as const)('a paused Deployment is not restarted, under --dry-run=%s', async (dryRun) => {
  const refused = {message: 'cannot restart deployment/web: it is paused', exitCode: 3};
  await expect(rolloutRestart(shop({paused: true}), WEB, NOW, {dryRun, signal})).rejects.toMatchObject(refused);
});

test('of OnDelete it says that nothing restarts by itself', async () => {
  const workload = daemonSet({updateStrategy: {type: 'OnDelete'}});
  const cluster = new FakeCluster([namespace, workload, controllerRevision(workload)]);
  const report = await rolloutRestart(cluster, {kind: 'DaemonSet', namespace: 'shop', name: 'agent'}, NOW, none);
  expect(report.warnings).toMatchObject([{reason: 'OnDelete', hint: 'one after another: kubectl delete pod POD -n shop'}]);
});

test('pause and resume say what they did, what waits, and how to take it back', async () => {
  const cluster = shop();
  expect(await setPaused(cluster, WEB, true, none)).toMatchObject({
    outcome: 'paused',
    pending: [],
    undoCommand: 'kops rollout resume deploy/web -n shop',
  });
  const workload = cluster.read<ReturnType<typeof deployment>>('deployments', 'web');
  expect(workload.spec?.paused).toBe(true);
  cluster.put({...workload, spec: {...workload.spec, template: template({image: 'web:3.0'})}} as typeof workload);
  expect(await setPaused(cluster, WEB, false, none)).toMatchObject({
    outcome: 'resumed',
    pending: [{path: 'template.spec.containers[web].image', before: 'web:2.0', after: 'web:3.0'}],
    undoCommand: 'kops rollout pause deploy/web -n shop',
  });
});

test.each([true, false])('what is so already is left as it is: paused %s', async (paused) => {
  const cluster = shop({paused});
  expect(await setPaused(cluster, WEB, paused, none)).toMatchObject({outcome: 'unchanged', undoCommand: null});
  expect(patches(cluster)).toEqual([]);
});

test('--dry-run pauses nothing', async () => {
  const cluster = shop();
  expect(await setPaused(cluster, WEB, true, {dryRun: 'server', signal})).toMatchObject({outcome: 'dry-run'});
  expect(cluster.read<Workload>('deployments', 'web').spec).not.toHaveProperty('paused');
  expect(patches(cluster)).toEqual(['patch deployments/web (dry run)']);
});

test.each<[WorkloadRef['kind'], boolean, string]>([
  ['StatefulSet', true, `{"spec":{"updateStrategy":{"rollingUpdate":{"partition":999}}}}`],
  ['StatefulSet', false, `{"spec":{"updateStrategy":{"rollingUpdate":{"partition":0}}}}`],
  ['DaemonSet', true, `{"spec":{"updateStrategy":{"type":"OnDelete","rollingUpdate":null}}}`],
  ['DaemonSet', false, `{"spec":{"updateStrategy":{"type":"RollingUpdate"}}}`],
])('a %s cannot be paused (%s), but has something like it', async (kind, paused, patch) => {
  const cluster = new FakeCluster([namespace, statefulSet(), daemonSet()]);
  await expect(setPaused(cluster, {kind, namespace: 'shop', name: 'db'}, paused, none)).rejects.toMatchObject({
    next: expect.stringContaining(patch),
    exitCode: 2,
  });
});
