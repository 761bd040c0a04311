import {setTimeout as sleep} from 'node:timers/promises';
import type {V1Node} from '@kubernetes/client-node';
import {Flags, type Interfaces} from '@oclif/core';
import {API_SERVER_MANIFEST, type ControlPlaneNode} from '../encryption/control-plane.ts';
import {CONTROL_PLANE_LABEL, elsewhere} from '../encryption/managed.ts';
import type {Reached} from '../encryption/status.ts';
import type {Cluster} from '../kube/cluster.ts';
import {ApiProblem, ConnectionProblem} from '../kube/errors.ts';
import type {Json} from '../kube/json.ts';
import {objectPath} from '../kube/paths.ts';
import {resources} from '../kube/resources.ts';
import {labNodes} from '../lab/embedded/lab-nodes.ts';
import {foldersOf} from '../lab/folders.ts';
import {type FoundNode, findNode, type Machine, thisMachine} from '../nodes/find.ts';
import type {Node} from '../nodes/node.ts';
import type {PodApi} from '../nodes/pod.ts';
import {ExitCode, Problem} from '../problem.ts';

const helpGroup = 'NODES';

/** How control-plane nodes are reached. */
export const nodeFlags = {
  'node-access': Flags.option({
    helpGroup,
    description: 'how nodes are reached; auto tries them in this order',
    options: ['auto', 'local', 'docker', 'ssh', 'pod'] as const,
    default: 'auto' as const,
  })(),
  'ssh-host': Flags.string({
    helpGroup,
    description: "where ssh goes, with {node} for the node's name; ~/.ssh/config counts",
    helpValue: 'admin@{node}',
  }),
  'control-planes': Flags.string({
    helpGroup,
    description: 'names of the control-plane nodes, separated by commas, for when no API server can tell them',
    helpValue: 'NAME,…',
  }),
  'node-pod-image': Flags.string({
    helpGroup,
    description: 'image of a privileged pod to reach a node with; one with sh and nsenter or chroot',
    helpValue: 'IMAGE',
  }),
};

/** What was said of it; what is left out, was not. */
export type NodeFlags = Partial<Pick<Interfaces.InferredFlags<typeof nodeFlags>, keyof typeof nodeFlags>>;

/** The control-plane nodes, and the way to each. */
export interface FoundNodes {
  /** Sorted by name. */
  readonly nodes: readonly Reached[];
  /** Whether they are simulated by this machine: their loopback addresses are its own. */
  readonly isLab: boolean;
  /** How those are reached of which it is not plain, for people: not this machine itself, nor a container on it. */
  readonly chosen: readonly string[];
}

export interface Finding {
  /**
   * Whether this machine, where it is a control plane, may be taken for the only one if no API server answers. Not where something new begins:
   * a server that is left out goes on writing as before, and drops or keeps other keys than the rest.
   */
  readonly mayGuess?: boolean;
  /** For tests. */
  readonly machine?: Pick<Machine, 'hostname' | 'isControlPlane' | 'kindControlPlanes'>;
}

/**
 * Finds the control-plane nodes and a way to each; one that cannot be reached is among them, with the reason. Where the API server does not
 * answer, as in the middle of a change, those that are known without it. Rejects for a cluster whose control plane is none of the user's.
 */
export async function findControlPlaneNodes(
  cluster: Cluster,
  flags: NodeFlags,
  signal: AbortSignal,
  {mayGuess = false, machine = thisMachine}: Finding = {},
): Promise<FoundNodes> {
  const roots = labRoots(cluster);
  refuseUnused(flags, roots !== undefined);
  const named = flags['control-planes']?.split(',').filter(Boolean);
  const known = async () => {
    const told = named ?? (roots && [...roots.keys()]);
    if (told) return told;
    const ofKind = await machine.kindControlPlanes(new URL(cluster.server), signal);
    return ofKind.length > 0 || !mayGuess || !machine.isControlPlane ? ofKind : [machine.hostname];
  };
  const objects = await controlPlanes(cluster, known, signal);
  const names = objects.map(({metadata}) => metadata?.name ?? '');
  if (named && [...named].sort().join() !== [...names].sort().join()) throw otherNames(named, names);
  const looked = await Promise.allSettled(
    objects.map(async (object): Promise<{reached: Reached; chosen?: string}> => {
      const name = object.metadata?.name ?? '';
      const address = object.status?.addresses?.find(({type}) => type === 'InternalIP')?.address;
      try {
        const {node, chosen} = await reachNode(cluster, name, flags, signal, object);
        const server: ControlPlaneNode = {name, node, manifestPath: API_SERVER_MANIFEST, ...(address && {address})};
        return {reached: {name, server}, ...(isFar(node) && {chosen: `${name}: ${chosen}`})};
      } catch (error) {
        if (error instanceof Problem) return {reached: {name, problem: error}};
        throw error;
      }
    }),
  );
  const found = looked.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  const failed = looked.find((result) => result.status === 'rejected');
  if (failed) {
    await Promise.all(found.map(({reached}) => 'server' in reached && reached.server.node.close()));
    throw failed.reason;
  }
  return {
    nodes: found.map(({reached}) => reached).sort((a, b) => (a.name < b.name ? -1 : 1)),
    isLab: roots !== undefined,
    chosen: found.flatMap(({chosen}) => chosen ?? []),
  };
}

/** What the user says of the way to nodes, and would have no effect, was meant for another cluster, or is a slip. */
function refuseUnused({'node-access': access = 'auto', ...flags}: NodeFlags, isLab: boolean): void {
  for (const [flag, way] of [
    ['ssh-host', 'ssh'],
    ['node-pod-image', 'pod'],
  ] as const) {
    if (flags[flag] === undefined || (!isLab && ['auto', way].includes(access))) continue;
    throw hasNoEffect(`--${flag}`, isLab ? OF_A_LAB : `it is for --node-access ${way}, not for ${access}`);
  }
  if (isLab && access !== 'auto' && access !== 'local') throw hasNoEffect(`--node-access ${access}`, OF_A_LAB);
}

const OF_A_LAB = 'the nodes of an embedded lab are folders of this machine';

const hasNoEffect = (words: string, why: string): Problem =>
  new Problem(`${words} has no effect here`, {why, next: 'leave it out', exitCode: ExitCode.usage});

const otherNames = (named: readonly string[], names: readonly string[]): Problem =>
  new Problem(`--control-planes ${named.join(',')} is not what the cluster says`, {
    why: `its control planes are ${names.join(', ') || 'none'}`,
    next: 'leave it out: it is for when no API server can tell the names',
    exitCode: ExitCode.usage,
  });

const isFar = ({access}: Node): boolean => access === 'ssh' || access === 'pod';

/** The way to one node: to the machine of `object`, or to whatever has that name. Rejects with a Problem that says what was tried. */
export const reachNode = (
  cluster: Cluster,
  name: string,
  flags: NodeFlags,
  signal: AbortSignal,
  object?: Json<V1Node>,
): Promise<FoundNode> => {
  const root = labRoots(cluster)?.get(name);
  const ways = {
    access: flags['node-access'] ?? 'auto',
    root,
    sshHost: flags['ssh-host'],
    api: podApi(cluster),
    podImage: flags['node-pod-image'],
    machineId: object?.status?.nodeInfo?.machineID,
  };
  return findNode(name, ways, signal);
};

/** The same for one that nobody has looked at yet. Where the cluster has its object, the machine must be the one that reports that. */
export async function reachNamed(cluster: Cluster, name: string, flags: NodeFlags, signal: AbortSignal): Promise<FoundNode> {
  return reachNode(cluster, name, flags, signal, await cluster.find('nodes', {name}, signal));
}

/** Whether there is a way to a machine of that name, whether or not the cluster still has the node. None is made by a pod: that needs its kubelet. */
export async function answers(cluster: Cluster, name: string, flags: NodeFlags, signal: AbortSignal): Promise<boolean> {
  if (flags['node-access'] === 'pod') return false;
  const {'node-pod-image': _, ...ways} = flags;
  try {
    await (await reachNode(cluster, name, ways, signal)).node.close();
    return true;
  } catch (error) {
    if (error instanceof Problem) return false;
    throw error;
  }
}

const labRoots = ({server}: Cluster) => labNodes(server, foldersOf(process.env).labs);

/** `known`: their names, for when no API server tells them. */
async function controlPlanes(
  cluster: Cluster,
  known: () => Promise<readonly string[]>,
  signal: AbortSignal,
): Promise<Json<V1Node>[]> {
  let found: Json<V1Node>[];
  try {
    found = await listed(cluster, signal);
  } catch (error) {
    if (!(error instanceof ConnectionProblem)) throw error;
    const names = await known();
    if (names.length > 0) return names.map((name) => ({metadata: {name}}));
    const {message, why, passing} = error;
    throw new ConnectionProblem(message, {
      why: [why, 'only an API server knows all nodes that the control plane runs on'].filter(Boolean).join('\n'),
      next: 'if that server is down, and cannot be mended first: name all of those nodes, --control-planes NAME,NAME',
      passing,
      cause: error,
    });
  }
  const all = found.length > 0 ? found : await cluster.list('nodes', {}, signal, lean);
  const problem = elsewhere(all, cluster.context);
  if (problem) throw problem;
  return found;
}

/** Milliseconds that an API server which has just started may take until it knows who may do what. */
const STARTING = 30_000;

/** An API server that starts refuses everybody for a moment: that is no lack of rights. */
async function listed(cluster: Cluster, signal: AbortSignal): Promise<Json<V1Node>[]> {
  const deadline = performance.now() + STARTING;
  for (;;) {
    try {
      return await cluster.list('nodes', {labelSelector: CONTROL_PLANE_LABEL}, signal);
    } catch (error) {
      const isRefusal = error instanceof ApiProblem && error.status === 403;
      if (!isRefusal || performance.now() > deadline) throw error;
      const {status} = await cluster.api.send({method: 'GET', path: '/readyz'}, signal);
      if (status === 200) return cluster.list('nodes', {labelSelector: CONTROL_PLANE_LABEL}, signal);
      await sleep(500, undefined, {signal});
    }
  }
}

/** As much as tells who runs a cluster: it may have thousands. */
const lean = ({metadata, spec, status}: Json<V1Node>): Json<V1Node> =>
  ({
    metadata: {name: metadata?.name, labels: metadata?.labels},
    spec: {providerID: spec?.providerID},
    status: {nodeInfo: status?.nodeInfo},
  }) as Json<V1Node>;

const podApi = (cluster: Cluster): PodApi => ({
  create: (namespace, pod, signal) => cluster.create('pods', namespace, pod, {}, signal),
  status: async (namespace, name, signal) => (await cluster.find('pods', {namespace, name}, signal))?.status,
  ended: async (namespace, labels, signal) => {
    const labelSelector = Object.entries(labels)
      .map(([key, value]) => `${key}=${value}`)
      .join();
    const fieldSelector = ['Pending', 'Running', 'Unknown'].map((phase) => `status.phase!=${phase}`).join();
    const pods = await cluster.list('pods', {namespace, labelSelector, fieldSelector}, signal);
    return pods.flatMap(({metadata}) => metadata?.name ?? []);
  },
  delete: (namespace, name, signal) => {
    const path = objectPath(resources.pods, {namespace, name}, '', {gracePeriodSeconds: 0});
    return cluster.api.send({method: 'DELETE', path}, signal);
  },
  exec: ({container, ...pod}, command, {input, onStdout, onStderr}, signal) =>
    cluster.exec(pod, container, command, {...(input && {input}), onData: onStdout, onStderr}, signal),
});
