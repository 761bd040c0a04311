import type {Step} from './transaction/departure.ts';
import {isPromoted} from './transaction/journal.ts';
import {kubeadmBack, wouldEdit} from './transaction/kubeadm.ts';
import {ABSENT} from './transaction/record.ts';
import {formerFiles} from './transaction/rollback.ts';
import type {Server} from './transaction/servers.ts';
import {plannedFor, type Work} from './transaction/steps.ts';
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
    readonly files: readonly {
      readonly path: string;
      readonly change: 'as it was before' | 'as it was before, but for what others edited' | 'all keys readable' | 'removed';
    }[];
    readonly restarts: boolean;
  }[];
  readonly editsKubeadm: boolean;
}

/** Reads nodes and cluster, and touches nothing. Rejects where it could not be taken back, with what is in the way. `more`: what the journal is still to be told. */
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
    editsKubeadm: promoted && (await wouldEdit(plane.cluster, kubeadmBack(transaction, work.sockets), signal)),
  };
}

async function planNode(
  work: Work,
  server: Server,
  promoted: boolean,
  signal: AbortSignal,
): Promise<EncryptionAbortPlan['nodes'][number]> {
  const target = await formerFiles(work, server, promoted, signal);
  const swaps = await plannedFor(work, promoted ? 'retreat' : 'restore', server, target, signal);
  const files = swaps.map(({path, content}) => {
    const isEdited = path === server.manifestPath && content !== target.manifest;
    const restored = isEdited ? 'as it was before, but for what others edited' : 'as it was before';
    return {path, change: content === ABSENT ? 'removed' : promoted ? 'all keys readable' : restored} as const;
  });
  return {node: server.name, files, restarts: files.some(({path}) => path === server.manifestPath)};
}
