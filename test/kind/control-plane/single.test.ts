import {execFileSync} from 'node:child_process';
import {describe, expect, test, vi} from 'vitest';
import {ARCHIVE_FOLDER, CONFIGURATION_FILE} from '../../../src/encryption/transaction/record.ts';
import type {EncryptionRun} from '../../../src/encryption/transaction/transact.ts';
import type {EncryptionVerification} from '../../../src/encryption/verify.ts';
import {encryptionLab} from '../../support/encryption-lab.ts';
import {killEverywhere} from '../../support/killed-changes.ts';
import {startKmsPluginOn} from '../../support/kms-on-node.ts';

// A real API server looks at its configuration once a minute, and a real kubelet takes its time to replace a static pod.
vi.setConfig({testTimeout: 1_200_000});

const MANIFEST = '/etc/kubernetes/manifests/kube-apiserver.yaml';
const docker = (...args: string[]) => execFileSync('docker', args, {encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe']});

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

  test('a rotation that is killed at every step goes on from there, each time', async () => {
    await killEverywhere(lab, 'rotate', values);
    expect(lab.file(node, `${ARCHIVE_FOLDER}/${lab.allJournals().at(-1)?.transaction}.yaml`)).toContain('name: key1');
    expect(lab.file(node, CONFIGURATION_FILE)).not.toContain('name: key1');
  });

  test('and so does the way back to plaintext, which leaves the manifest as it was at first', async () => {
    await killEverywhere(lab, 'disable', values);
    expect(lab.file(node, MANIFEST)).toBe(manifest);
  });

  test('a KMS v2 plugin on the node: the API server in its container finds the socket, and everything is stored under its key', async () => {
    const socket = '/run/kms/plugin.sock';
    await startKmsPluginOn(node, socket);
    const kms = ['--provider', 'kms', '--key-name', 'vault', '--kms-endpoint', `unix://${socket}`];
    const generated = await lab.kops(['encrypt-at-rest', 'generate', ...kms, '--out', 'kms.yaml']);
    expect(generated, generated.stderr).toMatchObject({code: 0});
    const words = ['setup', '--config', 'kms.yaml', '--no-snapshot', '--yes'];
    expect(await lab.report<EncryptionRun>(words)).toMatchObject({
      outcome: 'done',
      writeKey: {provider: 'kms v2', keyName: 'vault'},
    });
    const report = await lab.report<EncryptionVerification>(['verify']);
    expect(report).toMatchObject({ok: true, byKey: {'k8s:enc:kms:v2:vault:': report.scanned}});
    expect(await lab.secrets()).toEqual(values);
  });
});
