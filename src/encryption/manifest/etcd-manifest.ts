import type {V1Pod} from '@kubernetes/client-node';
import {parse} from 'yaml';
import type {Json} from '../../kube/json.ts';

/** Where kubeadm puts the static pod of a stacked member. */
export const ETCD_MANIFEST = '/etc/kubernetes/manifests/etcd.yaml';

/** A member of etcd that runs on a control-plane node. */
export interface StackedMember {
  readonly namespace: string;
  /** Of the pod that the cluster sees: `etcd-control-plane`. */
  readonly name: string;
  readonly node: string;
  /** Its container's command and arguments. */
  readonly command: readonly string[];
  readonly clientUrls: readonly string[];
  /** On the node. */
  readonly dataDir: string;
}

const URLS = 'kubeadm.kubernetes.io/etcd.advertise-client-urls';

/** What a node's etcd.yaml says; undefined where it is no manifest of etcd. */
export function readEtcdManifest(text: string, node: string): StackedMember | undefined {
  const {metadata, spec} = parsePod(text) ?? {};
  const container = spec?.containers?.find(({name, command}) => name === 'etcd' || command?.[0] === 'etcd');
  if (container === undefined) return undefined;
  const command = [...(container.command ?? []), ...(container.args ?? [])];
  const flag = (name: string) => command.find((word) => word.startsWith(`--${name}=`))?.slice(name.length + 3);
  const urls = metadata?.annotations?.[URLS] ?? flag('advertise-client-urls') ?? '';
  const inContainer = flag('data-dir') ?? '/var/lib/etcd';
  const mount = container.volumeMounts?.find(
    ({mountPath}) => inContainer === mountPath || inContainer.startsWith(`${mountPath}/`),
  );
  const source = spec?.volumes?.find(({name}) => name === mount?.name)?.hostPath?.path;
  return {
    namespace: metadata?.namespace ?? 'kube-system',
    name: `${metadata?.name ?? 'etcd'}-${node}`,
    node,
    command,
    clientUrls: urls.split(',').filter((url) => url !== ''),
    dataDir: source === undefined || mount === undefined ? inContainer : `${source}${inContainer.slice(mount.mountPath.length)}`,
  };
}

function parsePod(text: string): Partial<Json<V1Pod>> | undefined {
  try {
    const pod: unknown = parse(text);
    return typeof pod === 'object' && pod !== null ? pod : undefined;
  } catch {
    return undefined; // what is broken there keeps etcd from starting, and is not for kops to mend
  }
}
