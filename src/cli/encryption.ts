import {Flags, type Interfaces} from '@oclif/core';
import {API_SERVER_MANIFEST, type ControlPlane, type ControlPlaneNode, observe} from '../encryption/control-plane.ts';
import {hostPathOf} from '../encryption/manifest.ts';
import {candidatesOf, openEtcd} from '../etcd/connect.ts';
import type {Etcd} from '../etcd/etcd.ts';
import {storeOf} from '../etcd/store.ts';
import type {Cluster} from '../kube/cluster.ts';
import {labNodes} from '../lab/embedded/lab-nodes.ts';
import {foldersOf} from '../lab/folders.ts';
import {dockerNode} from '../nodes/docker.ts';
import {readFile} from '../nodes/files.ts';
import {localNode} from '../nodes/local.ts';
import type {Node} from '../nodes/node.ts';
import {ExitCode, Problem} from '../problem.ts';
import {ClusterCommand, clusterFlags} from './command.ts';

/** How control-plane nodes are reached. */
export const nodeFlags = {
  'node-access': Flags.option({
    helpGroup: 'NODES',
    description: 'how control-plane nodes are reached; auto tries them in this order',
    options: ['auto', 'local', 'docker', 'ssh', 'pod'] as const,
    default: 'auto' as const,
  })(),
};

const planeFlags = {...clusterFlags, ...nodeFlags};
export type PlaneFlags = Interfaces.InferredFlags<typeof planeFlags>;

const CONTROL_PLANE = 'node-role.kubernetes.io/control-plane';

/** A command about what is in etcd, and what encrypts it. */
export abstract class EncryptionCommand extends ClusterCommand {
  /** Opens the control plane for a task, and closes what that took. */
  protected async withControlPlane<T>(flags: PlaneFlags, task: (plane: ControlPlane) => Promise<T>): Promise<T> {
    const plane = await openControlPlane(await this.connect(flags), flags, this.signal);
    try {
      return await task(plane);
    } finally {
      await Promise.all([plane.etcd.close(), ...plane.nodes.map(({node}) => node.close())]);
    }
  }
}

/** Finds the control-plane nodes, a way to each, and a way to their etcd. */
export async function openControlPlane(cluster: Cluster, flags: PlaneFlags, signal: AbortSignal): Promise<ControlPlane> {
  const roots = labNodes(cluster.server, foldersOf(process.env).labs);
  const found = await cluster.list('nodes', {labelSelector: CONTROL_PLANE}, signal);
  const nodes = found
    .map((object): ControlPlaneNode => {
      const name = object.metadata?.name ?? '';
      const address = object.status?.addresses?.find(({type}) => type === 'InternalIP')?.address;
      return {name, node: nodeFor(name, roots?.get(name)), manifestPath: API_SERVER_MANIFEST, ...(address && {address})};
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  const [first] = nodes;
  if (first === undefined) {
    throw new Problem('this cluster has no control-plane node that kops could reach', {
      why: 'no node has the label node-role.kubernetes.io/control-plane: a provider runs the control plane',
      next: "turn encryption on by the provider's own means",
      exitCode: ExitCode.noAccess,
    });
  }
  const {etcd, prefix} = await openStore(first, roots !== undefined, signal);
  return {context: cluster.context, nodes, etcd, etcdPrefix: prefix, cluster};
}

const nodeFor = (name: string, root: string | undefined): Node =>
  root === undefined ? dockerNode(name) : localNode(name, {root});

async function openStore(
  server: ControlPlaneNode,
  isLocal: boolean,
  signal: AbortSignal,
): Promise<{readonly etcd: Etcd; readonly prefix: string}> {
  const {node, name, address} = server;
  const {manifest, flags} = await observe(server, signal);
  const store = storeOf(flags, {group: '', resource: 'secrets'}, `the API server on ${name}`);
  const read = async (path: string | undefined): Promise<Buffer | undefined> => {
    const onNode = path === undefined ? undefined : hostPathOf(manifest.content.toString('utf8'), path);
    return onNode === undefined ? undefined : (await readFile(node, onNode, signal))?.content;
  };
  const [ca, cert, key] = await Promise.all([read(store.caFile), read(store.certFile), read(store.keyFile)]);
  const tls = ca && {ca, ...(cert && key && {cert, key})};
  const candidates = candidatesOf(store, {addresses: address ? [address] : [], isLocal, advertised: []}, {tls, pods: []});
  return {etcd: await openEtcd(candidates, signal), prefix: store.prefix};
}
