import {execFileSync} from 'node:child_process';
import {describe, expect, test, vi} from 'vitest';
import type {EncryptionRun} from '../../../src/encryption/transaction/transact.ts';
import type {EncryptionVerification} from '../../../src/encryption/verify.ts';
import {type EncryptionLab, encryptionLab} from '../../support/encryption-lab.ts';

// A real API server looks at its configuration once a minute, and a real kubelet takes its time to replace a static pod.
vi.setConfig({testTimeout: 1_200_000});

const MANIFEST = '/etc/kubernetes/manifests/kube-apiserver.yaml';
const CHANGE = ['--yes', '--no-snapshot'];
const docker = (...args: string[]) => execFileSync('docker', args, {encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe']});

/** Runs `encrypt-at-rest` with these words, and kills it as soon as its journal has begun this step. */
async function killAt(lab: EncryptionLab, step: string, ...words: string[]): Promise<void> {
  const begins = () => lab.allJournals().filter((entry) => entry.step === step && entry.state === 'begun').length;
  const before = begins();
  const running = lab.start(['encrypt-at-rest', ...words]);
  await vi.waitFor(
    () => {
      if (begins() === before) throw new Error(`it has not come to ${step}:\n${running.output()}`);
    },
    {timeout: 240_000, interval: 50},
  );
  running.process.kill('SIGKILL');
  await running.ended;
}

describe('a control plane of kubeadm', () => {
  const lab = encryptionLab(1, 'kind');
  const [node = ''] = lab.nodes;
  let values: Readonly<Record<string, string>>;
  let manifest: string | undefined;

  test("the lecture's own result, by the lecture's own proof", async () => {
    values = await lab.seed(20);
    manifest = lab.file(node, MANIFEST);
    const words = ['setup', '--provider', 'aescbc', '--key-name', 'key1', '--snapshot-file', 'before.db', '--yes'];
    expect(await lab.report<EncryptionRun>(words)).toMatchObject({outcome: 'done', proof: {scanned: expect.any(Number)}});
    const pki = '/etc/kubernetes/pki/etcd';
    const stored = docker(
      ...[
        'exec',
        node,
        'kubectl',
        '--kubeconfig',
        '/etc/kubernetes/admin.conf',
        '-n',
        'kube-system',
        'exec',
        `etcd-${node}`,
        '--',
      ],
      ...['etcdctl', `--cacert=${pki}/ca.crt`, `--cert=${pki}/server.crt`, `--key=${pki}/server.key`],
      ...['get', '/registry/secrets/kops-encryption/seed.1', '--print-value-only'],
    );
    expect(stored).toContain('k8s:enc:aescbc:v1:key1:');
    expect(await lab.secrets()).toEqual(values);
    const {stdout} = await lab.kops(['encrypt-at-rest', 'verify', 'secret/seed.1', '-n', 'kops-encryption']);
    expect(stdout).toContain('k8s:enc:aescbc');
  });

  test("kubeadm's next manifest keeps the flag", () => {
    const script = `mkdir -p /tmp/again && export KUBECONFIG=/etc/kubernetes/admin.conf KUBEADM_INIT_DRYRUN_DIR=/tmp/again &&
      kubectl -n kube-system get cm kubeadm-config -o jsonpath='{.data.ClusterConfiguration}' > /tmp/cluster.yaml &&
      kubeadm init phase control-plane apiserver --config /tmp/cluster.yaml --dry-run >&2 &&
      find /tmp/again -name kube-apiserver.yaml -exec cat {} +`;
    const again = docker('exec', node, 'sh', '-c', script);
    expect(again).toContain('--encryption-provider-config=/etc/kubernetes/enc/encryption.yaml');
    expect(again).toContain('mountPath: /etc/kubernetes/enc');
  });

  test('killed at every step that touches the node, a rotation goes on where it was, each time', async () => {
    await killAt(lab, 'read', 'rotate', ...CHANGE);
    await killAt(lab, 'write', 'resume', '--yes');
    expect(await lab.secrets()).toEqual(values);
    await killAt(lab, 'final', 'resume', '--yes');
    expect(await lab.report<EncryptionRun>(['resume', '--yes'])).toMatchObject({
      outcome: 'done',
      retired: [{provider: 'aescbc', keyName: 'key1'}],
    });
    expect(await lab.report<EncryptionVerification>(['verify'])).toMatchObject({ok: true});
    expect(await lab.secrets()).toEqual(values);
  });

  test('killed while the flag is taken out, the way back to plaintext goes on, and leaves the manifest as it was at first', async () => {
    await killAt(lab, 'remove', 'disable', ...CHANGE);
    expect(await lab.report<EncryptionRun>(['resume', '--yes'])).toMatchObject({outcome: 'done'});
    expect(lab.file(node, MANIFEST)).toBe(manifest);
    expect(await lab.report<EncryptionVerification>(['verify'], 3)).toMatchObject({encrypted: 0});
    expect(await lab.secrets()).toEqual(values);
  });
});
