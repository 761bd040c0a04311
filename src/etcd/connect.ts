import {Problem} from '../problem.ts';
import type {Etcd} from './etcd.ts';
import {type ContainerFiles, openEtcdctl, type RunEtcdctl} from './etcdctl.ts';
import type {EtcdTls, GrpcEndpoint, GrpcOptions} from './grpc.ts';
import {EtcdProblem} from './problems.ts';
import {directEndpoints, etcdctlConnection, type Place, type Store} from './store.ts';

/** One way to read a store. */
export interface Candidate {
  /** For people: `gRPC`, `etcdctl in pod etcd-a`. */
  readonly via: string;
  /** Opens it and asks once, so that what resolves works. */
  open(signal: AbortSignal): Promise<Etcd>;
}

export interface Attempt {
  readonly via: string;
  readonly problem: Problem;
}

/** A stacked member's static pod. */
export interface EtcdPod {
  readonly namespace: string;
  readonly name: string;
  /** The node's name, which kubeadm also gives to the member. */
  readonly node: string;
  /** Its container's command and arguments. */
  readonly command: readonly string[];
  /** What it advertises: annotation `kubeadm.kubernetes.io/etcd.advertise-client-urls`, or --advertise-client-urls. */
  readonly clientUrls: readonly string[];
}

/** A local port that leads to a pod's. */
export interface Forward {
  readonly port: number;
  close(): Promise<void>;
}

export interface Container {
  readonly run: RunEtcdctl;
  readonly files?: ContainerFiles;
}

/** What there is to reach a store with; each is left out where it is not to be had. */
export interface Ways {
  /** The API server's client certificate for etcd, with etcd's authority. */
  readonly tls?: EtcdTls | undefined;
  readonly pods: readonly EtcdPod[];
  readonly forward?: ((pod: EtcdPod, port: number, signal: AbortSignal) => Promise<Forward>) | undefined;
  /** By the API server's exec. */
  readonly inPod?: ((pod: EtcdPod) => Container) | undefined;
  /** The etcd container of that pod by crictl on its node; undefined where that node cannot be reached. */
  readonly onNode?: ((pod: EtcdPod) => Container | undefined) | undefined;
}

/** In the order in which to try them: the quick ones first. The pods should begin with that of the API server's own node. */
export function candidatesOf(store: Store, place: Place, ways: Ways): Candidate[] {
  const {tls, pods, forward, inPod, onNode} = ways;
  const {prefix} = store;
  const endpoints = directEndpoints(store, place);
  const etcdctl = (pod: EtcdPod, via: string, container: Container | undefined): Candidate[] => {
    if (container === undefined) return [];
    const connection = etcdctlConnection(pod.command);
    return [{via, open: (signal) => openEtcdctl({...container, via, connection, prefix}, signal)}];
  };
  return [
    ...(endpoints.length > 0 ? [{via: 'gRPC', open: (signal: AbortSignal) => openByGrpc({endpoints, tls, prefix}, signal)}] : []),
    ...(forward ? pods.map((pod) => forwarded(pod, pods, forward, {tls, prefix})) : []),
    ...(inPod ? pods.flatMap((pod) => etcdctl(pod, `etcdctl in pod ${pod.name}`, inPod(pod))) : []),
    ...(onNode ? pods.flatMap((pod) => etcdctl(pod, `etcdctl by crictl on node ${pod.node}`, onNode(pod))) : []),
  ];
}

/** Loads gRPC only now: it takes a while, and few commands need it. */
async function openByGrpc(options: GrpcOptions, signal: AbortSignal): Promise<Etcd> {
  const {openGrpc} = await import('./grpc.ts');
  return openGrpc(options, signal);
}

function forwarded(
  first: EtcdPod,
  pods: readonly EtcdPod[],
  forward: NonNullable<Ways['forward']>,
  options: Pick<GrpcOptions, 'tls' | 'prefix'>,
): Candidate {
  const open = async (signal: AbortSignal): Promise<Etcd> => {
    const forwards: Forward[] = [];
    const endpointTo = async (pod: EtcdPod): Promise<GrpcEndpoint> => {
      const {protocol, hostname, port} = new URL(pod.clientUrls[0] ?? 'https://localhost');
      const local = await forward(pod, Number(port || 2379), signal);
      forwards.push(local);
      const serverName = hostname.replace(/^\[(.*)\]$/, '$1');
      return {url: `${protocol}//127.0.0.1:${local.port}`, serverName, via: portForwardTo(pod)};
    };
    const endpointOf: GrpcOptions['endpointOf'] = async ({name, clientUrls}) => {
      const pod = pods.find((other) => other.clientUrls.some((url) => clientUrls.includes(url)));
      const found = pod ?? pods.find(({node}) => node === name);
      return found && endpointTo(found);
    };
    const onClose = async () => void (await Promise.all(forwards.map((one) => one.close())));
    return openByGrpc({...options, endpoints: [await endpointTo(first)], endpointOf, onClose}, signal);
  };
  return {via: portForwardTo(first), open};
}

const portForwardTo = ({name}: EtcdPod): string => `a port-forward to pod ${name}`;

/**
 * Opens the first that works. Rejects with a Problem that says of each why it does not; `onAttempt` hears of those that failed either way.
 */
export async function openEtcd(
  candidates: readonly Candidate[],
  signal: AbortSignal,
  onAttempt: (attempt: Attempt) => void = () => {},
): Promise<Etcd> {
  const failed: Attempt[] = [];
  for (const {via, open} of candidates) {
    try {
      return await open(signal);
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof Problem)) throw error;
      const attempt = {via, problem: error};
      failed.push(attempt);
      onAttempt(attempt);
    }
  }
  throw nothingWorks(failed);
}

function nothingWorks(failed: readonly Attempt[]): EtcdProblem {
  const first = failed[0]?.problem;
  const tried = failed.map(({problem}) => (problem.why === undefined ? problem.message : `${problem.message}: ${problem.why}`));
  return new EtcdProblem('cannot read etcd', {
    kind: first instanceof EtcdProblem ? first.kind : 'unreachable',
    why: tried.length === 0 ? 'there is no way to it from here' : tried.join('\n'),
    next: first?.next ?? 'run kops on a control plane, or give it a way to one: --node-access',
    cause: first,
  });
}
