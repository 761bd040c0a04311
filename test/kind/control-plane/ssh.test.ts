import {execFileSync} from 'node:child_process';
import {afterAll, beforeAll, expect, onTestFinished, test, vi} from 'vitest';
import type {EncryptionRun} from '../../../src/encryption/transaction/transact.ts';
import type {EncryptionVerification} from '../../../src/encryption/verify.ts';
import {addressOf, encryptionLab} from '../../support/encryption-lab.ts';
import {openSsh} from '../../support/sshd.ts';

vi.setConfig({testTimeout: 900_000});

const MANIFEST = '/etc/kubernetes/manifests/kube-apiserver.yaml';
const lab = encryptionLab(1, 'kind');
const [node = ''] = lab.nodes;
let ssh: ReturnType<typeof openSsh>;
let options: {env: Record<string, string>};
let words: string[];
let values: Readonly<Record<string, string>>;

beforeAll(async () => {
  const address = addressOf(node);
  ssh = openSsh(node, address);
  options = {env: {PATH: `${ssh.programs}:${process.env.PATH}`}};
  words = ['--node-access', 'ssh', '--ssh-host', `root@${address}`];
  values = await lab.seed(5);
});
afterAll(() => ssh?.close());

/** What is already connected goes silent too. */
function network(verb: 'cut' | 'mend'): void {
  for (const port of ['22', '6443']) {
    const rule = ['INPUT', '-i', 'eth0', '-p', 'tcp', '--dport', port, '-j', 'DROP'];
    execFileSync('docker', ['exec', node, 'iptables', verb === 'cut' ? '-I' : '-D', ...rule]);
  }
}

test('the network to the node is lost after the edit: the node has its old files back by itself, to the byte', async () => {
  const manifest = lab.file(node, MANIFEST);
  const running = lab.start(['encrypt-at-rest', 'setup', '--yes', '--no-snapshot', '--confirm-within', '40s', ...words], options);
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
