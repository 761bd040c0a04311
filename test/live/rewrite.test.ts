import {expect, test, vi} from 'vitest';
import type {RewriteRun} from '../../src/encryption/rewrite/run.ts';
import {connect} from '../../src/kube/connect.ts';
import {discoverResources} from '../../src/kube/discovery.ts';
import {connectApi} from '../support/api.ts';
import {kops, liveCluster, namespace} from '../support/live.ts';
import {startSecretWriter} from '../support/secret-writer.ts';

vi.setConfig({testTimeout: 180_000});

// Without an encryption configuration nothing is stale, and a write back is a write all the same.
const never = new AbortController().signal;
const shop = await namespace();
const api = connectApi(liveCluster().kubeconfig);
const cluster = await connect({kubeconfig: liveCluster().kubeconfig});
const GROUP = `${shop.name}.example`;

interface Options {
  readonly code?: number;
  readonly args?: readonly string[];
}

/** Rewrites what this namespace has of a resource. */
async function rewrite(resources = 'secrets', {code = 0, args = []}: Options = {}): Promise<RewriteRun['resources'][number]> {
  const result = await shop.kops(['encrypt-at-rest', 'rewrite', '--resources', resources, '--yes', '-o', 'json', ...args]);
  expect(result, result.stderr).toMatchObject({code});
  return (JSON.parse(result.stdout) as RewriteRun).resources[0] as RewriteRun['resources'][number];
}

const secret = (name: string, more: object = {}) => ({apiVersion: 'v1', kind: 'Secret', metadata: {name}, ...more});
const all = async () =>
  (await shop.list('secrets')).sort((a, b) => String(a.metadata?.name).localeCompare(String(b.metadata?.name)));

test('Secrets stay what they are: a megabyte, names with dots, immutable ones, and who manages their fields', async () => {
  await shop.apply(
    secret('a.b.c-1', {stringData: {user: 'admin'}, type: 'example.com/odd'}),
    secret('immutable', {immutable: true, stringData: {key: 'value'}}),
    secret('empty'),
  );
  for (const name of ['large', 'large.too'])
    await api.send('POST', `/api/v1/namespaces/${shop.name}/secrets`, secret(name, {stringData: {blob: 'x'.repeat(1_040_000)}}));
  const before = await all();
  expect(await rewrite()).toMatchObject({total: 5, rewritten: 0, unchanged: 5, failed: []});
  expect(await all()).toEqual(before);
});

const WIDGETS = `/apis/${GROUP}/v1/namespaces/${shop.name}/widgets`;
const definition = (stored: 'v1' | 'v1beta1') => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: {name: `widgets.${GROUP}`},
  spec: {
    group: GROUP,
    scope: 'Namespaced',
    names: {plural: 'widgets', singular: 'widget', kind: 'Widget'},
    versions: ['v1', 'v1beta1'].map((name) => ({
      name,
      served: true,
      storage: name === stored,
      schema: {openAPIV3Schema: {type: 'object', 'x-kubernetes-preserve-unknown-fields': true}},
    })),
  },
});

test('custom resources keep numbers beyond 2^53 and fields that no type knows, in a write that is one', async () => {
  const path = `/apis/apiextensions.k8s.io/v1/customresourcedefinitions`;
  await api.send('POST', path, definition('v1beta1'));
  try {
    const spec = '{"int64":9007199254740993,"negative":-9223372036854775808,"rate":0.1,"deep":{"z":1,"a":[1,{"ü":"\\"{"}]}}';
    const body = `{"apiVersion":"${GROUP}/v1beta1","kind":"Widget","metadata":{"name":"a.b"},"spec":${spec},"tomorrow":true}`;
    await vi.waitFor(() => api.send('POST', WIDGETS.replace('/v1/', '/v1beta1/'), body), {timeout: 30_000, interval: 200});
    const read = async () => (await cluster.api.send({method: 'GET', path: `${WIDGETS}/a.b`}, never)).body.toString();
    const before = await read();
    expect(before).toContain('9007199254740993');

    // From now on what is stored is stale.
    await api.send('PUT', `${path}/widgets.${GROUP}`, {
      ...definition('v1'),
      ...{metadata: ((await api.send('GET', `${path}/widgets.${GROUP}`)) as {metadata: object}).metadata},
    });
    await vi.waitFor(
      async () => {
        const [found] = await discoverResources(cluster.api, [`widgets.${GROUP}`], ['update'], never);
        expect(found?.apiVersion).toBe(`${GROUP}/v1`);
        expect(await rewrite(`widgets.${GROUP}`)).toMatchObject({total: 1, rewritten: 1, unchanged: 0});
      },
      {timeout: 30_000, interval: 500},
    );
    const comparable = (text: string) => text.replaceAll(/"resourceVersion":"\d+"/g, '');
    expect(comparable(await read())).toBe(comparable(before));
    expect(await rewrite(`widgets.${GROUP}`)).toMatchObject({rewritten: 0, unchanged: 1});
  } finally {
    await api.send('DELETE', `${path}/widgets.${GROUP}`);
  }
});

test('a writer at 50 a second loses nothing, and is not lost', async () => {
  const many = await namespace();
  for (let i = 0; i < 400; i += 20) {
    const names = Array.from({length: 20}, (_, j) => `seed-${i + j}`);
    await Promise.all(
      names.map((name) => api.send('POST', `/api/v1/namespaces/${many.name}/secrets`, secret(name, {stringData: {name}}))),
    );
  }
  const writer = startSecretWriter(api, many.name);
  await vi.waitFor(() => expect(writer.written()).toBeGreaterThan(50), {timeout: 30_000});
  for (let runs = 0; runs < 2; runs++) {
    const before = writer.written();
    const result = await many.kops(['encrypt-at-rest', 'rewrite', '--yes', '-o', 'json']);
    expect(result, result.stderr).toMatchObject({code: 0});
    expect(writer.written()).toBeGreaterThan(before);
  }
  await writer.stopAndCheck();
  for (const {metadata = {}, data = {}} of await many.list('secrets', '!writer'))
    expect(Buffer.from(data.name ?? '', 'base64').toString()).toBe(metadata.name);
});

test('an object that somebody writes over and over is read and written again', async () => {
  const target = await namespace();
  await target.apply(secret('busy', {stringData: {n: '0'}}));
  const path = `/api/v1/namespaces/${target.name}/secrets/busy`;
  let conflicts = 0;
  for (let n = 0; n < 20 && conflicts === 0; n++) {
    let last = '';
    let stop = false;
    const writing = (async () => {
      for (let i = 0; !stop; i++) {
        last = `${n}-${i}`;
        await api.send('PATCH', path, {stringData: {n: last}}, 'application/merge-patch+json');
      }
    })();
    const result = await target.kops(['encrypt-at-rest', 'rewrite', '--yes', '-o', 'json']);
    stop = true;
    await writing;
    expect(result, result.stderr).toMatchObject({code: 0});
    conflicts = (JSON.parse(result.stdout) as RewriteRun).resources[0]?.conflicts ?? 0;
    const {data = {}} = await target.get('secrets', 'busy');
    expect(Buffer.from(data.n ?? '', 'base64').toString()).toBe(last);
  }
  expect(conflicts).toBeGreaterThan(0);
});

test('what admission refuses is named with its reason, and the rest is rewritten', async () => {
  const strict = await namespace();
  await strict.apply(secret('good'), secret('bad'));
  const name = `${strict.name}-rewrite`;
  const admission = '/apis/admissionregistration.k8s.io/v1';
  const match = {namespaceSelector: {matchLabels: {'kubernetes.io/metadata.name': strict.name}}};
  await api.send('POST', `${admission}/validatingadmissionpolicies`, {
    metadata: {name},
    spec: {
      matchConstraints: {
        ...match,
        resourceRules: [{apiGroups: [''], apiVersions: ['v1'], operations: ['UPDATE'], resources: ['secrets']}],
      },
      validations: [{expression: "object.metadata.name != 'bad'", message: 'every Secret needs an owner'}],
    },
  });
  await api.send('POST', `${admission}/validatingadmissionpolicybindings`, {
    metadata: {name},
    spec: {policyName: name, validationActions: ['Deny']},
  });
  try {
    const touch = () =>
      api.send(
        'PATCH',
        `/api/v1/namespaces/${strict.name}/secrets/bad`,
        {metadata: {labels: {x: 'y'}}},
        'application/merge-patch+json',
      );
    await vi.waitFor(() => expect(touch()).rejects.toThrow('every Secret needs an owner'), {timeout: 30_000, interval: 200});
    for (const how of [[], ['--dry-run=server']]) {
      const {code, stdout} = await strict.kops(['encrypt-at-rest', 'rewrite', '--yes', ...how]);
      expect({code, stdout}).toMatchObject({code: 3, stdout: expect.stringContaining(`secrets ${strict.name}/bad`)});
      expect(stdout).toContain('every Secret needs an owner');
    }
  } finally {
    await api.send('DELETE', `${admission}/validatingadmissionpolicybindings/${name}`);
    await api.send('DELETE', `${admission}/validatingadmissionpolicies/${name}`);
  }
});

test('without the right to write Secrets it ends at once and says which right is missing', async () => {
  const {code, stderr} = await shop.kops(['encrypt-at-rest', 'rewrite', '--yes', '--as', 'nobody']);
  expect({code, stderr}).toMatchObject({code: 5, stderr: expect.stringContaining('nobody may not list secrets')});
});

test('off a terminal it asks nobody and writes nothing; a dry run only counts', async () => {
  const refused = await shop.kops(['encrypt-at-rest', 'rewrite']);
  expect(refused).toMatchObject({code: 2, stdout: '', stderr: expect.stringContaining('add --yes')});
  const counted = await shop.kops(['encrypt-at-rest', 'rewrite', '--dry-run']);
  expect(counted).toMatchObject({code: 0, stdout: expect.stringMatching(/^Rewrite 5 secrets in namespace /)});
});

test('a resource that the cluster does not have is told with the one that was meant', async () => {
  const {code, stderr} = await shop.kops(['encrypt-at-rest', 'rewrite', '--resources', 'deployment.apps', '--dry-run']);
  expect({code, stderr}).toMatchObject({code: 5, stderr: expect.stringContaining('did you mean deployments.apps?')});
});

test("the cluster's own engine does it too, and nothing of it stays behind", async () => {
  const result = await kops(['encrypt-at-rest', 'rewrite', '--engine', 'storage-migration', '--yes', '-o', 'json']);
  expect(result, result.stderr).toMatchObject({code: 0});
  expect(JSON.parse(result.stdout)).toMatchObject({outcome: 'done', engine: 'storage-migration', resources: [{rewritten: null}]});
  const {items} = (await api.send('GET', '/apis/storagemigration.k8s.io/v1/storageversionmigrations')) as {items: object[]};
  expect(items).toEqual([]);
});
