import {ExitCode, Problem} from '../problem.ts';
import type {ControlPlaneNode} from './control-plane.ts';
import {holderWords, type LockHolder, readLock, WAIT} from './transaction/lock.ts';
import type {Transaction} from './transaction/record.ts';
import {type OpenRecord, openOf, readJournal, readOpen, readRecords} from './transaction/store.ts';

/** What to do about a change that was interrupted. */
export const RESUME_OR_ABORT = 'kops encrypt-at-rest resume, or back: kops encrypt-at-rest abort';

/** What to do next while a change is open, in the place of what would be next without it: that is what the change itself is about. */
export function nextWhile(open: OpenTransaction | undefined, next: string | null): string | null {
  if (open === undefined || next === null) return next;
  return open.runningBy ? 'a change is running: look again once it has ended' : RESUME_OR_ABORT;
}

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
  /** The kops that is at work on it now; null where it was interrupted, as far as its lead can tell. */
  readonly runningBy: LockHolder | null;
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
    const unknown = {startedAt: null, startedBy: null, lastStep: null, lastState: null, runningBy: null};
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
  const runningBy = (await whoRuns({lead}, nodes, signal)) ?? null;
  const step = last && {lastStep: [last.step, last.node && `on ${last.node}`].filter(Boolean).join(' '), lastState: last.state};
  return {id, operation, startedAt, startedBy, ...(step ?? {lastStep: null, lastState: null}), runningBy, nodes: names};
}

/** The kops that is at work on a transaction now; undefined where none is, and where its lead is out of reach. */
export async function whoRuns(
  {lead}: Pick<Transaction, 'lead'>,
  nodes: readonly ControlPlaneNode[],
  signal: AbortSignal,
): Promise<LockHolder | undefined> {
  const leader = nodes.find(({name}) => name === lead);
  return leader && readLock(leader.node, signal);
}

/** Rejects where a change is open. Needs the nodes alone: neither an API server nor etcd. `command`: what to give again then. */
export async function refuseOpen(nodes: readonly ControlPlaneNode[], signal: AbortSignal, command?: string): Promise<void> {
  const open = await readOpen(nodes, signal);
  if (open === undefined) return;
  const running = await whoRuns(open, nodes, signal);
  const then = command ? `; then ${command}` : '';
  const state = running
    ? {
        is: 'running now',
        why: holderWords(running),
        next: `${WAIT}${then}`,
      }
    : {
        is: 'open',
        why: `${open.startedBy} began it at ${open.startedAt}, and no kops is at work on it now: it was interrupted`,
        next: `${RESUME_OR_ABORT}${then}`,
      };
  throw new Problem(`a change of the encryption is ${state.is}: ${open.operation} ${open.id}`, {
    why: state.why,
    next: state.next,
    exitCode: ExitCode.negative,
  });
}
