import {expect, test} from 'vitest';
import {createConfig, findExisting, type IfExists, replaceConfig} from '../../../src/config/create/create.ts';
import {buildObject, type ConfigObject, type Draft} from '../../../src/config/create/object.ts';
import {ConnectionProblem} from '../../../src/kube/errors.ts';
import {FakeCluster, type FakeOptions} from '../../support/fake-cluster.ts';

const signal = new AbortController().signal;
const context = {dryRun: 'none', scope: {context: 'prod'}, signal} as const;

const object = (data: Record<string, string>, draft: Partial<Draft> = {}): ConfigObject =>
  buildObject(
    {kind: 'ConfigMap', name: 'app', ...draft},
    Object.entries(data).map(([key, value]) => ({key, value: Buffer.from(value), origin: ''})),
  );

/** As `object`, in the cluster. */
const there = (data: Record<string, string>, draft: Partial<Draft> = {}): ConfigObject =>
  object(data, {namespace: 'shop', ...draft});

const token = (account = 'ci'): Partial<Draft> => ({
  kind: 'Secret',
  type: 'kubernetes.io/service-account-token',
  annotations: {'kubernetes.io/service-account.name': account},
});

const create = (cluster: FakeCluster, wanted: ConfigObject, ifExists: IfExists = 'fail') =>
  createConfig(cluster, wanted, ifExists, context);

async function replace(cluster: FakeCluster, wanted: ConfigObject) {
  const existing = await findExisting(cluster, wanted, signal);
  if (existing === undefined) throw new Error('there is nothing to replace');
  return replaceConfig(cluster, wanted, existing, {...context, undoCommand: 'kubectl replace -f kept.json'});
}

test('it is created in the namespace of the context, and the undo acts on the same cluster', async () => {
  const cluster = new FakeCluster();
  expect(await create(cluster, object({a: 'b'}))).toMatchObject({
    outcome: 'created',
    namespace: 'shop',
    context: 'kind-kops',
    undoCommand: 'kubectl delete configmap/app -n shop --context prod',
  });
  expect(cluster.read('configmaps', 'app')).toMatchObject({metadata: {namespace: 'shop'}, data: {a: 'b'}});
  expect(cluster.requests).toEqual(['create configmaps/app']);
});

test('one that is there is left alone, with what may be done about it', async () => {
  const cluster = new FakeCluster([there({a: 'theirs'})]);
  await expect(create(cluster, object({a: 'ours'}))).rejects.toMatchObject({
    exitCode: 3,
    next: '--if-exists skip leaves it as it is, --if-exists replace puts these values in its place',
  });
  expect(cluster.read('configmaps', 'app')).toMatchObject({data: {a: 'theirs'}});
});

test('to skip it needs no right to read it', async () => {
  const cluster = new FakeCluster([there({a: 'theirs'})], {forbidden: ['get configmaps']});
  const report = await create(cluster, object({a: 'ours'}), 'skip');
  expect(report).toMatchObject({outcome: 'skipped', undoCommand: null, unread: {exitCode: 5}});
  expect(report.object, 'nothing of what was wanted').toEqual({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {name: 'app', namespace: 'shop'},
  });
  expect(await create(new FakeCluster([there({a: 'theirs'})]), object({a: 'ours'}), 'skip')).toMatchObject({
    object: {data: {a: 'theirs'}},
  });
});

test('a dry run stores nothing and has nothing to undo', async () => {
  const cluster = new FakeCluster();
  const report = await createConfig(cluster, object({a: 'b'}), 'fail', {...context, dryRun: 'server'});
  expect(report).toMatchObject({outcome: 'created', undoCommand: null});
  expect(cluster.read('configmaps', 'app')).toBeUndefined();
});

test('a replacement takes values away and adds some, and keeps what others wrote beside them', async () => {
  const theirs = there({same: '1', other: '2', gone: '3'}, {labels: {team: 'shop', tier: 'a'}, annotations: {note: 'x'}});
  const cluster = new FakeCluster([theirs]);
  const wanted = object({same: '1', other: 'two', more: '4'}, {labels: {tier: 'b'}, annotations: {'a.b/c': 'y'}});
  expect(await replace(cluster, wanted)).toMatchObject({
    outcome: 'replaced',
    replacement: {added: ['more'], changed: ['other'], removed: ['gone'], metadata: ['label tier', 'annotation a.b/c']},
    undoCommand: 'kubectl replace -f kept.json',
  });
  expect(cluster.read('configmaps', 'app')).toMatchObject({
    metadata: {labels: {team: 'shop', tier: 'b'}, annotations: {note: 'x', 'a.b/c': 'y'}},
    data: {same: '1', other: 'two', more: '4'},
  });
  expect(Object.keys(cluster.read<ConfigObject>('configmaps', 'app').data ?? {})).toEqual(['more', 'other', 'same']);
});

test('what is immutable from then on no backup brings back', async () => {
  const frozen = object({a: 'two'}, {immutable: true});
  const report = await replace(new FakeCluster([there({a: '1'})]), frozen);
  expect(report).toMatchObject({outcome: 'replaced', replacement: {metadata: ['immutable']}, undoCommand: null});
  const labelled = await replace(new FakeCluster([there({a: '1'}, {immutable: true})]), object({a: '1'}, {labels: {a: 'b'}}));
  expect(labelled.undoCommand).toBe('kubectl replace -f kept.json');
});

test('text becomes binary, and all of it may go', async () => {
  const cluster = new FakeCluster([there({a: 'text'})]);
  const binary = buildObject({kind: 'ConfigMap', name: 'app'}, [{key: 'a', value: Buffer.from([0xff]), origin: ''}]);
  expect(await replace(cluster, binary)).toMatchObject({replacement: {changed: ['a']}});
  expect(cluster.read('configmaps', 'app')).toMatchObject({binaryData: {a: '/w=='}});
  expect(cluster.read('configmaps', 'app')).not.toHaveProperty('data');
  await replace(cluster, object({}));
  expect(cluster.read('configmaps', 'app')).not.toHaveProperty('binaryData');
});

test('what is so already is not written', async () => {
  const cluster = new FakeCluster([there({a: 'b'}, {labels: {team: 'shop'}})]);
  expect(await replace(cluster, object({a: 'b'}))).toMatchObject({outcome: 'unchanged', undoCommand: null});
  expect(cluster.requests).toEqual(['get configmaps/app']);
});

test('who will write other values again is told before', async () => {
  const own = (manager: string) => ({manager, operation: 'Update', fieldsV1: {'f:data': {}}});
  const mine = there({a: '1'});
  const ownerReferences = [{apiVersion: 'a.test/v1', kind: 'ExternalSecret', name: 'app', uid: 'u', controller: true}];
  const managedFields = [
    own('kops'),
    own('argocd-controller'),
    {manager: 'flux', operation: 'Update', fieldsV1: {'f:metadata': {}}},
  ];
  const labels = {'argocd.argoproj.io/instance': 'shop'};
  const cluster = new FakeCluster([{...mine, metadata: {...mine.metadata, managedFields, ownerReferences, labels}}]);
  const existing = await findExisting(cluster, object({a: '2'}), signal);
  expect(existing?.replacement.warnings).toMatchObject([
    {message: 'Argo CD wrote its values, and will write them again', hint: expect.stringContaining('argocd app set shop')},
    {message: 'externalsecret/app owns it, and may write its values again'},
  ]);
});

test('who writes in between is not overwritten', async () => {
  const cluster = new FakeCluster([there({a: '1'})]);
  cluster.meanwhile = () => void cluster.put(there({a: 'theirs'}));
  await expect(replace(cluster, object({a: 'ours'}))).rejects.toMatchObject({reason: 'Conflict', exitCode: 3});
  expect(cluster.read('configmaps', 'app')).toMatchObject({data: {a: 'theirs'}});
});

test.each([
  [
    'values of an immutable one',
    there({a: '1'}, {immutable: true}),
    object({a: '2'}),
    'configmap/app is immutable, and its values differ',
  ],
  [
    'a key of an immutable one',
    there({a: '1'}, {immutable: true}),
    object({a: '1', b: '2'}),
    'configmap/app is immutable, and its values differ',
  ],
  [
    'another type',
    there({}, {kind: 'Secret'}),
    object({password: 'x'}, {kind: 'Secret', type: 'kubernetes.io/basic-auth'}),
    'secret/app is of type Opaque, not kubernetes.io/basic-auth',
  ],
  ['another account', there({}, token()), object({}, token('other')), 'secret/app is a token of serviceaccount/ci'],
])('%s cannot be had, and what to do instead is told', async (_case, before, wanted, message) => {
  const cluster = new FakeCluster([before]);
  await expect(replace(cluster, wanted)).rejects.toMatchObject({
    message,
    why: expect.any(String),
    next: expect.any(String),
    exitCode: 3,
  });
});

test('an immutable one with the same values takes a label, and any one becomes immutable', async () => {
  const cluster = new FakeCluster([there({a: '1'}, {immutable: true})]);
  expect(await replace(cluster, object({a: '1'}, {labels: {x: 'y'}}))).toMatchObject({outcome: 'replaced'});
  cluster.put(there({a: '1'}));
  expect(await replace(cluster, object({a: '2'}, {immutable: true}))).toMatchObject({replacement: {metadata: ['immutable']}});
  expect(cluster.read('configmaps', 'app')).toMatchObject({immutable: true, data: {a: '2'}});
});

test('a token that the controller made stays in its Secret', async () => {
  const cluster = new FakeCluster([there({token: 'made'}, token())]);
  await replace(cluster, object({extra: 'x'}, token()));
  expect(Object.keys(cluster.read<ConfigObject>('secrets', 'app').data ?? {})).toEqual(['token', 'extra']);
});

test('a token of an account that is not there is refused: the controller would delete it', async () => {
  const accounts = [
    {kind: 'ServiceAccount', metadata: {name: 'ci', namespace: 'shop'}},
    {kind: 'Namespace', metadata: {name: 'shop'}},
  ];
  await expect(create(new FakeCluster(accounts), object({}, token('co')))).rejects.toMatchObject({
    message: 'serviceaccount/co not found in namespace shop',
    next: 'kops secret create service-account-token app --service-account ci -n shop',
    exitCode: 5,
  });
  expect(await create(new FakeCluster(accounts), object({}, token()))).toMatchObject({outcome: 'created'});
  const blind = new FakeCluster([], {forbidden: ['get serviceaccounts']});
  expect(await create(blind, object({}, token()))).toMatchObject({outcome: 'created'});
});

test('no right to create it', async () => {
  const cluster = new FakeCluster([], {forbidden: ['create secrets']});
  await expect(create(cluster, object({a: 'hunter2'}, {kind: 'Secret'}))).rejects.toMatchObject({status: 403, exitCode: 5});
});

test.each([
  ['it was done', true, {outcome: 'created'}],
  [
    'it was not done',
    false,
    {
      message: 'nobody knows whether configmap/app was written',
      exitCode: 5,
      next: 'kubectl get configmap/app -n shop --context prod',
    },
  ],
])('where the answer is lost, the cluster is asked: %s', async (_case, isDone, told) => {
  class LosesAnswers extends FakeCluster {
    override async create(...args: Parameters<FakeCluster['create']>): Promise<never> {
      if (isDone) await super.create(...args);
      throw new ConnectionProblem('the connection broke', {passing: true});
    }
  }
  const options: FakeOptions = {};
  const result = await create(new LosesAnswers([], options), object({a: 'b'})).catch((error) => error);
  expect(result).toMatchObject(told);
});
