import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {beforeAll, expect, test, vi} from 'vitest';
import {parseConfiguration} from '../../../src/encryption/configuration/configuration.ts';
import type {EncryptionPlan} from '../../../src/encryption/plan.ts';
import type {EncryptionRun} from '../../../src/encryption/transaction/transact.ts';
import type {EncryptionVerification} from '../../../src/encryption/verify.ts';
import type {KubeObject} from '../../../src/kube/json.ts';
import {encryptionLab} from '../../support/encryption-lab.ts';

vi.setConfig({testTimeout: 400_000});

const lab = encryptionLab(1);
const [node = ''] = lab.nodes;
const CONFIGURATION = '/etc/kubernetes/enc/encryption.yaml';
const MANIFEST = '/etc/kubernetes/manifests/kube-apiserver.yaml';
const WIDGETS = '/apis/example.com/v1/namespaces/kops-encryption/widgets';
const CHANGE = ['--yes', '--no-snapshot'];

// Where its administrator chose another place in etcd than kubeadm's, all of it is there.
beforeAll(async () => {
  const {items: nodes} = (await lab.api().send('GET', '/api/v1/nodes')) as {items: KubeObject[]};
  const manifest = lab.file(node, MANIFEST) ?? '';
  writeFileSync(lab.path(node, MANIFEST), manifest.replace(/^( *)- kube-apiserver\n/m, '$&$1- --etcd-prefix=/elsewhere/k8s\n'));
  const path = '/api/v1/namespaces/kops-encryption';
  await vi.waitFor(() => expect(lab.api().send('GET', path)).rejects.toThrow('404'), {timeout: 60_000, interval: 200});
  await vi.waitFor(() => lab.api().send('GET', '/api/v1/namespaces/kube-system'), {timeout: 60_000, interval: 200});
  for (const {metadata, ...rest} of nodes) {
    const {name, labels} = metadata ?? {};
    await lab.api().send('POST', '/api/v1/nodes', {...rest, metadata: {name, labels}});
  }
  await lab.api().send('POST', '/api/v1/namespaces', {metadata: {name: 'kops-encryption'}});
  await lab.seed(1);
  const schema = {openAPIV3Schema: {type: 'object', 'x-kubernetes-preserve-unknown-fields': true}};
  const spec = {
    group: 'example.com',
    scope: 'Namespaced',
    names: {plural: 'widgets', singular: 'widget', kind: 'Widget'},
    versions: [{name: 'v1', served: true, storage: true, schema}],
  };
  const crds = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
  await lab.api().send('POST', crds, {metadata: {name: 'widgets.example.com'}, spec});
  for (const name of ['a.b', 'c']) await vi.waitFor(() => lab.api().send('POST', WIDGETS, widget(name)));
}, 120_000);

const widget = (name: string) => ({apiVersion: 'example.com/v1', kind: 'Widget', metadata: {name}, spec: {value: name}});

test('all resources there are, strictly: the file keeps the wildcard, and everything that is stored is under the key', async () => {
  const run = await lab.report<EncryptionRun>(['setup', '--resources', '*.*', '--strict', ...CHANGE]);
  expect(run).toMatchObject({outcome: 'done', why: null});
  expect(run.resources).toEqual(expect.arrayContaining(['secrets', 'events', 'deployments.apps', 'widgets.example.com']));
  expect(run.resources).not.toContain('componentstatuses');
  const {rules} = parseConfiguration(lab.file(node, CONFIGURATION) ?? '', 'the file');
  expect(rules.map(({resources}) => resources)).toEqual([['*.*']]);
  expect(await lab.report<EncryptionVerification>(['verify'])).toMatchObject({ok: true, plaintext: 0, undecryptable: 0});
  const key = '/elsewhere/k8s/secrets/kops-encryption/seed.0';
  const {stdout} = await lab.kops(['encrypt-at-rest', 'verify', 'secret/seed.0', '-n', 'kops-encryption']);
  expect(stdout).toContain(key);
});

test('the same configuration given again changes nothing', async () => {
  const file = join(lab.folder(), 'same.yaml');
  writeFileSync(file, lab.file(node, CONFIGURATION) ?? '', {mode: 0o600});
  const plan = await lab.report<EncryptionPlan>(['setup', '--config', file, '--dry-run', ...CHANGE]);
  expect(plan.files).toEqual([]);
});

test('a disable that rewrote nothing is ended by another one, which takes the flag out', async () => {
  await lab.report<EncryptionRun>(['disable', '--no-rewrite', ...CHANGE]);
  expect(await lab.report<EncryptionRun>(['disable', ...CHANGE])).toMatchObject({outcome: 'done', why: null});
  expect(lab.file(node, MANIFEST)).not.toContain('encryption-provider-config');
});

test('custom resources alone: encrypted, under a new key, and back', async () => {
  const verification = (code: number) =>
    lab.report<EncryptionVerification>(['verify', '--resources', 'widgets.example.com'], code);
  const run = await lab.report<EncryptionRun>(['setup', '--resources', 'widgets.example.com', '--key-name', 'first', ...CHANGE]);
  expect(run).toMatchObject({outcome: 'done', resources: ['widgets.example.com']});
  expect(await verification(0)).toMatchObject({byKey: {'k8s:enc:secretbox:v1:first:': 2}});
  expect(await lab.report<EncryptionVerification>(['verify', '--resources', 'secrets'], 3)).toMatchObject({encrypted: 0});
  await lab.report<EncryptionRun>(['rotate', '--key-name', 'second', ...CHANGE]);
  expect(await verification(0)).toMatchObject({byKey: {'k8s:enc:secretbox:v1:second:': 2}});
  await lab.report<EncryptionRun>(['disable', ...CHANGE]);
  expect(await verification(3)).toMatchObject({encrypted: 0, plaintext: 2});
  // Right after its restart the server may still be filling its cache.
  const read = () => lab.api().send('GET', WIDGETS) as Promise<{items: {spec: object}[]}>;
  expect((await vi.waitFor(read)).items.map(({spec}) => spec)).toEqual([{value: 'a.b'}, {value: 'c'}]);
});
