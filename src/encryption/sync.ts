import {type NodeFile, readFile, writeFile} from '../nodes/files.ts';
import type {Node} from '../nodes/node.ts';
import {ExitCode, Problem} from '../problem.ts';
import {spreadArchive} from './archive.ts';
import {observeForChange} from './change.ts';
import {API_SERVER_MANIFEST, type ControlPlane} from './control-plane.ts';
import {CONTROL_PLANE_LABEL} from './managed.ts';
import {takeLock} from './transaction/lock.ts';
import type {Server} from './transaction/servers.ts';

/** What a node got so that an API server can start there. */
export interface EncryptionSync {
  readonly kind: 'EncryptionSync';
  readonly context: string;
  readonly node: string;
  /** The node that it comes from. */
  readonly from: string;
  readonly path: string;
  /** `to write`: a dry run. */
  readonly outcome: 'written' | 'unchanged' | 'to write';
  /** How many archived configurations it got, with keys that older snapshots need and whose names are not used again. */
  readonly archived: number;
}

/**
 * Gives a node the configuration that all API servers have. kubeadm hands the flag to a control plane that joins, and not the file, without
 * which its API server does not start; and what the others have archived. Rejects where the node has another file there, which its API server may
 * need, and where it is a worker, on which the keys have no business.
 */
export async function syncNode(plane: ControlPlane, target: Node, signal: AbortSignal): Promise<EncryptionSync> {
  await refuseWorker(plane, target, signal);
  const others = without(plane, target);
  const {node: lead} = (await sourceFor(others, target, signal)).server;
  // A change that begins now would leave this node with keys that the others are about to drop.
  const lock = await takeLock(lead, signal);
  try {
    const given = await giveTo(target, await sourceFor(others, target, signal), plane.context, signal);
    const archive = await spreadArchive([...others.nodes, {name: target.name, node: target}], signal);
    return {...given, archived: archive.given.filter(({node}) => node === target.name).length};
  } finally {
    await lock.release();
  }
}

/** A control plane that joins may not be in the cluster yet, or has a manifest before it has the label. */
async function refuseWorker({cluster, nodes}: ControlPlane, target: Node, signal: AbortSignal): Promise<void> {
  const {name} = target;
  if (nodes.some((known) => known.name === name)) return;
  const object = await cluster.find('nodes', {name}, signal);
  if (object === undefined || object.metadata?.labels?.[CONTROL_PLANE_LABEL] !== undefined) return;
  if ((await readFile(target, API_SERVER_MANIFEST, signal)) !== undefined) return;
  throw new Problem(`${name} is no control plane`, {
    why: `its node is in the cluster without the label ${CONTROL_PLANE_LABEL}, and it has no ${API_SERVER_MANIFEST}: whoever can read its disk would have the keys`,
    next: 'kubectl get nodes tells the control planes; nothing was changed',
    exitCode: ExitCode.negative,
  });
}

/** What that would do. Rejects as it would. */
export async function planSync(plane: ControlPlane, target: Node, signal: AbortSignal): Promise<EncryptionSync> {
  await refuseWorker(plane, target, signal);
  const source = await sourceFor(without(plane, target), target, signal);
  return {...(await compare(target, source, plane.context, signal)), archived: 0};
}

const without = (plane: ControlPlane, target: Node): ControlPlane => ({
  ...plane,
  nodes: plane.nodes.filter(({name}) => name !== target.name),
});

interface Source {
  /** The first one, which leads every change. */
  readonly server: Server;
  readonly path: string;
  readonly file: NodeFile;
}

async function sourceFor(others: ControlPlane, target: Node, signal: AbortSignal): Promise<Source> {
  const {
    servers,
    states,
    configurationFile: path,
  } = await observeForChange(others, signal, `kops encrypt-at-rest sync ${target.name}`);
  const [server] = servers;
  const file = server && states.get(server.name)?.configFile;
  if (server === undefined || file === undefined) {
    throw new Problem(`there is no encryption configuration to give to ${target.name}`, {
      why: servers.length === 0 ? 'it is the only control plane' : 'no API server of this cluster has one',
      next: 'kops encrypt-at-rest status',
      exitCode: ExitCode.negative,
    });
  }
  return {server, path, file};
}

async function giveTo(
  target: Node,
  source: Source,
  context: string,
  signal: AbortSignal,
): Promise<Omit<EncryptionSync, 'archived'>> {
  const plan = await compare(target, source, context, signal);
  if (plan.outcome === 'unchanged') return plan;
  await writeFile(target, source.path, source.file.content, {mode: '600', directoryMode: '700', expect: 'absent'}, signal);
  return {...plan, outcome: 'written'};
}

async function compare(
  target: Node,
  {server: {name: from}, path, file}: Source,
  context: string,
  signal: AbortSignal,
): Promise<Omit<EncryptionSync, 'archived'>> {
  const report = {kind: 'EncryptionSync', context, node: target.name, from, path} as const;
  const present = await readFile(target, path, signal);
  if (present?.sha256 === file.sha256) return {...report, outcome: 'unchanged'};
  if (present !== undefined) {
    throw new Problem(`${target.name} has another ${path}`, {
      why: `it is not the one that ${from} has`,
      next: 'compare the two on the nodes; if nothing needs the other one, remove it and try again',
      exitCode: ExitCode.negative,
    });
  }
  return {...report, outcome: 'to write'};
}
