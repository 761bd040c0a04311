import {readFile, writeFile} from '../nodes/files.ts';
import type {Node} from '../nodes/node.ts';
import {ExitCode, Problem} from '../problem.ts';
import {observeForChange} from './change.ts';
import type {ControlPlane} from './control-plane.ts';

/** What a node got so that an API server can start there. */
export interface EncryptionSync {
  readonly kind: 'EncryptionSync';
  readonly context: string;
  readonly node: string;
  /** The node that it comes from. */
  readonly from: string;
  readonly path: string;
  readonly outcome: 'written' | 'unchanged';
}

/**
 * Gives a node the configuration that all API servers have. kubeadm hands the flag to a control plane that joins, and not the file, without
 * which its API server does not start. Rejects where the node has another file there: its API server may need it.
 */
export async function syncNode(plane: ControlPlane, target: Node, signal: AbortSignal): Promise<EncryptionSync> {
  const others = {...plane, nodes: plane.nodes.filter(({name}) => name !== target.name)};
  const {
    servers,
    states,
    configurationFile: path,
  } = await observeForChange(others, signal, `kops encrypt-at-rest sync ${target.name}`);
  const from = servers[0]?.name ?? '';
  const source = states.get(from)?.configFile;
  if (source === undefined) {
    throw new Problem(`there is no encryption configuration to give to ${target.name}`, {
      why: servers.length === 0 ? 'it is the only control plane' : 'no API server of this cluster has one',
      next: 'kops encrypt-at-rest status',
      exitCode: ExitCode.negative,
    });
  }
  const report = {kind: 'EncryptionSync', context: plane.context, node: target.name, from, path} as const;
  const present = await readFile(target, path, signal);
  if (present?.sha256 === source.sha256) return {...report, outcome: 'unchanged'};
  if (present !== undefined) {
    throw new Problem(`${target.name} has another ${path}`, {
      why: `it is not the one that ${from} has`,
      next: 'compare the two on the nodes; if nothing needs the other one, remove it and try again',
      exitCode: ExitCode.negative,
    });
  }
  await writeFile(target, path, source.content, {mode: '600', directoryMode: '700', expect: 'absent'}, signal);
  return {...report, outcome: 'written'};
}
