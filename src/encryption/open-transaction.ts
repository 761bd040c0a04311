import {Problem} from '../problem.ts';
import type {ControlPlaneNode} from './control-plane.ts';
import type {Transaction} from './transaction/record.ts';
import {type OpenRecord, openOf, readJournal, readRecords} from './transaction/store.ts';

/** A change that has begun and not ended: `resume` ends it, `abort` takes it back. */
export interface OpenTransaction {
  readonly id: string;
  readonly operation: Transaction['operation'] | 'unknown';
  /** RFC 3339. */
  readonly startedAt: string | null;
  /** `user@host` */
  readonly startedBy: string | null;
  /** The last step of its journal, and how it went. */
  readonly lastStep: string | null;
  readonly lastState: string | null;
  /** Nodes that have its record. */
  readonly nodes: readonly string[];
}

/** To tell of what is open; undefined where nothing is. What nobody can go on with is told too: `openOf` rejects such. */
export async function findOpenTransaction(
  nodes: readonly ControlPlaneNode[],
  signal: AbortSignal,
): Promise<OpenTransaction | undefined> {
  const records = await readRecords(nodes, signal);
  let open: OpenRecord | undefined;
  try {
    open = openOf(records);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    const unknown = {startedAt: null, startedBy: null, lastStep: null, lastState: null};
    return {id: error.message, operation: 'unknown', ...unknown, nodes: records.map(({name}) => name)};
  }
  return open && described(open, nodes, signal);
}

async function described(
  {transaction: {id, operation, startedAt, startedBy, lead}, nodes: names}: OpenRecord,
  nodes: readonly ControlPlaneNode[],
  signal: AbortSignal,
): Promise<OpenTransaction> {
  const leader = nodes.find(({name}) => name === lead);
  const last = leader && (await readJournal(leader.node, id, signal)).at(-1);
  const step = last && {lastStep: [last.step, last.node && `on ${last.node}`].filter(Boolean).join(' '), lastState: last.state};
  return {id, operation, startedAt, startedBy, ...(step ?? {lastStep: null, lastState: null}), nodes: names};
}
