import {contextOf} from '../names.ts';
import {type Authority, createAuthority, createKeyPair} from './certificates.ts';
import {kubeconfigFor} from './kubeconfig.ts';
import type {LabRecord} from './record.ts';

const LOOPBACK = ['127.0.0.1', '::1'];
/** The first address of the service range: the `kubernetes` Service. */
const SERVICE_ADDRESS = '10.96.0.1';
const SERVICE_NAMES = [
  'kubernetes',
  'kubernetes.default',
  'kubernetes.default.svc',
  'kubernetes.default.svc.cluster.local',
  'localhost',
];

/** The credentials of a new lab. */
export interface Credentials {
  /** File contents by node and by path on that node: `/etc/kubernetes/pki/ca.crt` … */
  readonly nodes: ReadonlyMap<string, ReadonlyMap<string, string>>;
  /** For the user: one context per API server. */
  readonly admin: string;
  /** For KWOK, with the certificate of the kubelet API it serves. */
  readonly kwok: {readonly kubeconfig: string; readonly certificate: string; readonly key: string};
}

/** Everything `kubeadm init phase certs` and `kubeconfig` would make, on every control plane; `now` in milliseconds. */
export async function createCredentials(record: LabRecord, now: number): Promise<Credentials> {
  const [ca, frontProxyCa, etcdCa, serviceAccount] = await Promise.all([
    createAuthority('kubernetes', now),
    createAuthority('front-proxy-ca', now),
    createAuthority('etcd-ca', now),
    createKeyPair(),
  ]);
  const user = (commonName: string, organisation?: string) =>
    ca.issue({commonName, ...(organisation && {organisation}), usages: ['client']});
  const [admin, kubelet, kubeletServing] = await Promise.all([
    user('kubernetes-admin', 'system:masters'),
    user('kops:kwok', 'system:masters'),
    ca.issue({commonName: 'kwok', usages: ['server'], dnsNames: ['localhost'], addresses: LOOPBACK}),
  ]);
  const url = (index: number) => `https://127.0.0.1:${record.ports.apiServers[index]}`;

  const nodes = new Map<string, Map<string, string>>();
  await Promise.all(
    record.controlPlanes.map(async (node, index) => {
      const files = new Map<string, string>();
      const pki = (name: string, {certificate, key}: {certificate: string; key: string}) =>
        files.set(`/etc/kubernetes/pki/${name}.crt`, certificate).set(`/etc/kubernetes/pki/${name}.key`, key);
      const conf = async (name: string, userName: string, organisation?: string) => {
        const entry = {context: `${userName}@${record.name}`, user: userName, server: url(index)};
        const text = kubeconfigFor([entry], ca.certificate, await user(userName, organisation));
        files.set(`/etc/kubernetes/${name}.conf`, text);
      };
      pki('ca', ca);
      pki('front-proxy-ca', frontProxyCa);
      pki('etcd/ca', etcdCa);
      files.set('/etc/kubernetes/pki/sa.key', serviceAccount.privateKey);
      files.set('/etc/kubernetes/pki/sa.pub', serviceAccount.publicKey);
      await Promise.all([
        issueServing(node, ca, etcdCa, frontProxyCa, pki),
        conf('admin', 'kubernetes-admin', 'system:masters'),
        conf('kubelet', `system:node:${node}`, 'system:nodes'),
        conf('controller-manager', 'system:kube-controller-manager'),
        conf('scheduler', 'system:kube-scheduler'),
      ]);
      nodes.set(node, files);
    }),
  );

  const context = contextOf(record.name);
  return {
    nodes,
    admin: kubeconfigFor(
      record.controlPlanes.map((_, i) => ({
        context: i === 0 ? context : `${context}-${i + 1}`,
        user: context,
        server: url(i),
      })),
      ca.certificate,
      admin,
    ),
    kwok: {
      kubeconfig: kubeconfigFor([{context: 'kwok', user: 'kwok', server: url(0)}], ca.certificate, kubelet),
      ...kubeletServing,
    },
  };
}

async function issueServing(
  node: string,
  ca: Authority,
  etcdCa: Authority,
  frontProxyCa: Authority,
  put: (name: string, pair: {certificate: string; key: string}) => void,
): Promise<void> {
  const etcdNames = {dnsNames: ['localhost', node], addresses: LOOPBACK};
  put(
    'apiserver',
    await ca.issue({
      commonName: 'kube-apiserver',
      usages: ['server'],
      dnsNames: [...SERVICE_NAMES, node],
      addresses: [SERVICE_ADDRESS, ...LOOPBACK],
    }),
  );
  put(
    'apiserver-kubelet-client',
    await ca.issue({commonName: 'kube-apiserver-kubelet-client', organisation: 'system:masters', usages: ['client']}),
  );
  put('front-proxy-client', await frontProxyCa.issue({commonName: 'front-proxy-client', usages: ['client']}));
  put('apiserver-etcd-client', await etcdCa.issue({commonName: 'kube-apiserver-etcd-client', usages: ['client']}));
  put('etcd/server', await etcdCa.issue({commonName: node, usages: ['server', 'client'], ...etcdNames}));
  put('etcd/peer', await etcdCa.issue({commonName: node, usages: ['server', 'client'], ...etcdNames}));
  put('etcd/healthcheck-client', await etcdCa.issue({commonName: 'kube-etcd-healthcheck-client', usages: ['client']}));
}
