import {readFile} from '../nodes/files.ts';
import type {Step} from './transaction/departure.ts';
import {isPromoted} from './transaction/journal.ts';
import {wouldEdit} from './transaction/kubeadm.ts';
import {ABSENT} from './transaction/record.ts';
import {formerFiles, kubeadmBack} from './transaction/rollback.ts';
import type {Server} from './transaction/servers.ts';
import type {Work} from './transaction/steps.ts';
import {leadOf, readJournal} from './transaction/store.ts';

/** What taking back an interrupted change would do, before it is begun. */
export interface EncryptionAbortPlan {
  readonly kind: 'EncryptionAbortPlan';
  readonly context: string;
  readonly operation: string;
  readonly transaction: string;
  /** Whether a server may have written with the new key: then no file becomes what it was, and every key stays readable. */
  readonly promoted: boolean;
  readonly nodes: readonly {
    readonly node: string;
    /** Those that change. */
    readonly files: readonly {readonly path: string; readonly change: 'as it was before' | 'all keys readable' | 'removed'}[];
    readonly restarts: boolean;
  }[];
  readonly editsKubeadm: boolean;
}

/** Reads nodes and cluster, and touches nothing. `more`: what the journal is still to be told. */
export async function planAbort(work: Work, more: readonly Step[], signal: AbortSignal): Promise<EncryptionAbortPlan> {
  const {plane, transaction, servers} = work;
  const lead = leadOf(transaction, servers).node;
  const promoted = isPromoted([...(await readJournal(lead, transaction.id, signal)), ...more]);
  return {
    kind: 'EncryptionAbortPlan',
    context: plane.context,
    operation: transaction.operation,
    transaction: transaction.id,
    promoted,
    nodes: await Promise.all(servers.map((server) => planNode(work, server, promoted, signal))),
    editsKubeadm: await wouldEdit(plane.cluster, kubeadmBack(work, promoted), signal),
  };
}

async function planNode(
  work: Work,
  server: Server,
  promoted: boolean,
  signal: AbortSignal,
): Promise<EncryptionAbortPlan['nodes'][number]> {
  const {manifest, configuration} = await formerFiles(work, server, promoted, signal);
  const files: EncryptionAbortPlan['nodes'][number]['files'][number][] = [];
  for (const [path, wanted] of [
    [server.manifestPath, manifest],
    [work.transaction.configurationFile, configuration],
  ] as const) {
    if (wanted === undefined) continue;
    const present = (await readFile(server.node, path, signal))?.content;
    const isSame = wanted === ABSENT ? present === undefined : (present?.equals(wanted) ?? false);
    if (isSame) continue;
    files.push({path, change: wanted === ABSENT ? 'removed' : promoted ? 'all keys readable' : 'as it was before'});
  }
  return {node: server.name, files, restarts: files.some(({path}) => path === server.manifestPath)};
}
