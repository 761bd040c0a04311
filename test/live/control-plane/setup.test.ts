import {createHash} from 'node:crypto';
import {statSync} from 'node:fs';
import {beforeAll, expect, test, vi} from 'vitest';
import type {EncryptionPlan} from '../../../src/encryption/plan.ts';
import type {EncryptionRun} from '../../../src/encryption/transaction/transact.ts';
import type {EncryptionVerification} from '../../../src/encryption/verify.ts';
import {encryptionLab} from '../../support/encryption-lab.ts';

vi.setConfig({testTimeout: 600_000});

const lab = encryptionLab(1);
const [node = ''] = lab.nodes;
const MANIFEST = '/etc/kubernetes/manifests/kube-apiserver.yaml';
const CONFIGURATION = '/etc/kubernetes/enc/encryption.yaml';
const fingerprint = () =>
  [MANIFEST, CONFIGURATION].map((path) =>
    createHash('sha256')
      .update(lab.file(node, path) ?? 'none')
      .digest('hex'),
  );
const run = (...words: string[]) => lab.report<EncryptionRun>([...words, '--yes', '--no-snapshot']);
const verify = (code = 0) => lab.report<EncryptionVerification>(['verify'], code);

let values: Readonly<Record<string, string>>;
beforeAll(async () => {
  values = await lab.seed(20);
});

test('before anything, etcd holds plaintext, and verify says so', async () => {
  expect(await verify(3)).toMatchObject({ok: false, encrypted: 0, plaintext: 20});
});

test('a dry run tells the plan and touches nothing', async () => {
  const before = fingerprint();
  const plan = await lab.report<EncryptionPlan>(['setup', '--dry-run']);
  expect(plan).toMatchObject({
    kind: 'EncryptionPlan',
    operation: 'setup',
    restarts: [node],
    resources: [{resource: 'secrets', total: 20}],
  });
  const {stdout} = await lab.kops(['encrypt-at-rest', 'setup', '--show-commands']);
  expect(stdout).toContain('--encryption-provider-config=/etc/kubernetes/enc/encryption.yaml');
  const asRunbook = await lab.kops(['encrypt-at-rest', 'setup', '--dry-run', '--runbook']);
  expect(asRunbook.stdout.replaceAll(/key-[\d-]+/g, '')).toBe(stdout.replaceAll(/key-[\d-]+/g, ''));
  expect(fingerprint()).toEqual(before);
  expect(lab.file(node, '/etc/kubernetes/kops/journal')).toBeUndefined();
});

test('off a terminal, nothing is changed without --yes', async () => {
  const {code, stderr} = await lab.kops(['encrypt-at-rest', 'setup']);
  expect({code, stderr}).toMatchObject({code: 2, stderr: expect.stringContaining('add --yes')});
});

test('who may not do all that a change needs is told what is missing, and that --as counts for the API alone', async () => {
  const rules = [
    {apiGroups: [''], resources: ['nodes', 'secrets', 'configmaps'], verbs: ['get', 'list']},
    {nonResourceURLs: ['/metrics', '/readyz'], verbs: ['get']},
  ];
  const rbac = '/apis/rbac.authorization.k8s.io/v1';
  await lab.api().send('POST', `${rbac}/clusterroles`, {metadata: {name: 'looker'}, rules});
  await lab.api().send('POST', `${rbac}/clusterrolebindings`, {
    metadata: {name: 'looker'},
    roleRef: {apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'looker'},
    subjects: [{apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'jane'}],
  });
  const before = fingerprint();
  const {code, stderr} = await lab.kops(['encrypt-at-rest', 'setup', '--yes', '--no-snapshot', '--as', 'jane']);
  const told = stderr.replaceAll(/\s+/g, ' ');
  expect({code, told}).toMatchObject({code: 5, told: expect.stringContaining('you may not do all that this change needs')});
  expect(told).toContain('denied: create secrets in namespace');
  expect(told).toContain('update secrets in all namespaces');
  expect(told).toContain('--as counts for the API alone');
  expect(fingerprint()).toEqual(before);
  expect(lab.openTransaction()).toBeUndefined();
});

test('a cluster whose control plane a provider runs is refused, with the provider’s own way', async () => {
  const path = `/api/v1/nodes/${node}`;
  const label = (labels: object) => lab.api().send('PATCH', path, {metadata: {labels}}, 'application/merge-patch+json');
  const before = fingerprint();
  await label({'node-role.kubernetes.io/control-plane': null, 'eks.amazonaws.com/nodegroup': 'a'});
  for (const words of [['setup', '--yes'], ['verify'], ['status']]) {
    const {code, stderr} = await lab.kops(['encrypt-at-rest', ...words]);
    expect({code, stderr}).toMatchObject({code: 5, stderr: expect.stringContaining('aws eks associate-encryption-config')});
  }
  expect(fingerprint()).toEqual(before);
  await label({'node-role.kubernetes.io/control-plane': '', 'eks.amazonaws.com/nodegroup': null});
});

test('a server that is not confirmed in time gets its files back, byte for byte', async () => {
  const before = fingerprint();
  const {outcome, why} = await lab.report<EncryptionRun>(['setup', '--yes', '--no-snapshot', '--confirm-within', '5s'], 3);
  expect({outcome, why}).toMatchObject({outcome: 'rolled back', why: {what: expect.stringContaining(node)}});
  expect(fingerprint()).toEqual(before);
  expect(lab.openTransaction()).toBeUndefined();
  expect(await lab.secrets()).toEqual(values);
});

test("the lecture's own result: aescbc and key1, rewritten and verified", async () => {
  const report = await run('setup', '--provider', 'aescbc', '--key-name', 'key1');
  expect(report).toMatchObject({outcome: 'done', writeKey: {provider: 'aescbc', keyName: 'key1'}});
  expect(await verify()).toMatchObject({ok: true, plaintext: 0, byKey: {'k8s:enc:aescbc:v1:key1:': 20}});
  expect(await lab.secrets()).toEqual(values);
  expect(lab.file(node, MANIFEST)).toContain('--encryption-provider-config=/etc/kubernetes/enc/encryption.yaml');
});

test('a second setup changes nothing; one with another key is refused', async () => {
  const before = fingerprint();
  const journal = lab.file(node, '/etc/kubernetes/kops/journal');
  expect(await lab.report<EncryptionPlan>(['setup', '--dry-run'])).toMatchObject({unchanged: true, files: [], restarts: []});
  const report = await lab.report<EncryptionRun>(['setup']); // and asks nothing
  expect(report).toMatchObject({outcome: 'done', writeKey: {keyName: 'key1'}, proof: {scanned: 20}, snapshot: null});
  expect(fingerprint()).toEqual(before);
  expect(lab.file(node, '/etc/kubernetes/kops/journal')).toEqual(journal);
  const {code, stderr} = await lab.kops(['encrypt-at-rest', 'setup', '--provider', 'secretbox', '--yes']);
  expect({code, stderr}).toMatchObject({code: 2, stderr: expect.stringContaining('kops encrypt-at-rest rotate')});
});

test('a rotation to another provider drops the old key, and archives it', async () => {
  const report = await run('rotate', '--provider', 'secretbox');
  expect(report).toMatchObject({outcome: 'done', retired: [{provider: 'aescbc', keyName: 'key1'}]});
  const {keyName} = report.writeKey;
  expect(await verify()).toMatchObject({ok: true, byKey: {[`k8s:enc:secretbox:v1:${keyName}:`]: 20}});
  expect(lab.file(node, CONFIGURATION)).not.toContain('key1');
  expect(lab.file(node, `/etc/kubernetes/kops/archive/${report.transaction}.yaml`)).toContain('name: key1');
  expect(await lab.secrets()).toEqual(values);
});

test('a key name is never used a second time', async () => {
  const {code, stderr} = await lab.kops(['encrypt-at-rest', 'rotate', '--key-name', 'key1', '--yes']);
  expect({code, stderr}).toMatchObject({code: 2, stderr: expect.stringContaining('the key name key1 was used before')});
});

test('strictly: in the end plaintext can no longer be read', async () => {
  await run('setup', '--strict');
  expect(lab.file(node, CONFIGURATION)).not.toContain('identity');
  expect(await lab.secrets()).toEqual(values);
});

test('back to plaintext: nothing is encrypted, no flag is left, and the keys are archived', async () => {
  const report = await run('disable');
  expect(report).toMatchObject({outcome: 'done'});
  expect(await verify(3)).toMatchObject({encrypted: 0, plaintext: 20});
  expect(lab.file(node, MANIFEST)).not.toContain('encryption-provider-config');
  expect(lab.file(node, CONFIGURATION)).toBeUndefined();
  expect(lab.file(node, `/etc/kubernetes/kops/archive/${report.transaction}.yaml`)).toContain('name: key-');
  expect(await lab.secrets()).toEqual(values);
});

test('a snapshot is whole and private, and is looked into for plaintext; what is none is refused', async () => {
  const report = await lab.report<EncryptionRun>(['setup', '--yes', '--snapshot-file', 'before.db']);
  expect(report).toMatchObject({outcome: 'done'});
  const file = statSync(`${lab.folder()}/before.db`);
  expect(file.mode & 0o777).toBe(0o600);
  expect(file.size % 512).toBe(32);
  const {residue} = await lab.report<EncryptionVerification>(['verify', '--residue', '--snapshot', 'before.db'], 3);
  const found = residue?.files.filter(({kind}) => kind === 'snapshot');
  expect(found).toMatchObject([
    {where: 'before.db', problem: null, keys: expect.arrayContaining([expect.stringContaining('/seed.1')])},
  ]);
  const refused = await lab.kops(['encrypt-at-rest', 'verify', '--residue', '--snapshot', 'kubeconfig']);
  expect(refused).toMatchObject({code: 2, stderr: expect.stringContaining('kubeconfig is not a snapshot of etcd')});
});
