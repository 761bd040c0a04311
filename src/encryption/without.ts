import {readFile} from '../nodes/files.ts';
import {ExitCode, Problem} from '../problem.ts';
import type {ControlPlane} from './control-plane.ts';
import {journalFrom, type Step, withoutNode} from './transaction/departure.ts';
import {appendToJournal} from './transaction/journal.ts';
import {takeLock} from './transaction/lock.ts';
import {observeServers} from './transaction/prepare.ts';
import {ABSENT, type Transaction} from './transaction/record.ts';
import {settleGuard} from './transaction/servers.ts';
import {leadOf, readOpen, writeRecords} from './transaction/store.ts';
import {refuseUnknownServers} from './unknown-servers.ts';

/** An open change that is to go on without a node; nothing is written yet. */
export interface Departure {
  readonly transaction: Transaction;
  /** What the journal on its lead still has to be told, as the nodes are now. */
  readonly journal: readonly Step[];
  /** The node that is left out, and the change as it was with it; undefined where it goes on with all. */
  readonly gone: Gone | undefined;
}

interface Gone {
  readonly name: string;
  readonly transaction: Transaction;
}

/**
 * Decides how an open change goes on, or back, without a control plane that is gone for good. `plane` is the others. Rejects where the cluster
 * says that its kubelet works, or that an API server runs which is none of the others': it would go on writing as before.
 */
export async function planDeparture(
  plane: ControlPlane,
  transaction: Transaction,
  name: string,
  signal: AbortSignal,
): Promise<Departure> {
  const {operation, id, nodes} = transaction;
  const refuse = (why: string, next: string, exitCode: ExitCode = ExitCode.negative) =>
    new Problem(`${operation} ${id} cannot leave ${name} out`, {why, next: `${next}; nothing was changed`, exitCode});
  const others = Object.keys(nodes).filter((node) => node !== name);
  if (nodes[name] === undefined) throw refuse('it is not one of its nodes', `it is about ${others.join(', ')}`, ExitCode.usage);
  if (others.length === 0) throw refuse('it is the only one', 'kops encrypt-at-rest abort, or resume', ExitCode.usage);
  const {status} = (await plane.cluster.find('nodes', {name}, signal)) ?? {};
  if (status?.conditions?.some(({type, status: is}) => type === 'Ready' && is === 'True'))
    throw refuse('the cluster says that it is Ready', 'bring it back within reach, then kops encrypt-at-rest resume');
  const {servers} = await observeServers(plane, signal);
  await refuseUnknownServers(servers, plane.cluster.api, signal, {
    next: 'only one whose API server has ended can be left out; nothing was changed',
    mustTell: true,
  });
  const gone: Gone = {name, transaction};
  return {transaction: withoutNode(transaction, name), journal: await journalWithout(plane, gone, signal), gone};
}

async function journalWithout({nodes}: ControlPlane, {name, transaction}: Gone, signal: AbortSignal): Promise<Step[]> {
  const files = await Promise.all(
    nodes.map(async ({name: own, node, manifestPath}) => ({
      name: own,
      manifest: (await readFile(node, manifestPath, signal))?.sha256 ?? ABSENT,
      configuration: (await readFile(node, transaction.configurationFile, signal))?.sha256 ?? ABSENT,
    })),
  );
  const lost = transaction.lead === name ? journalFrom(transaction, files) : [];
  return [...lost, {step: 'leave out', node: name, state: 'done'}];
}

/**
 * Writes it down on the others: the journal first, so that a record never names a lead which knows less. What still waits there for the
 * confirmation of a run that is gone would be put back later, and the journal would call it done: it is put back before. May be repeated.
 */
export async function leaveOut(plane: ControlPlane, {transaction, gone}: Departure, signal: AbortSignal): Promise<void> {
  if (gone === undefined) return;
  const {node} = leadOf(transaction, plane.nodes);
  const lock = await takeLock(node, signal);
  try {
    if ((await readOpen(plane.nodes, signal))?.id !== transaction.id) {
      throw new Problem(`${transaction.operation} ${transaction.id} is not open any more`, {
        why: 'another kops has ended it in the meantime',
        next: 'kops encrypt-at-rest status',
        exitCode: ExitCode.negative,
      });
    }
    for (const server of plane.nodes) await settleGuard(server.node, signal);
    for (const step of await journalWithout(plane, gone, signal))
      await appendToJournal(node, {transaction: transaction.id, at: new Date().toISOString(), ...step}, lock, signal);
    await writeRecords(transaction, plane.nodes, signal);
  } finally {
    await lock.release();
  }
}
