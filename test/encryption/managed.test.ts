import {expect, test} from 'vitest';
import {elsewhere} from '../../src/encryption/managed.ts';

const node = ({
  labels = {},
  kubelet = 'v1.37.2',
  providerID = '',
  osImage = 'Debian',
}: {
  labels?: Record<string, string>;
  kubelet?: string;
  providerID?: string;
  osImage?: string;
}) => ({metadata: {labels}, spec: {providerID}, status: {nodeInfo: {kubeletVersion: kubelet, osImage}}}) as never;
const CONTROL_PLANE = {'node-role.kubernetes.io/control-plane': ''};

test.each([
  ['Amazon EKS', {labels: {'eks.amazonaws.com/nodegroup': 'a'}}, 'aws eks associate-encryption-config'],
  ['Amazon EKS', {kubelet: 'v1.33.1-eks-1234'}, 'since Kubernetes 1.28'],
  ['Google GKE', {labels: {'cloud.google.com/gke-nodepool': 'a'}}, 'gcloud container clusters update'],
  ['Azure AKS', {labels: {'kubernetes.azure.com/cluster': 'a'}}, 'az aks update'],
  ['DigitalOcean DOKS', {providerID: 'digitalocean://123'}, 'no setting'],
])('%s is told by its nodes, and its own way is named', (name, facts, way) => {
  const problem = elsewhere([node(facts)], 'prod');
  expect(problem).toMatchObject({
    message: `prod is a cluster of ${name}: nobody but the provider reaches its control plane`,
    next: expect.stringContaining(way),
    exitCode: 5,
  });
});

test.each([
  ['k3s', {labels: {...CONTROL_PLANE}, kubelet: 'v1.33.1+k3s1'}, 'k3s secrets-encrypt'],
  ['RKE2', {labels: {...CONTROL_PLANE}, kubelet: 'v1.33.1+rke2r1'}, 'rke2 secrets-encrypt'],
  ['OpenShift', {labels: {...CONTROL_PLANE, 'node.openshift.io/os_id': 'rhel'}}, 'oc patch apiserver'],
  ['Talos Linux', {labels: {...CONTROL_PLANE}, osImage: 'Talos (v1.9)'}, 'secretboxEncryptionSecret'],
])('%s has control-plane nodes, and a way of its own all the same', (name, facts, way) => {
  expect(elsewhere([node(facts)], 'edge')).toMatchObject({
    message: `edge is a cluster of ${name}, which keeps its encryption by its own means`,
    next: expect.stringContaining(way),
  });
});

test('a provider that nobody knows is refused all the same', () => {
  expect(elsewhere([node({}), node({})], 'x')).toMatchObject({
    message: 'x has no control-plane node',
    why: expect.stringContaining('none of its 2 nodes'),
  });
});

test("a cluster of kubeadm is kops' own matter, on any cloud", () => {
  expect(elsewhere([node({labels: CONTROL_PLANE}), node({providerID: 'digitalocean://1'})], 'x')).toBeUndefined();
  expect(
    elsewhere([node({labels: {...CONTROL_PLANE, 'node.kubernetes.io/instance-type': 't3'}, providerID: 'aws:///a/b'})], 'x'),
  ).toBeUndefined();
});
