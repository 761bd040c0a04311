import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterAll, beforeAll, expect, test, vi} from 'vitest';
import {parse} from 'yaml';
import type {EncryptionStatus} from '../../src/encryption/status.ts';
import type {EncryptionRun} from '../../src/encryption/transaction/transact.ts';
import type {EncryptionVerification} from '../../src/encryption/verify.ts';
import {encryptionLab} from '../support/encryption-lab.ts';
import {type KmsPlugin, startKmsPlugin} from '../support/kms-plugin.ts';

vi.setConfig({testTimeout: 300_000});

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

beforeAll(async () => {
  values = await lab.seed(20);
  const kms = ['--provider', 'kms', '--key-name', 'vault', '--kms-endpoint', `unix://${socket()}`];
  const {code, stderr} = await lab.kops(['encrypt-at-rest', 'generate', ...kms, '--out', 'kms.yaml']);
  expect({code, stderr}).toMatchObject({code: 0});
  before = files();
});
afterAll(() => plugin?.stop());

test('without its plugin a configuration is refused before anything is touched', async () => {
  const {code, stderr} = await lab.kops(['encrypt-at-rest', 'setup', '--config', 'kms.yaml', ...CHANGE]);
  expect({code, stderr}).toMatchObject({code: 3, stderr: expect.stringContaining(`${node} has no KMS plugin at ${socket()}`)});
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
  expect(stdout).toContain('only its plugin can open them, so that was not tried');
});

test('a second setup changes nothing', async () => {
  const encrypted = files();
  expect(await lab.report<EncryptionRun>(['setup', '--config', 'kms.yaml', ...CHANGE])).toMatchObject({outcome: 'done'});
  expect(files()).toEqual(encrypted);
});

test('its key is rotated in the KMS; then a rewrite brings everything under the new one', async () => {
  const {code, stderr} = await lab.kops(['encrypt-at-rest', 'rotate', ...CHANGE]);
  expect({code, stderr}).toMatchObject({code: 2, stderr: expect.stringContaining('kops encrypt-at-rest rewrite')});
});

test('while the plugin is gone no change begins, and nothing is touched', async () => {
  const encrypted = files();
  plugin.stop();
  for (const words of [['disable'], ['rotate', '--provider', 'secretbox']]) {
    const {code, stderr} = await lab.kops(['encrypt-at-rest', ...words, ...CHANGE]);
    expect({code, stderr}).toMatchObject({code: 3, stderr: expect.stringContaining('has no KMS plugin')});
  }
  await untilReady(false);
  expect(files()).toEqual(encrypted);
  expect(lab.openTransaction()).toBeUndefined();
  await plugin.start();
  await untilReady(true);
});

test('back to plaintext: nothing of the KMS is left', async () => {
  expect(await lab.report<EncryptionRun>(['disable', ...CHANGE])).toMatchObject({outcome: 'done'});
  expect(await lab.secrets()).toEqual(values);
  expect(await lab.report<EncryptionVerification>(['verify'], 3)).toMatchObject({encrypted: 0});
  expect(readFileSync(lab.path(node, MANIFEST), 'latin1')).toBe(before[0]);
  plugin.stop();
  expect(await lab.secrets()).toEqual(values);
});
