import {type KubectlScope, kubectl, quoted} from '../text/kubectl.ts';
import {etcdPathOf} from './stored/etcd-path.ts';

const PKI = '/etc/kubernetes/pki/etcd';
const CERTIFICATES = `--cacert=${PKI}/ca.crt --cert=${PKI}/server.crt --key=${PKI}/server.key`;
/** The prefix that API servers have by default; what another one is, only their manifests tell. */
const PREFIX = '/registry';

/** etcdctl in the pod of a stacked member, as far as its verb. */
export function inEtcdPod(node: string, scope: KubectlScope): string {
  const inPod = kubectl(['exec', `etcd-${node}`], {...scope, namespace: 'kube-system', allNamespaces: undefined});
  return `${inPod} -- etcdctl ${CERTIFICATES}`;
}

/** NODE is for the reader to fill in. */
const etcdctl = (words: string, scope: KubectlScope): string => `${inEtcdPod('NODE', scope)} ${words}`;

/** How many values begin with which prefix; of one Secret its bytes. */
export function verifyCommands(secret: string | undefined, resources: readonly string[], scope: KubectlScope): string[] {
  if (secret !== undefined) return inspectCommands(`${PREFIX}/secrets/${scope.namespace ?? 'default'}/${secret}`, scope);
  const count = String.raw`grep -aoE '^(k8s:enc:[a-z]+:v[0-9]+:[^:]+:|k8s|\{)' | sort | uniq -c`;
  return resources.map(
    (resource) => `${etcdctl(`get ${quoted(etcdPathOf(resource, PREFIX))} --prefix --print-value-only`, scope)} | ${count}`,
  );
}

export const inspectCommands = (key: string, scope: KubectlScope): string[] => [
  `${etcdctl(`get ${quoted(key)} --print-value-only`, scope)} | hexdump -C`,
];

export const scrubCommands = (scope: KubectlScope): string[] => [
  `REVISION=$(${etcdctl('endpoint status --write-out=json', scope)} | grep -o '"revision":[0-9]*' | cut -d: -f2)`,
  etcdctl('compact "$REVISION" --physical', scope),
  `${etcdctl('defrag', scope)}   # of each member, one at a time, the leader last`,
];

export function statusCommands(scope: KubectlScope): string[] {
  const anywhere = {...scope, namespace: undefined, allNamespaces: undefined};
  return [
    'grep -- --encryption-provider-config /etc/kubernetes/manifests/kube-apiserver.yaml   # on each control plane',
    'sha256sum /etc/kubernetes/enc/encryption.yaml   # the file that the flag names',
    `${kubectl(['get', '--raw', '/metrics', '--server', 'https://NODE:6443'], anywhere)} | grep '^apiserver_encryption_config_controller_last_config_info'`,
  ];
}
