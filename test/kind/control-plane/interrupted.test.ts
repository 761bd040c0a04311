import {execFileSync} from 'node:child_process';
import {beforeAll, expect, test, vi} from 'vitest';
import {CONFIGURATION_FILE} from '../../../src/encryption/transaction/record.ts';
import type {EncryptionRun} from '../../../src/encryption/transaction/transact.ts';
import type {EncryptionVerification} from '../../../src/encryption/verify.ts';
import {encryptionLab} from '../../support/encryption-lab.ts';
import {images, loadImages} from '../../support/images.ts';
import {killAndAbort} from '../../support/killed-changes.ts';

vi.setConfig({testTimeout: 600_000});

const MANIFEST = '/etc/kubernetes/manifests/kube-apiserver.yaml';
const CHANGE = ['--yes', '--no-snapshot'];
const docker = (...args: string[]) => execFileSync('docker', args, {encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe']});

const lab = encryptionLab(1, 'kind');
const [node = ''] = lab.nodes;

let values: Readonly<Record<string, string>>;
beforeAll(async () => {
  values = await lab.seed(20);
});

test('a node that starts anew before the change was confirmed puts its files back by itself, to the byte', async () => {
  const manifest = lab.file(node, MANIFEST);
  const running = lab.start(['encrypt-at-rest', 'setup', '--confirm-within', '60s', ...CHANGE]);
  await vi.waitFor(() => expect(lab.file(node, MANIFEST)).toContain('--encryption-provider-config='), {
    timeout: 60_000,
    interval: 100,
  });
  running.process.kill('SIGKILL');
  docker('restart', node);
  await vi.waitFor(() => expect(lab.file(node, MANIFEST)).toBe(manifest), {timeout: 180_000, interval: 500});
  await vi.waitFor(async () => expect(await lab.secrets()).toEqual(values), {timeout: 120_000, interval: 1_000});
  expect(await lab.report<EncryptionRun>(['abort', '--yes'])).toMatchObject({outcome: 'rolled back'});
  expect(docker('exec', node, 'ls', '/etc/systemd/system')).not.toContain('kops-guard');
});

test('a setup that is killed as the new manifest is in place, and once it writes the new key, can be taken back: itself killed at every step', async () => {
  const manifest = lab.file(node, MANIFEST);
  await killAndAbort(lab, 'setup', `enable ${node} swapped`, values);
  expect(lab.file(node, MANIFEST)).toBe(manifest);
  await killAndAbort(lab, 'setup', 'rewrite ', values);
  expect(lab.file(node, CONFIGURATION_FILE)).toMatch(/providers:\s*- identity/);
});

test('through a privileged pod, which loses its API server in the middle', async () => {
  await loadImages(node.replace(/-control-plane$/, ''), process.env);
  const words = ['setup', ...CHANGE, '--node-access', 'pod', '--node-pod-image', images.shell];
  expect(await lab.report<EncryptionRun>(words)).toMatchObject({outcome: 'done'});
  expect(await lab.report<EncryptionVerification>(['verify'])).toMatchObject({ok: true});
  expect(await lab.secrets()).toEqual(values);
});
