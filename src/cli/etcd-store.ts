import type {ControlPlaneNode, ServerState} from '../encryption/control-plane.ts';
import {hostPathOf} from '../encryption/manifest/manifest.ts';
import {COPY, type MemberOnNode, stackedMembers} from '../encryption/stacked-etcd.ts';
import type {Keyspace} from '../encryption/stored/etcd-path.ts';
import {type Candidate, type Container, candidatesOf, type EtcdPod, openEtcd} from '../etcd/connect.ts';
import type {Etcd} from '../etcd/etcd.ts';
import {storeOf} from '../etcd/store.ts';
import type {Cluster} from '../kube/cluster.ts';
import {readFile, removeFile} from '../nodes/files.ts';
import type {Node} from '../nodes/node.ts';
import {ExitCode, Problem} from '../problem.ts';

export interface StoreSources {
  readonly cluster: Cluster;
  /** Whose flags say where the store is. */
  readonly server: ControlPlaneNode;
  readonly state: ServerState;
  readonly servers: readonly ControlPlaneNode[];
  /** The nodes' loopback addresses are this machine's. */
  readonly isLab: boolean;
}

/** Opens the store of the cluster's Secrets by the first way that works. */
export async function openStore(sources: StoreSources, signal: AbortSignal): Promise<Keyspace & {readonly etcd: Etcd}> {
  const {candidates, ...keyspace} = await waysToStore(sources, signal);
  return {etcd: await openEtcd(candidates, signal), ...keyspace};
}

/** gRPC, a port-forward, etcdctl in its pod, etcdctl through the node: as far as there are such ways. */
export async function waysToStore(
  {cluster, server, state, servers, isLab}: StoreSources,
  signal: AbortSignal,
): Promise<Keyspace & {readonly candidates: readonly Candidate[]}> {
  const {node, name, address} = server;
  const store = storeOf(state.flags, {group: '', resource: 'secrets'}, `the API server on ${name}`);
  const manifest = state.manifest.content.toString('utf8');
  const read = async (path: string | undefined): Promise<Buffer | undefined> => {
    const onNode = path === undefined ? undefined : hostPathOf(manifest, path);
    return onNode === undefined ? undefined : (await readFile(node, onNode, signal))?.content;
  };
  const [ca, cert, key] = await Promise.all([read(store.caFile), read(store.certFile), read(store.keyFile)]);
  const members = await stackedMembers(servers, signal);
  const pods = members.map(({member}) => member).sort((a, b) => Number(b.node === name) - Number(a.node === name));
  const nodeOf = (pod: EtcdPod) => members.find(({member}) => member.name === pod.name)?.node;
  const place = {
    addresses: address ? [address] : [],
    isLocal: isLab || node.access === 'local',
    advertised: pods.flatMap(({clientUrls}) => clientUrls),
  };
  const candidates = candidatesOf(store, place, {
    tls: ca && {ca, ...(cert && key && {cert, key})},
    pods: isLab ? [] : pods,
    forward: (pod, port, aborted) => cluster.portForward(pod, port, aborted),
    inPod: (pod) => ({run: inPod(cluster, pod), ...filesOn(nodeOf(pod), pod, members)}),
    onNode: (pod) => {
      const own = nodeOf(pod);
      return own && {run: onNode(own), ...filesOn(own, pod, members)};
    },
  });
  const elsewhere = store.elsewhere.map(({group, resource}) => (group === '' ? resource : `${resource}.${group}`));
  return {candidates, etcdPrefix: store.prefix === '/' ? '' : store.prefix, elsewhere};
}

const inPod =
  (cluster: Cluster, pod: EtcdPod): Container['run'] =>
  async (command, onData, signal) => {
    const {code, stderr} = await cluster.exec(pod, 'etcd', command, {onData}, signal);
    return {code, stderr};
  };

/** `ps` lists what runs. A name is a regular expression for the real crictl, and only a part of it or itself for others. */
const CRICTL = `id=$(crictl ps --name '^etcd$' -q | head -n 1)
[ -n "$id" ] || id=$(crictl ps --name etcd -q | head -n 1)
[ -n "$id" ] || { echo 'no container of etcd runs here' >&2; exit 1; }
exec crictl exec "$id" "$@"`;

const onNode =
  (node: Node): Container['run'] =>
  async (command, onData, signal) => {
    const {code, stderr} = await node.run(CRICTL, command, {onData}, signal);
    return {code, stderr};
  };

/** Files that etcdctl writes come out through the node: etcd's image has no program that could print one. */
function filesOn(node: Node | undefined, pod: EtcdPod, members: readonly MemberOnNode[]): Pick<Container, 'files'> {
  const dataDir = members.find(({member}) => member.name === pod.name)?.member.dataDir;
  if (node === undefined || dataDir === undefined) return {};
  const path = `${dataDir}/${COPY}`;
  return {
    files: {
      path,
      async read(file, onChunk, signal) {
        const {code} = await node.run('cat -- "$1"', [`${node.root}${file}`], {onData: onChunk}, signal);
        if (code !== 0) throw new Problem(`${file} on ${node.name} cannot be read`, {exitCode: ExitCode.noAccess});
      },
      remove: (file) => removeFile(node, file, {}, AbortSignal.timeout(10_000)),
    },
  };
}
