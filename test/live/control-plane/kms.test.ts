import {rmSync} from 'node:fs';
import {join} from 'node:path';
import {afterAll, beforeAll, expect, test, vi} from 'vitest';
import {parse} from 'yaml';
import type {EncryptionStatus} from '../../../src/encryption/status.ts';
import type {EncryptionRun} from '../../../src/encryption/transaction/transact.ts';
import type {EncryptionVerification} from '../../../src/encryption/verify.ts';
import {encryptionLab} from '../../support/encryption-lab.ts';
import {type KmsPlugin, staleSocket, startKmsPlugin} from '../../support/kms-plugin.ts';

vi.setConfig({testTimeout: 600_000});

const lab = encryptionLab(1);
const [node = ''] = lab.nodes;
const MANIFEST = '/etc/kubernetes/manifests/kube-apiserver.yaml';
const CONFIGURATION = '/etc/kubernetes/enc/encryption.yaml';
const CHANGE = ['--yes', '--no-snapshot'];
const VAULT = 'k8s:enc:kms:v2:vault:';

let values: Readonly<Record<string, string>>;
let plugin: KmsPlugin;
let before: readonly (string | undefined)[];
const files = () => [lab.file(node, MANIFEST), lab.file(node, CONFIGURATION)];
const socket = () => join(lab.folder(), 'kms.sock');

/** The API server looks at its plugin now and then. */
const untilReady = (ready: boolean) =>
  vi.waitFor(
    async () => {
      const status = await lab.report<EncryptionStatus>(['status'], ready ? 0 : 3);
      if (!ready) expect(status.servers[0]?.problem).toBe('the API server is not ready: kms-providers');
    },
    {timeout: 90_000, interval: 500},
  );

/** As etcd has them. */
const kmsKeys = async () => {
  const {resources} = await lab.report<EncryptionVerification>(['verify']);
  return resources.flatMap(({byKmsKey}) => Object.keys(byKmsKey));
};

beforeAll(async () => {
  values = await lab.seed(20);
  const kms = ['--provider', 'kms', '--key-name', 'vault', '--kms-endpoint', `unix://${socket()}`];
  const {code, stderr} = await lab.kops(['encrypt-at-rest', 'generate', ...kms, '--out', 'kms.yaml']);
  expect({code, stderr}).toMatchObject({code: 0});
  before = files();
});
afterAll(() => plugin?.stop());

test('without its plugin a configuration is refused before anything is touched, and by a dry run too', async () => {
  for (const words of [CHANGE, ['--dry-run']]) {
    const {code, stderr} = await lab.kops(['encrypt-at-rest', 'setup', '--config', 'kms.yaml', ...words]);
    expect({code, stderr}).toMatchObject({code: 3, stderr: expect.stringContaining(`${node} has no KMS plugin at ${socket()}`)});
  }
  expect(files()).toEqual(before);
});

test('with it, everything is stored under the KMS, and the manifest has the folder of its socket', async () => {
  plugin = await startKmsPlugin(socket());
  const report = await lab.report<EncryptionRun>(['setup', '--config', 'kms.yaml', ...CHANGE]);
  expect(report).toMatchObject({outcome: 'done', writeKey: {provider: 'kms v2', keyName: 'vault'}});
  expect(await lab.secrets()).toEqual(values);
  expect(plugin.encrypted()).toBeGreaterThan(0);
  const {spec} = parse(lab.file(node, MANIFEST) ?? '');
  expect(spec.volumes).toContainEqual({name: 'kms', hostPath: {path: lab.folder(), type: 'DirectoryOrCreate'}});
});

test('verify says that it is encrypted, and what it cannot prove', async () => {
  const report = await lab.report<EncryptionVerification>(['verify']);
  expect(report).toMatchObject({ok: true, plaintext: 0, undecryptable: 0, byKey: {[VAULT]: report.scanned}});
  expect(report.unchecked).toBe(report.scanned);
  const {stdout} = await lab.kops(['encrypt-at-rest', 'verify']);
  expect(stdout).toContain(`all ${report.scanned} values are encrypted in etcd\n`);
  expect(stdout.replaceAll(/\s+/g, ' ')).toContain('only its plugin can open them, so that was not tried');
});

test('a second setup changes nothing', async () => {
  const encrypted = files();
  expect(await lab.report<EncryptionRun>(['setup', '--config', 'kms.yaml', ...CHANGE])).toMatchObject({outcome: 'done'});
  expect(files()).toEqual(encrypted);
});

test('its key is rotated in the KMS; then a rewrite brings everything under the new one, which etcd shows', async () => {
  const {code, stderr} = await lab.kops(['encrypt-at-rest', 'rotate', ...CHANGE]);
  expect({code, stderr}).toMatchObject({code: 2, stderr: expect.stringContaining('kops encrypt-at-rest rewrite')});
  expect(await kmsKeys()).toEqual([`${VAULT}${plugin.keyId}`]);
  plugin.rotate();
  const path = '/api/v1/namespaces/default/secrets';
  await lab.api().send('POST', path, {metadata: {name: 'probe'}});
  await vi.waitFor(
    async () => {
      await lab.api().send('PUT', `${path}/probe`, {metadata: {name: 'probe'}, stringData: {at: `${Date.now()}`}});
      expect(await kmsKeys()).toHaveLength(2);
    },
    {timeout: 120_000, interval: 1_000},
  );
  expect(await lab.kops(['encrypt-at-rest', 'rewrite', '--yes'])).toMatchObject({code: 0});
  expect(await kmsKeys()).toEqual([`${VAULT}${plugin.keyId}`]);
  await lab.api().send('DELETE', `${path}/probe`);
  expect(await lab.secrets()).toEqual(values);
});

test('without its plugin no change begins, and nothing is touched, whether its socket is gone or was left behind', async () => {
  const encrypted = files();
  const refusals = async (why: string) => {
    for (const words of [['disable'], ['rotate', '--provider', 'secretbox']]) {
      const {code, stderr} = await lab.kops(['encrypt-at-rest', ...words, ...CHANGE]);
      const told = stderr.replaceAll(/\s+/g, ' '); // lines are broken for a narrow screen
      expect({code, told}).toMatchObject({code: 3, told: expect.stringContaining(why)});
    }
  };
  plugin.stop();
  await refusals(`${node} has no KMS plugin at ${socket()}`);
  staleSocket(socket());
  await untilReady(false);
  await refusals('it is not ready: kms-providers: the KMS plugin does not answer it');
  expect(files()).toEqual(encrypted);
  expect(lab.openTransaction()).toBeUndefined();
  rmSync(socket());
  await plugin.start();
  await untilReady(true);
});

test('from the KMS to a key on the nodes, and the KMS is needed no more', async () => {
  const report = await lab.report<EncryptionRun>(['rotate', '--provider', 'secretbox', ...CHANGE]);
  expect(report).toMatchObject({outcome: 'done', retired: [{provider: 'kms v2', keyName: 'vault'}]});
  plugin.stop();
  expect(await lab.report<EncryptionVerification>(['verify'])).toMatchObject({ok: true, unchecked: 0});
  expect(await lab.secrets()).toEqual(values);
});

test('from a key on the nodes to a KMS, and from there back to plaintext: nothing of it is left', async () => {
  await plugin.start();
  const toKms = ['rotate', '--provider', 'kms', '--key-name', 'vault-2', '--kms-endpoint', `unix://${socket()}`];
  const rotated = await lab.report<EncryptionRun>([...toKms, ...CHANGE]);
  expect(rotated).toMatchObject({
    outcome: 'done',
    writeKey: {provider: 'kms v2', keyName: 'vault-2'},
    retired: [{provider: 'secretbox'}],
  });
  const verified = await lab.report<EncryptionVerification>(['verify']);
  expect(verified).toMatchObject({ok: true, byKey: {'k8s:enc:kms:v2:vault-2:': verified.scanned}});
  expect(await lab.secrets()).toEqual(values);
  expect(await lab.report<EncryptionRun>(['disable', ...CHANGE])).toMatchObject({outcome: 'done'});
  plugin.stop();
  expect(await lab.report<EncryptionVerification>(['verify'], 3)).toMatchObject({encrypted: 0});
  expect(files()).toEqual(before);
  expect(await lab.secrets()).toEqual(values);
});
