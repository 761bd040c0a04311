import {type NodeFile, readFile, writeFile} from '../nodes/files.ts';
import type {Node} from '../nodes/node.ts';
import {ExitCode, Problem} from '../problem.ts';
import {observeForChange} from './change.ts';
import type {ControlPlane} from './control-plane.ts';
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
}

/**
 * Gives a node the configuration that all API servers have. kubeadm hands the flag to a control plane that joins, and not the file, without
 * which its API server does not start. Rejects where the node has another file there: its API server may need it.
 */
export async function syncNode(plane: ControlPlane, target: Node, signal: AbortSignal): Promise<EncryptionSync> {
  const others = without(plane, target);
  const {node: lead} = (await sourceFor(others, target, signal)).server;
  // A change that begins now would leave this node with keys that the others are about to drop.
  const lock = await takeLock(lead, signal);
  try {
    return await giveTo(target, await sourceFor(others, target, signal), plane.context, signal);
  } finally {
    await lock.release();
  }
}

/** What that would do. Rejects as it would. */
export const planSync = async (plane: ControlPlane, target: Node, signal: AbortSignal): Promise<EncryptionSync> =>
  compare(target, await sourceFor(without(plane, target), target, signal), plane.context, signal);

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

async function giveTo(target: Node, source: Source, context: string, signal: AbortSignal): Promise<EncryptionSync> {
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
): Promise<EncryptionSync> {
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
