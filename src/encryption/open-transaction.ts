import {readFile} from '../nodes/files.ts';
import {Problem} from '../problem.ts';
import type {ControlPlaneNode} from './control-plane.ts';
import {parseJournal} from './transaction/journal.ts';
import {JOURNAL_FILE, parseTransaction, RECORD_FILE, type Transaction} from './transaction/record.ts';

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

/**
 * Reads the transaction records of these nodes, to tell of them; undefined where there is none. One that it cannot make out is told too:
 * what goes on with a transaction reads it by `readTransaction`, which rejects such a one.
 */
export async function findOpenTransaction(
  nodes: readonly ControlPlaneNode[],
  signal: AbortSignal,
): Promise<OpenTransaction | undefined> {
  const files = await Promise.all(
    nodes.map(async (server) => ({server, file: await readFile(server.node, RECORD_FILE, signal)})),
  );
  const present = files.flatMap(({server, file}) => (file ? [{server, content: file.content}] : []));
  const [first] = present;
  if (first === undefined) return undefined;
  const where = `${RECORD_FILE} on ${first.server.name}`;
  const names = present.map(({server}) => server.name);
  let transaction: Transaction;
  try {
    transaction = parseTransaction(first.content, where);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    const unknown = {startedAt: null, startedBy: null, lastStep: null, lastState: null};
    return {id: where, operation: 'unknown', ...unknown, nodes: names};
  }
  const {id, operation, startedAt, startedBy, lead} = transaction;
  const leader = nodes.find(({name}) => name === lead);
  const journal = leader && (await readFile(leader.node, JOURNAL_FILE, signal));
  const last = journal && parseJournal(journal.content, id).at(-1);
  const step = last && {lastStep: [last.step, last.node && `on ${last.node}`].filter(Boolean).join(' '), lastState: last.state};
  return {id, operation, startedAt, startedBy, ...(step ?? {lastStep: null, lastState: null}), nodes: names};
}
