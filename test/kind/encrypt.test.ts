import {execFileSync} from 'node:child_process';
import {describe, expect, test, vi} from 'vitest';
import type {EncryptionRun} from '../../src/encryption/transaction/transact.ts';
import type {EncryptionVerification} from '../../src/encryption/verify.ts';
import {type EncryptionLab, encryptionLab} from '../support/encryption-lab.ts';
import {images, loadImages} from '../support/images.ts';

// A real API server looks at its configuration once a minute, and a real kubelet takes its time to replace a static pod.
vi.setConfig({testTimeout: 600_000});

const MANIFEST = '/etc/kubernetes/manifests/kube-apiserver.yaml';
const CHANGE = ['--yes', '--no-snapshot'];
const docker = (...args: string[]) => execFileSync('docker', args, {encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe']});

/** Starts a change, and kills it as soon as the journal has begun this step. */
async function killAt(lab: EncryptionLab, step: string, ...words: string[]): Promise<void> {
  const before = new Set(lab.journal().map(({transaction}) => transaction));
  const running = lab.start(['encrypt-at-rest', ...words, ...CHANGE]);
  await vi.waitFor(
    () => {
      const begun = lab.journal().find((entry) => !before.has(entry.transaction) && entry.step === step);
      if (begun === undefined) throw new Error(`it has not come to ${step}:\n${running.output()}`);
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

  test('a node that starts anew before the change was confirmed puts its files back by itself, to the byte', async () => {
    values = await lab.seed(20);
    manifest = lab.file(node, MANIFEST);
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

  test("the lecture's own result, by the lecture's own proof", async () => {
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
    docker(
      'exec',
      node,
      'sh',
      '-c',
      `mkdir -p /tmp/again && cp -r /etc/kubernetes/manifests /tmp/again/ &&
      kubectl --kubeconfig /etc/kubernetes/admin.conf -n kube-system get cm kubeadm-config -o jsonpath='{.data.ClusterConfiguration}' > /tmp/cluster.yaml &&
      kubeadm init phase control-plane apiserver --config /tmp/cluster.yaml --dry-run > /tmp/again.yaml`,
    );
    const again = docker('exec', node, 'cat', '/tmp/again.yaml');
    expect(again).toContain('--encryption-provider-config=/etc/kubernetes/enc/encryption.yaml');
    expect(again).toContain('mountPath: /etc/kubernetes/enc');
  });

  test.each(['read', 'write', 'final'])('killed at %s, a rotation goes on where it was', async (step) => {
    await killAt(lab, step, 'rotate');
    expect(await lab.secrets()).toEqual(values);
    expect(await lab.report<EncryptionRun>(['resume', '--yes'])).toMatchObject({outcome: 'done'});
    expect(await lab.report<EncryptionVerification>(['verify'])).toMatchObject({ok: true});
    expect(await lab.secrets()).toEqual(values);
  });

  test('killed while the flag is taken out, the way back to plaintext goes on, and leaves the manifest as it was at first', async () => {
    await killAt(lab, 'remove', 'disable');
    expect(await lab.report<EncryptionRun>(['resume', '--yes'])).toMatchObject({outcome: 'done'});
    expect(lab.file(node, MANIFEST)).toBe(manifest);
    expect(await lab.report<EncryptionVerification>(['verify'], 3)).toMatchObject({encrypted: 0});
    expect(await lab.secrets()).toEqual(values);
  });

  test('through a privileged pod, which loses its API server in the middle', async () => {
    await loadImages(node.replace(/-control-plane$/, ''), process.env);
    const words = ['setup', ...CHANGE, '--node-access', 'pod', '--node-pod-image', images.shell];
    expect(await lab.report<EncryptionRun>(words)).toMatchObject({outcome: 'done'});
    expect(await lab.report<EncryptionVerification>(['verify'])).toMatchObject({ok: true});
    expect(await lab.secrets()).toEqual(values);
  });
});

describe('three control planes', () => {
  const lab = encryptionLab(3, 'kind');

  test('setup, and a rotation, without a moment in which no server answers', async () => {
    const values = await lab.seed(20);
    let stop = false;
    let outage = 0;
    const client = (async () => {
      let since: number | undefined;
      while (!stop) {
        const answers = await Promise.any(
          lab.nodes.map((_, server) => lab.api(server).send('GET', '/api/v1/namespaces/kops-encryption/secrets/seed.1')),
        ).then(
          () => true,
          () => false,
        );
        if (answers) since = undefined;
        else since ??= Date.now();
        outage = Math.max(outage, since === undefined ? 0 : Date.now() - since);
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
    })();
    expect(await lab.report<EncryptionRun>(['setup', ...CHANGE])).toMatchObject({outcome: 'done'});
    expect(await lab.secrets()).toEqual(values);
    expect(await lab.report<EncryptionRun>(['rotate', ...CHANGE])).toMatchObject({outcome: 'done'});
    stop = true;
    await client;
    expect(outage).toBeLessThan(2_000);
    expect(await lab.secrets()).toEqual(values);
    expect(await lab.report<EncryptionVerification>(['verify'])).toMatchObject({ok: true});
  });
});
