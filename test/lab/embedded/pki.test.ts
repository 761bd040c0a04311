import {createPrivateKey, createPublicKey, sign, verify, X509Certificate} from 'node:crypto';
import {expect, test} from 'vitest';
import {parse} from 'yaml';
import {createCredentials} from '../../../src/lab/embedded/pki.ts';
import {record} from './record.ts';

const NOW = Date.parse('2026-11-23T10:00:00Z');
const credentials = await createCredentials(record, NOW);
const file = (node: string, path: string): string => credentials.nodes.get(node)?.get(path) ?? `no ${path} on ${node}`;
const [first = '', second = ''] = record.controlPlanes;
const pki = (name: string, node = first) => new X509Certificate(file(node, `/etc/kubernetes/pki/${name}.crt`));

test('a control plane has the files that kubeadm puts there', () => {
  const names = [...(credentials.nodes.get(second)?.keys() ?? [])].map((path) => path.replace('/etc/kubernetes/', ''));
  expect(names.sort()).toEqual([
    'admin.conf',
    'controller-manager.conf',
    'kubelet.conf',
    'pki/apiserver-etcd-client.crt',
    'pki/apiserver-etcd-client.key',
    'pki/apiserver-kubelet-client.crt',
    'pki/apiserver-kubelet-client.key',
    'pki/apiserver.crt',
    'pki/apiserver.key',
    'pki/ca.crt',
    'pki/ca.key',
    'pki/etcd/ca.crt',
    'pki/etcd/ca.key',
    'pki/etcd/healthcheck-client.crt',
    'pki/etcd/healthcheck-client.key',
    'pki/etcd/peer.crt',
    'pki/etcd/peer.key',
    'pki/etcd/server.crt',
    'pki/etcd/server.key',
    'pki/front-proxy-ca.crt',
    'pki/front-proxy-ca.key',
    'pki/front-proxy-client.crt',
    'pki/front-proxy-client.key',
    'pki/sa.key',
    'pki/sa.pub',
    'scheduler.conf',
  ]);
});

test.each([['ca.crt', 'ca.key', 'front-proxy-ca.crt', 'etcd/ca.crt', 'sa.key', 'sa.pub']])(
  'authorities and the service account key are the same on every control plane',
  (...names) => {
    for (const name of names)
      expect(file(second, `/etc/kubernetes/pki/${name}`)).toBe(file(first, `/etc/kubernetes/pki/${name}`));
  },
);

const SERVER = '1.3.6.1.5.5.7.3.1';
const CLIENT = '1.3.6.1.5.5.7.3.2';

test.each([
  ['apiserver', 'ca', 'CN=kube-apiserver', [SERVER]],
  ['apiserver-kubelet-client', 'ca', 'O=system:masters\nCN=kube-apiserver-kubelet-client', [CLIENT]],
  ['front-proxy-client', 'front-proxy-ca', 'CN=front-proxy-client', [CLIENT]],
  ['apiserver-etcd-client', 'etcd/ca', 'CN=kube-apiserver-etcd-client', [CLIENT]],
  ['etcd/server', 'etcd/ca', 'CN=x-control-plane', [SERVER, CLIENT]],
  ['etcd/peer', 'etcd/ca', 'CN=x-control-plane', [SERVER, CLIENT]],
  ['etcd/healthcheck-client', 'etcd/ca', 'CN=kube-etcd-healthcheck-client', [CLIENT]],
])('%s is signed by %s, names its bearer and says what it is for', (name, authority, subject, usages) => {
  const [certificate, issuer] = [pki(name), pki(authority)];
  expect(certificate.verify(issuer.publicKey)).toBe(true);
  expect(certificate.checkIssued(issuer)).toBe(true);
  expect(certificate.ca).toBe(false);
  expect(certificate.subject).toBe(subject);
  expect(certificate.keyUsage?.sort()).toEqual([...usages].sort());
  expect(certificate.checkPrivateKey(createPrivateKey(file(first, `/etc/kubernetes/pki/${name}.key`)))).toBe(true);
});

test('an authority is one, and valid from just before now for ten years', () => {
  const authority = pki('ca');
  expect(authority.ca).toBe(true);
  expect(authority.subject).toBe('CN=kubernetes');
  expect([Date.parse(authority.validFrom), Date.parse(authority.validTo)]).toEqual([
    NOW - 5 * 60_000,
    Date.parse('2036-11-23T10:00:00Z'),
  ]);
});

test('the API server is found under every name that clients use', () => {
  const certificate = pki('apiserver', second);
  for (const name of ['kubernetes.default.svc', 'kubernetes.default.svc.cluster.local', 'localhost', second]) {
    expect(certificate.checkHost(name), name).toBe(name);
  }
  for (const address of ['127.0.0.1', '10.96.0.1', '::1']) expect(certificate.checkIP(address), address).toBe(address);
  expect(certificate.checkHost('example.com')).toBeUndefined();
});

test('no two certificates have the same serial number or key', () => {
  const all = [...credentials.nodes].flatMap(([, files]) => [...files]).filter(([path]) => path.endsWith('.crt'));
  const distinct = new Map(all.map(([, pem]) => [pem, new X509Certificate(pem)]));
  expect(new Set([...distinct.values()].map((c) => c.serialNumber)).size).toBe(distinct.size);
  expect(new Set([...distinct.values()].map((c) => c.publicKey.export({type: 'spki', format: 'pem'}))).size).toBe(distinct.size);
});

test('service account tokens that sa.key signs sa.pub verifies', () => {
  const signature = sign('sha256', Buffer.from('token'), createPrivateKey(file(first, '/etc/kubernetes/pki/sa.key')));
  const key = createPublicKey(file(first, '/etc/kubernetes/pki/sa.pub'));
  expect(verify('sha256', Buffer.from('token'), key, signature)).toBe(true);
});

test.each([
  ['admin.conf', 'O=system:masters\nCN=kubernetes-admin'],
  ['controller-manager.conf', 'CN=system:kube-controller-manager'],
  ['scheduler.conf', 'CN=system:kube-scheduler'],
])('%s of a control plane talks to its own API server as %s', (name, subject) => {
  const config = parse(file(second, `/etc/kubernetes/${name}`));
  const {server, 'certificate-authority-data': authority} = config.clusters[0].cluster;
  expect(server).toBe('https://127.0.0.1:20008');
  expect(Buffer.from(authority, 'base64').toString()).toBe(file(second, '/etc/kubernetes/pki/ca.crt'));
  const certificate = new X509Certificate(Buffer.from(config.users[0].user['client-certificate-data'], 'base64'));
  expect(certificate.subject).toBe(subject);
  expect(certificate.verify(pki('ca').publicKey)).toBe(true);
});

test("the user's kubeconfig has a context per API server, the first one current", () => {
  const {contexts, clusters, 'current-context': current} = parse(credentials.admin);
  expect(current).toBe('kops-x');
  expect(contexts.map((c: {name: string}) => c.name)).toEqual(['kops-x', 'kops-x-2']);
  expect(clusters.map((c: {cluster: {server: string}}) => c.cluster.server)).toEqual([
    'https://127.0.0.1:20007',
    'https://127.0.0.1:20008',
  ]);
});
