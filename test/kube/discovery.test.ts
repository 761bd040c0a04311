import {expect, test} from 'vitest';
import {discoverResources} from '../../src/kube/discovery.ts';
import {type FakeAnswer, FakeCluster} from '../support/fake-cluster.ts';

const never = new AbortController().signal;
const ALL = ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'];
const kind = (resource: string, name: string, {scope = 'Namespaced', verbs = ALL} = {}) => ({
  resource,
  responseKind: {group: '', version: '', kind: name},
  scope,
  verbs,
});
const group = (name: string | undefined, versions: Record<string, object[]>) => ({
  metadata: name === undefined ? {} : {name},
  versions: Object.entries(versions).map(([version, resources]) => ({version, resources})),
});
const lists: Readonly<Record<string, object[]>> = {
  '/api': [
    group(undefined, {
      v1: [
        kind('secrets', 'Secret'),
        kind('nodes', 'Node', {scope: 'Cluster'}),
        kind('bindings', 'Binding', {verbs: ['create']}),
      ],
    }),
  ],
  '/apis': [
    group('apps', {v1: [kind('deployments', 'Deployment')]}),
    group('autoscaling', {v2: [kind('horizontalpodautoscalers', 'HPA')], v1: [kind('horizontalpodautoscalers', 'HPA')]}),
    group('example.com', {
      v2: [kind('widgets', 'Widget')],
      v1beta1: [kind('widgets', 'Widget'), kind('gadgets', 'Gadget', {scope: 'Cluster'})],
    }),
  ],
};
const definition = (versions: object[]) => ({body: {spec: {versions}}});
const stored = {name: 'v1beta1', served: true, storage: true};

function clusterWith(definitions: Readonly<Record<string, FakeAnswer>> = {}): FakeCluster {
  const prefix = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/';
  const answer = ({path}: {path: string}): FakeAnswer => {
    const items = lists[path];
    if (items) return {body: {kind: 'APIGroupDiscoveryList', items}};
    return definitions[path.replace(prefix, '')] ?? {status: 404};
  };
  return new FakeCluster([], {answer});
}

const found = async (cluster: FakeCluster, ...names: string[]) =>
  (await discoverResources(cluster.api, names, ['list', 'update'], never)).map(
    ({apiVersion, kind, plural, namespaced}) => `${apiVersion} ${kind} ${plural} ${namespaced ? 'namespaced' : 'cluster'}`,
  );

test('secrets and configmaps need no looking up', async () => {
  const cluster = clusterWith();
  expect(await found(cluster, 'secrets', 'configmaps', 'secrets')).toEqual([
    'v1 Secret secrets namespaced',
    'v1 ConfigMap configmaps namespaced',
  ]);
  expect(cluster.requests).toEqual([]);
});

test.each([
  ['a resource of the core group', 'nodes', ['v1 Node nodes cluster']],
  ['one of another group', 'deployments.apps', ['apps/v1 Deployment deployments namespaced']],
  [
    'the preferred one of several versions',
    'horizontalpodautoscalers.autoscaling',
    ['autoscaling/v2 HPA horizontalpodautoscalers namespaced'],
  ],
  ['one that only an older version has', 'gadgets.example.com', ['example.com/v1beta1 Gadget gadgets cluster']],
  ['a whole group', '*.example.com', ['example.com/v2 Widget widgets namespaced', 'example.com/v1beta1 Gadget gadgets cluster']],
  ['the core group, less what cannot be written back', '*.', ['v1 Secret secrets namespaced', 'v1 Node nodes cluster']],
])('%s', async (_case, name, expected) => {
  expect(await found(clusterWith(), name)).toEqual(expected);
});

test('everything there is', async () => {
  expect(await found(clusterWith(), '*.*')).toHaveLength(6);
});

test.each([
  [
    'the version that is stored, so that nothing is converted',
    definition([{name: 'v2', served: true, storage: false}, stored]),
    'v1beta1',
  ],
  ['the preferred one where the stored one is not served', definition([{...stored, served: false}]), 'v2'],
  ['the preferred one where the definition is none of ours to see', {status: 403}, 'v2'],
])('of a custom resource: %s', async (_case, answer, version) => {
  expect(await found(clusterWith({'widgets.example.com': answer}), 'widgets.example.com')).toEqual([
    `example.com/${version} Widget widgets namespaced`,
  ]);
});

test.each([
  ['widgts.example.com', 'did you mean widgets.example.com?'],
  ['widgets', 'did you mean widgets.example.com?'],
  ['secret', 'did you mean secrets?'],
  ['xylophones', 'the API server serves none of that name'],
])('%s is unknown: %s', async (name, why) => {
  await expect(found(clusterWith(), name)).rejects.toMatchObject({
    message: `kind-kops has no resource ${name}`,
    why,
    exitCode: 5,
  });
});

test('what can only be created cannot be rewritten', async () => {
  await expect(found(clusterWith(), 'bindings')).rejects.toMatchObject({
    message: 'bindings cannot be read and written back',
    why: 'the API server offers create for them',
  });
});

test.each([{status: 403}, {body: {kind: 'APIVersions', versions: ['v1']}}, {body: 'hush'}])(
  'without the list of resources it says so: %j',
  async (answer) => {
    await expect(found(new FakeCluster([], {answer: () => answer}), 'nodes')).rejects.toThrow(
      'does not tell which resources it has',
    );
  },
);
