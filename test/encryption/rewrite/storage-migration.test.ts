import {expect, test, vi} from 'vitest';
import {migrateStorage, storageMigrations} from '../../../src/encryption/rewrite/storage-migration.ts';
import {resources} from '../../../src/kube/resources.ts';
import {type FakeAnswer, FakeCluster} from '../../support/fake-cluster.ts';

const never = new AbortController().signal;
const GROUP = '/apis/storagemigration.k8s.io';
const group = (...versions: string[]): FakeAnswer => ({
  body: {kind: 'APIGroup', versions: versions.map((version) => ({version}))},
});
const condition = (type: string, message = '') => ({body: {status: {conditions: [{type, status: 'True', message}]}}});

/** Each question after the migration is answered by the next of these; the last one stays. */
function clusterWith(answers: readonly FakeAnswer[], served = group('v1', 'v1beta1')) {
  const bodies: unknown[] = [];
  let n = 0;
  const cluster = new FakeCluster([], {
    answer({method, path, body}) {
      if (path === GROUP) return served;
      if (method === 'POST') {
        bodies.push(JSON.parse(String(body)));
        return {status: 201, body: {metadata: {name: 'kops-secrets-x1'}}};
      }
      return method === 'DELETE' ? {body: {}} : (answers[Math.min(n++, answers.length - 1)] ?? {status: 404});
    },
  });
  const details: string[] = [];
  const migrate = async (signal = never) =>
    migrateStorage(
      cluster.api,
      await storageMigrations(cluster.api, signal),
      resources.secrets,
      (text) => details.push(text),
      signal,
    );
  return {cluster, bodies, details, migrate};
}

test('the cluster is asked to migrate, waited for, and left as it was', async () => {
  const {cluster, bodies, details, migrate} = clusterWith([{body: {}}, condition('Running'), condition('Succeeded')]);
  await migrate();
  expect(bodies).toEqual([
    {
      apiVersion: 'storagemigration.k8s.io/v1',
      kind: 'StorageVersionMigration',
      metadata: {generateName: 'kops-secrets-'},
      spec: {resource: {group: '', resource: 'secrets'}},
    },
  ]);
  expect(details).toEqual(['waiting for the controller manager, 0s', 'by the cluster, 0s']);
  expect(cluster.requests.at(-1)).toBe(`DELETE ${GROUP}/v1/storageversionmigrations/kops-secrets-x1`);
});

test('an older cluster has it as a beta', async () => {
  const {cluster} = clusterWith([], group('v1beta1'));
  expect(await storageMigrations(cluster.api, never)).toMatchObject({apiVersion: 'storagemigration.k8s.io/v1beta1'});
});

test.each([
  ['no such API', {status: 404}],
  ['an alpha of it only', group('v1alpha1')],
])('a cluster with %s says what to do instead', async (_case, served) => {
  const {cluster} = clusterWith([], served);
  await expect(storageMigrations(cluster.api, never)).rejects.toMatchObject({
    message: 'kind-kops has no storage version migration',
    next: 'use --engine client',
    exitCode: 2,
  });
});

test('a migration that failed is a negative verdict, and is deleted too', async () => {
  const {cluster, migrate} = clusterWith([condition('Failed', 'a webhook refuses')]);
  await expect(migrate()).rejects.toMatchObject({
    message: 'the cluster could not migrate secrets',
    why: 'a webhook refuses',
    exitCode: 3,
  });
  expect(cluster.requests.at(-1)).toMatch(/^DELETE /);
});

test('where nobody takes it up it is unfinished', async () => {
  const {cluster, migrate} = clusterWith([{body: {}}]);
  vi.useFakeTimers({toFake: ['Date']});
  try {
    const ended = expect(migrate()).rejects.toMatchObject({message: 'nobody migrates secrets', exitCode: 4});
    await vi.waitFor(() => expect(cluster.requests.length).toBeGreaterThan(2));
    vi.setSystemTime(Date.now() + 61_000);
    await ended;
  } finally {
    vi.useRealTimers();
  }
});

test('Ctrl-C deletes what was made for it', async () => {
  const {cluster, migrate} = clusterWith([condition('Running')]);
  const abort = new AbortController();
  const ended = expect(migrate(abort.signal)).rejects.toThrow('enough');
  await vi.waitFor(() => expect(cluster.requests.length).toBeGreaterThan(2));
  abort.abort(new Error('enough'));
  await ended;
  expect(cluster.requests.at(-1)).toMatch(/^DELETE /);
});

test('without the right to make one it says which right is missing', async () => {
  const cluster = new FakeCluster([], {
    answer: ({path}) =>
      path === GROUP
        ? group('v1')
        : {status: 403, body: {kind: 'Status', message: 'x is forbidden: User "jane" cannot create resource "y"'}},
  });
  const migrations = await storageMigrations(cluster.api, never);
  await expect(migrateStorage(cluster.api, migrations, resources.secrets, () => {}, never)).rejects.toMatchObject({
    message: 'jane may not create storageversionmigrations.storagemigration.k8s.io in the whole cluster',
    exitCode: 5,
  });
});
