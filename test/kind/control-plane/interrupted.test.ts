import {execFileSync} from 'node:child_process';
import {afterAll, beforeAll, describe, expect, onTestFinished, test, vi} from 'vitest';
import {CONFIGURATION_FILE} from '../../../src/encryption/transaction/record.ts';
import type {EncryptionRun} from '../../../src/encryption/transaction/transact.ts';
import type {EncryptionVerification} from '../../../src/encryption/verify.ts';
import {addressOf, encryptionLab} from '../../support/encryption-lab.ts';
import {images, loadImages} from '../../support/images.ts';
import {killAndAbort} from '../../support/killed-changes.ts';
import {openSsh} from '../../support/sshd.ts';

vi.setConfig({testTimeout: 900_000});

const MANIFEST = '/etc/kubernetes/manifests/kube-apiserver.yaml';
const CHANGE = ['--yes', '--no-snapshot'];
const docker = (...args: string[]) => execFileSync('docker', args, {encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe']});

const lab = encryptionLab(1, 'kind');
const [node = ''] = lab.nodes;

let values: Readonly<Record<string, string>>;
let manifest: string | undefined;
beforeAll(async () => {
  manifest = lab.file(node, MANIFEST);
  values = await lab.seed(20);
});

test('a node that starts anew before the change was confirmed puts its files back by itself, to the byte', async () => {
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

/** What is already connected goes silent too. */
function network(verb: 'cut' | 'mend'): void {
  for (const port of ['22', '6443']) {
    const rule = ['INPUT', '-i', 'eth0', '-p', 'tcp', '--dport', port, '-j', 'DROP'];
    execFileSync('docker', ['exec', node, 'iptables', verb === 'cut' ? '-I' : '-D', ...rule]);
  }
}

describe('over ssh', () => {
  let ssh: ReturnType<typeof openSsh>;
  let options: {env: Record<string, string>};
  let words: string[];

  beforeAll(() => {
    const address = addressOf(node);
    ssh = openSsh(node, address);
    options = {env: {PATH: `${ssh.programs}:${process.env.PATH}`}};
    words = ['--node-access', 'ssh', '--ssh-host', `root@${address}`];
  });
  afterAll(() => ssh?.close());

  test('the network to the node is lost after the edit: the node has its old files back by itself, to the byte', async () => {
    const running = lab.start(
      ['encrypt-at-rest', 'setup', '--yes', '--no-snapshot', '--confirm-within', '40s', ...words],
      options,
    );
    await vi.waitFor(() => expect(lab.file(node, MANIFEST)).toContain('--encryption-provider-config='), {
      timeout: 60_000,
      interval: 50,
    });
    network('cut');
    let isCut = true;
    const mend = () => {
      if (isCut) network('mend');
      isCut = false;
    };
    onTestFinished(mend);
    await vi.waitFor(() => expect(lab.file(node, MANIFEST)).toBe(manifest), {timeout: 90_000, interval: 500});
    const {code, stderr} = await running.ended;
    mend();
    expect({code, stderr}).toMatchObject({code: expect.toSatisfy((c) => [3, 5].includes(c))});
    expect(await lab.secrets()).toEqual(values);
    if (lab.openTransaction()) {
      const report = JSON.parse((await lab.kops(['encrypt-at-rest', 'abort', '--yes', '-o', 'json', ...words], options)).stdout);
      expect(report).toMatchObject({outcome: 'rolled back'});
    }
    expect(lab.file(node, MANIFEST)).toBe(manifest);
  });

  test('encryption is set up through ssh', async () => {
    const {code, stdout, stderr} = await lab.kops(
      ['encrypt-at-rest', 'setup', '--yes', '--no-snapshot', '-o', 'json', ...words],
      options,
    );
    expect({code, stderr}).toMatchObject({code: 0});
    expect(JSON.parse(stdout) as EncryptionRun).toMatchObject({outcome: 'done'});
    const verification = await lab.kops(['encrypt-at-rest', 'verify', '-o', 'json', ...words], options);
    expect(JSON.parse(verification.stdout) as EncryptionVerification).toMatchObject({ok: true, plaintext: 0});
    expect(await lab.secrets()).toEqual(values);
  });
});

test('a setup that is killed as the new manifest is in place, and once it writes the new key, can be taken back: itself killed at every step', async () => {
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
