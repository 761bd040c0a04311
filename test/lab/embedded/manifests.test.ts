import {expect, test} from 'vitest';
import {parse} from 'yaml';
import {decodePod} from '../../../src/lab/embedded/kubelet/manifest.ts';
import {locateWords} from '../../../src/lab/embedded/kubelet/paths.ts';
import {commandOf} from '../../../src/lab/embedded/kubelet/run.ts';
import {manifestsOf} from '../../../src/lab/embedded/manifests.ts';
import {record} from './record.ts';

const [first = '', second = ''] = record.controlPlanes;
const manifests = new Map([...record.controlPlanes].map((node) => [node, manifestsOf(record, node)]));
const manifest = (node: string, name: string): string => manifests.get(node)?.get(`${name}.yaml`) ?? '';

test('the first control plane has all of it, the others an API server on the same etcd', () => {
  expect([...(manifests.get(first)?.keys() ?? [])]).toEqual([
    'etcd.yaml',
    'kube-apiserver.yaml',
    'kube-controller-manager.yaml',
    'kube-scheduler.yaml',
  ]);
  expect([...(manifests.get(second)?.keys() ?? [])]).toEqual(['kube-apiserver.yaml']);
  for (const node of [first, second])
    expect(manifest(node, 'kube-apiserver')).toContain('--etcd-servers=https://127.0.0.1:20001');
});

test('every API server has its own port', () => {
  expect(manifest(first, 'kube-apiserver')).toContain('--secure-port=20007');
  expect(manifest(second, 'kube-apiserver')).toContain('--secure-port=20008');
});

test('a manifest reads as kubeadm writes it: paths of a node, flags in order, a pod of kube-system', () => {
  const pod = parse(manifest(first, 'kube-apiserver'));
  const [{command, name, volumeMounts}] = pod.spec.containers;
  expect(pod).toMatchObject({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {name: 'kube-apiserver', namespace: 'kube-system', labels: {component: 'kube-apiserver', tier: 'control-plane'}},
    spec: {hostNetwork: true, priorityClassName: 'system-node-critical'},
  });
  expect(name).toBe('kube-apiserver');
  expect(command[0]).toBe('kube-apiserver');
  expect(command).toContain('--client-ca-file=/etc/kubernetes/pki/ca.crt');
  expect(command).toContain('--authorization-mode=Node,RBAC');
  expect(command.slice(1)).toEqual([...command.slice(1)].sort());
  expect(volumeMounts).toContainEqual({mountPath: '/etc/kubernetes/pki', name: 'k8s-certs', readOnly: true});
});

test('nothing listens beyond loopback', () => {
  for (const files of manifests.values()) {
    for (const [name, text] of files) {
      if (name === 'etcd.yaml') expect(text).toMatch(/--listen-client-urls=https:\/\/127\.0\.0\.1:20001\n/);
      else expect(text, name).toContain('--bind-address=127.0.0.1');
    }
  }
});

test.each(record.controlPlanes.flatMap((node) => [...manifestsOf(record, node)].map(([file, text]) => ({node, file, text}))))(
  'the kubelet takes $file of $node, and it mounts every file that it names',
  ({node, file, text}) => {
    const pod = decodePod(text, node, file);
    const [container] = pod.containers;
    if (!container) throw new Error('no container');
    const mounts = (container.volumeMounts ?? []).map(({mountPath, name}) => ({
      mountPath,
      source: `/lab/node${pod.volumes.find((volume) => volume.name === name)?.hostPath?.path}`,
    }));
    const {program, args} = commandOf(container);
    expect(`${program}.yaml`).toBe(file);
    const located = locateWords(args, mounts, '/rootfs');
    expect(located.filter((word) => word.includes('/rootfs'))).toEqual([]);
    if (program === 'etcd') {
      expect(located).toContain('--data-dir=/lab/node/var/lib/etcd');
      expect(located).toContain('--advertise-client-urls=https://127.0.0.1:20001');
    }
  },
);
