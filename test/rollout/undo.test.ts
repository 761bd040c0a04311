import {expect, test} from 'vitest';
import {ConnectionProblem} from '../../src/kube/errors.ts';
import type {KubeObject} from '../../src/kube/json.ts';
import {applyUndo, exitCodeOfUndo, prepareUndo} from '../../src/rollout/undo.ts';
import type {Workload} from '../../src/rollout/workload.ts';
import {ago, controllerRevision, daemonSet, deployment, pod, replicaSet, statefulSet, template} from '../support/builders.ts';
import {FakeCluster, type FakeOptions} from '../support/fake-cluster.ts';

const signal = AbortSignal.timeout(30_000);
const WEB = {kind: 'Deployment', namespace: 'shop', name: 'web'} as const;
const DB = {kind: 'StatefulSet', namespace: 'shop', name: 'db'} as const;
const CAUSE = 'kubernetes.io/change-cause';
const namespace: KubeObject = {apiVersion: 'v1', kind: 'Namespace', metadata: {name: 'shop'}};

/** As a controller: has seen what was written. */
const observed = (object: KubeObject, cluster: FakeCluster) => {
  const {status} = object as Workload;
  if (status) cluster.put({...object, status: {...status, observedGeneration: object.metadata?.generation ?? 0}} as KubeObject);
};

const dbTemplate = (image: string) => template({image, labels: {app: 'db'}, container: {name: 'db'}});

/** Revision 1 ran web:1.0, 2 web:2.0, and 3, the current one, web:3.0. */
function shop(state: Parameters<typeof deployment>[0] = {}, options: FakeOptions = {}): FakeCluster {
  const revision = (number: number, annotations = {}) =>
    replicaSet({
      hash: `h${number}`,
      revision: number,
      image: `web:${number}.0`,
      replicas: number === 3 ? 3 : 0,
      createdAt: ago(1000 - number),
      annotations,
    });
  const workload = deployment({image: 'web:3.0', revision: 3, ...state});
  const revisions = [revision(1, {[CAUSE]: 'release 1.0'}), revision(2), revision(3)];
  return new FakeCluster([namespace, workload, ...revisions], {controllers: observed, ...options});
}

async function undo(cluster: FakeCluster, toRevision?: number, dryRun: 'none' | 'client' | 'server' = 'none') {
  const plan = await prepareUndo(cluster, WEB, toRevision, signal);
  return applyUndo(cluster, plan, {dryRun, deleteStuckPods: false, signal});
}
const imageOf = (cluster: FakeCluster) => cluster.read<Workload>('deployments', 'web').spec?.template?.spec?.containers[0]?.image;

test('goes back to the previous revision and says how to come back', async () => {
  const cluster = shop();
  expect(await undo(cluster)).toEqual({
    kind: 'RolloutUndo',
    context: 'kind-kops',
    workload: WEB,
    from: 3,
    to: 2,
    newRevision: 4,
    outcome: 'undone',
    changes: [{path: 'template.spec.containers[web].image', before: 'web:3.0', after: 'web:2.0'}],
    warnings: [],
    stuckPods: [],
    deletedPods: [],
    notDeleted: [],
    dryRun: 'none',
    undoCommand: 'kops rollout undo deploy/web -n shop --to-revision 3',
  });
  expect(cluster.read<Workload>('deployments', 'web').spec?.template).toEqual(template({image: 'web:2.0'}));
});

test('goes back to the revision that was asked for', async () => {
  const cluster = shop();
  expect(await undo(cluster, 1)).toMatchObject({from: 3, to: 1, newRevision: 4});
  expect(imageOf(cluster)).toBe('web:1.0');
});

test('says "already at" and writes nothing where nothing would change', async () => {
  const cluster = shop();
  expect(await undo(cluster, 3)).toMatchObject({outcome: 'unchanged', to: 3, newRevision: null, undoCommand: null});
  expect(cluster.requests.filter((request) => request.startsWith('patch'))).toEqual([]);
});

test.each([
  ['client', []],
  ['server', ['patch deployments/web (dry run)']],
] as const)('--dry-run=%s changes nothing and says what would', async (dryRun, patches) => {
  const cluster = shop();
  expect(await undo(cluster, undefined, dryRun)).toMatchObject({
    outcome: 'dry-run',
    to: 2,
    changes: [{after: 'web:2.0'}],
    dryRun,
  });
  expect(imageOf(cluster)).toBe('web:3.0');
  expect(cluster.requests.filter((request) => request.startsWith('patch'))).toEqual(patches);
});

test('a paused workload is refused, with the way out', async () => {
  await expect(undo(shop({paused: true}))).rejects.toMatchObject({
    message: 'cannot undo deployment/web: it is paused',
    next: 'kops rollout resume deploy/web -n shop',
    exitCode: 3,
  });
});

test('a workload that is found paused when the patch meets a conflict is refused', async () => {
  const cluster = shop({annotations: {[CAUSE]: 'release 3.0'}});
  const plan = await prepareUndo(cluster, WEB, undefined, signal);
  cluster.meanwhile = () => cluster.put(deployment({image: 'web:3.0', paused: true}));
  await expect(applyUndo(cluster, plan, {dryRun: 'none', deleteStuckPods: false, signal})).rejects.toMatchObject({exitCode: 3});
  expect(imageOf(cluster)).toBe('web:3.0');
});

test('an unknown revision is told, with those that exist', async () => {
  await expect(undo(shop(), 9)).rejects.toMatchObject({message: 'deployment/web has no revision 9', exitCode: 5});
});

test('a workload that is paused between the plan and the patch is refused', async () => {
  const cluster = shop();
  const plan = await prepareUndo(cluster, WEB, undefined, signal);
  cluster.meanwhile = () => cluster.put(deployment({image: 'web:3.0', paused: true}));
  await expect(applyUndo(cluster, plan, {dryRun: 'none', deleteStuckPods: false, signal})).rejects.toMatchObject({
    message: 'cannot undo deployment/web: it is paused',
    exitCode: 3,
  });
  expect(imageOf(cluster)).toBe('web:3.0');
});

test("another's change of the template in between is not overwritten", async () => {
  const cluster = shop();
  const plan = await prepareUndo(cluster, WEB, undefined, signal);
  cluster.meanwhile = () => cluster.put(deployment({image: 'web:4.0'}));
  await expect(applyUndo(cluster, plan, {dryRun: 'none', deleteStuckPods: false, signal})).rejects.toMatchObject({
    message: 'deployment/web was changed in the meantime: nothing was undone',
    exitCode: 3,
  });
  expect(imageOf(cluster)).toBe('web:4.0');
});

test('a workload that was deleted and made anew in between is not touched', async () => {
  const cluster = shop();
  const plan = await prepareUndo(cluster, WEB, undefined, signal);
  cluster.meanwhile = () => cluster.put(deployment({image: 'web:3.0', uid: 'another'}));
  await expect(applyUndo(cluster, plan, {dryRun: 'none', deleteStuckPods: false, signal})).rejects.toMatchObject({exitCode: 3});
  expect(imageOf(cluster)).toBe('web:3.0');
});

test('what others write elsewhere in between stays, and does not hold the undo up', async () => {
  const cluster = shop({annotations: {[CAUSE]: 'release 3.0'}});
  const plan = await prepareUndo(cluster, WEB, undefined, signal);
  const workload = cluster.read<ReturnType<typeof deployment>>('deployments', 'web');
  cluster.meanwhile = () => {
    const annotations = {...workload.metadata?.annotations, [CAUSE]: 'hotfix', owner: 'jane'};
    cluster.put({
      ...workload,
      metadata: {...workload.metadata, annotations},
      spec: {...workload.spec, replicas: 7},
    } as KubeObject);
  };
  expect(await applyUndo(cluster, plan, {dryRun: 'none', deleteStuckPods: false, signal})).toMatchObject({outcome: 'undone'});
  const after = cluster.read<Workload>('deployments', 'web');
  expect(after.spec).toMatchObject({replicas: 7, template: template({image: 'web:2.0'})});
  expect(after.metadata?.annotations).toEqual({'deployment.kubernetes.io/revision': '3', owner: 'jane'});
});

test.each<[string, number, Record<string, string>, string | undefined]>([
  ["the target's own cause comes back", 1, {[CAUSE]: 'release 3.0'}, 'release 1.0'],
  ['a stale cause goes where the target has none', 2, {[CAUSE]: 'release 3.0'}, undefined],
  ['a cause comes to a workload that had none', 1, {}, 'release 1.0'],
])('annotations that are newer than the revision stay; %s', async (_case, toRevision, annotations, cause) => {
  const cluster = shop({annotations: {team: 'checkout', ...annotations}});
  await undo(cluster, toRevision);
  const after = cluster.read<Workload>('deployments', 'web').metadata?.annotations;
  expect(after).toMatchObject({team: 'checkout'});
  expect(after?.[CAUSE]).toBe(cause);
});

test('a workload without annotations gets the cause of the revision', async () => {
  const workload = statefulSet({image: 'db:2.0'});
  const revision = (number: number, annotations?: Record<string, string>) =>
    controllerRevision(workload, {
      name: `db-${number}`,
      revision: number,
      template: dbTemplate(`db:${number}.0`),
      ...(annotations && {annotations}),
    });
  const cluster = new FakeCluster([namespace, workload, revision(1, {[CAUSE]: 'first'}), revision(2)], {controllers: observed});
  const report = await applyUndo(cluster, await prepareUndo(cluster, DB, undefined, signal), {
    dryRun: 'none',
    deleteStuckPods: false,
    signal,
  });
  expect(report).toMatchObject({from: 2, to: 1, newRevision: 3});
  const after = cluster.read<Workload>('statefulsets', 'db');
  expect(after.spec?.template).toEqual(dbTemplate('db:1.0'));
  expect(after.metadata?.annotations).toEqual({[CAUSE]: 'first'});
});

test('a DaemonSet goes back to what a ControllerRevision holds', async () => {
  const workload = daemonSet({image: 'agent:2.0'});
  const agent = (image: string) => template({image, labels: {app: 'agent'}, container: {name: 'agent'}});
  const revisions = [1, 2].map((number) =>
    controllerRevision(workload, {name: `agent-${number}`, revision: number, template: agent(`agent:${number}.0`)}),
  );
  const cluster = new FakeCluster([namespace, workload, ...revisions]);
  const ref = {kind: 'DaemonSet', namespace: 'shop', name: 'agent'} as const;
  await applyUndo(cluster, await prepareUndo(cluster, ref, undefined, signal), {dryRun: 'none', deleteStuckPods: false, signal});
  expect(cluster.read<Workload>('daemonsets', 'agent').spec?.template).toEqual(agent('agent:1.0'));
});

test('a template that is no revision yet is undone with a warning: nothing could bring it back', async () => {
  const report = await undo(shop({image: 'web:4.0'}));
  expect(report).toMatchObject({from: null, to: 3, undoCommand: null, warnings: [{reason: 'NotRecorded'}]});
});

test('a template that was written a moment ago becomes a revision before it is replaced', async () => {
  const cluster = shop({image: 'web:4.0', generation: 2, observedGeneration: 1});
  setTimeout(() => {
    cluster.put(replicaSet({hash: 'h4', revision: 4, image: 'web:4.0'}));
    cluster.put(deployment({image: 'web:4.0', generation: 2}));
  }, 20);
  expect(await undo(cluster)).toMatchObject({from: 4, to: 3, newRevision: 5, warnings: []});
});

/** A StatefulSet whose newest pod is broken; revision 1 was good. */
function brokenDatabase(
  state: Parameters<typeof statefulSet>[0] = {},
  options: FakeOptions = {controllers: observed},
  Kind = FakeCluster,
): FakeCluster {
  const workload = statefulSet({image: 'db:2.0', updated: 1, ...state});
  const revisions = [1, 2].map((number) =>
    controllerRevision(workload, {name: `db-${number}`, revision: number, template: dbTemplate(`db:${number}.0`)}),
  );
  const pods = [
    pod({name: 'db-0', owner: workload, hash: 'db-1', labels: {app: 'db'}}),
    pod({name: 'db-1', owner: workload, hash: 'db-1', labels: {app: 'db'}, containers: [{ready: false}]}),
    pod({
      name: 'db-2',
      owner: workload,
      hash: 'db-2',
      labels: {app: 'db'},
      containers: [{waiting: {reason: 'CrashLoopBackOff'}}],
    }),
  ];
  return new Kind([namespace, workload, ...revisions, ...pods], options);
}
async function undoDatabase(cluster: FakeCluster, deleteStuckPods: boolean) {
  return applyUndo(cluster, await prepareUndo(cluster, DB, undefined, signal), {dryRun: 'none', deleteStuckPods, signal});
}

test('a StatefulSet pod that undo does not unstick is named, and deleted where that is wished, after the patch', async () => {
  const cluster = brokenDatabase();
  expect(await undoDatabase(cluster, false)).toMatchObject({stuckPods: ['db-2'], deletedPods: []});
  const other = brokenDatabase();
  expect(await undoDatabase(other, true)).toMatchObject({stuckPods: ['db-2'], deletedPods: ['db-2']});
  expect(other.requests.filter((request) => /^(patch|delete)/.test(request))).toEqual([
    'patch statefulsets/db',
    'delete pods/db-2',
  ]);
});

test('pods that may not be deleted are reported: the template is back all the same', async () => {
  const report = await undoDatabase(brokenDatabase({}, {controllers: observed, forbidden: ['delete pods']}), true);
  expect(report).toMatchObject({
    outcome: 'undone',
    newRevision: 3,
    deletedPods: [],
    notDeleted: [{pod: 'db-2', why: 'may not delete pods'}],
    undoCommand: 'kops rollout undo sts/db -n shop --to-revision 2',
  });
  expect(exitCodeOfUndo(report)).toBe(3);
});

test('an interruption before the pods are deleted leaves a report of what was done', async () => {
  const interruption = new AbortController();
  const cluster = brokenDatabase({}, {controllers: () => interruption.abort()});
  const plan = await prepareUndo(cluster, DB, undefined, signal);
  const options = {dryRun: 'none', deleteStuckPods: true, signal: interruption.signal} as const;
  expect(await applyUndo(cluster, plan, options)).toMatchObject({
    outcome: 'undone',
    deletedPods: [],
    notDeleted: [{pod: 'db-2', why: 'interrupted'}],
  });
});

test('where the template is right already, stuck pods can still be deleted', async () => {
  const cluster = brokenDatabase();
  await undoDatabase(cluster, false);
  const plan = await prepareUndo(cluster, DB, 1, signal);
  const applied = (dryRun: 'none' | 'client') => applyUndo(cluster, plan, {dryRun, deleteStuckPods: true, signal});
  expect(await applied('client')).toMatchObject({outcome: 'unchanged', stuckPods: ['db-2'], deletedPods: []});
  expect(await applied('none')).toMatchObject({outcome: 'unchanged', stuckPods: ['db-2'], deletedPods: ['db-2']});
});

test('a pod whose deletion got no answer is looked for', async () => {
  class Silent extends FakeCluster {
    override async delete(...args: Parameters<FakeCluster['delete']>): Promise<void> {
      await super.delete(...args);
      throw new ConnectionProblem('no answer', {passing: true});
    }
  }
  const cluster = brokenDatabase({}, {controllers: observed}, Silent);
  expect(await undoDatabase(cluster, true)).toMatchObject({deletedPods: ['db-2'], notDeleted: []});
});

test('a pod of the same name that was made since is not deleted', async () => {
  const cluster = brokenDatabase();
  const plan = await prepareUndo(cluster, DB, undefined, signal);
  const stuck = cluster.read<KubeObject>('pods', 'db-2');
  cluster.meanwhile = () => cluster.put({...stuck, metadata: {...stuck.metadata, uid: 'newer'}});
  expect(await applyUndo(cluster, plan, {dryRun: 'none', deleteStuckPods: true, signal})).toMatchObject({deletedPods: []});
});

test.each<[string, Parameters<typeof statefulSet>[0]]>([
  ['that makes pods in parallel', {podManagementPolicy: 'Parallel'}],
  ['whose pods are replaced by hand', {updateStrategy: {type: 'OnDelete'}}],
])('no pod of a StatefulSet %s is stuck', async (_case, state) => {
  expect(await undoDatabase(brokenDatabase(state), false)).toMatchObject({stuckPods: []});
});

test.each<[string, Parameters<typeof statefulSet>[0], unknown]>([
  [
    'OnDelete',
    {updateStrategy: {type: 'OnDelete'}},
    {reason: 'OnDelete', hint: 'one after another: kubectl delete pod db-0 -n shop'},
  ],
  ['a partition', {updateStrategy: {type: 'RollingUpdate', rollingUpdate: {partition: 2}}}, {reason: 'Partition'}],
])('says what %s leaves as it is', async (_case, state, warning) => {
  expect(await undoDatabase(brokenDatabase(state), false)).toMatchObject({warnings: [warning]});
});
