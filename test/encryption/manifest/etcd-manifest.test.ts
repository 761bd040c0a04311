import {expect, test} from 'vitest';
import {readEtcdManifest} from '../../../src/encryption/manifest/etcd-manifest.ts';

const manifest = (annotation: string, flags: readonly string[]) => `apiVersion: v1
kind: Pod
metadata:
  name: etcd
  namespace: kube-system
  annotations: {${annotation}}
spec:
  containers:
  - name: etcd
    command: [etcd, ${flags.map((flag) => JSON.stringify(flag)).join(', ')}]
    volumeMounts:
    - {name: etcd-data, mountPath: /var/lib/etcd}
  volumes:
  - {name: etcd-data, hostPath: {path: /mnt/fast/etcd}}
`;

test('a stacked member is known by its manifest: its pod, its addresses, and where its files are on the node', () => {
  const text = manifest('"kubeadm.kubernetes.io/etcd.advertise-client-urls": "https://10.0.0.1:2379"', [
    '--data-dir=/var/lib/etcd/one',
  ]);
  expect(readEtcdManifest(text, 'cp-1')).toEqual({
    namespace: 'kube-system',
    name: 'etcd-cp-1',
    node: 'cp-1',
    command: ['etcd', '--data-dir=/var/lib/etcd/one'],
    clientUrls: ['https://10.0.0.1:2379'],
    dataDir: '/mnt/fast/etcd/one',
  });
});

test('without the annotation of kubeadm, the flag tells the addresses', () => {
  const text = manifest('', ['--advertise-client-urls=https://10.0.0.1:2379,https://a:2379']);
  expect(readEtcdManifest(text, 'cp-1')).toMatchObject({
    clientUrls: ['https://10.0.0.1:2379', 'https://a:2379'],
    dataDir: '/mnt/fast/etcd',
  });
});

test.each(['', 'not: [yaml', '- a list', 'kind: Pod'])('%j is no manifest of etcd', (text) => {
  expect(readEtcdManifest(text, 'cp-1')).toBeUndefined();
});
