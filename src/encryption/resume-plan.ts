import {type EncryptionAbortPlan, planAbort} from './abort-plan.ts';
import type {Step} from './transaction/departure.ts';
import {isGoingBack} from './transaction/journal.ts';
import {stepsOf, type Work} from './transaction/steps.ts';
import {leadOf, readJournal} from './transaction/store.ts';
import {notDone} from './transaction/transact.ts';

/** What going on with an interrupted change would do, before it is begun. */
export interface EncryptionResumePlan {
  readonly kind: 'EncryptionResumePlan';
  readonly context: string;
  readonly operation: string;
  readonly transaction: string;
  /** In their order. `node` where a step is about one alone. */
  readonly steps: readonly {readonly name: string; readonly node: string | null; readonly title: string}[];
}

/** Reads nodes and cluster, and touches nothing. A change that is on its way back goes on back. `more`: what the journal is still to be told. */
export async function planResume(
  work: Work,
  more: readonly Step[],
  signal: AbortSignal,
): Promise<EncryptionResumePlan | EncryptionAbortPlan> {
  const {plane, transaction, servers} = work;
  const journal = [...(await readJournal(leadOf(transaction, servers).node, transaction.id, signal)), ...more];
  if (isGoingBack(journal)) return planAbort(work, more, signal);
  return {
    kind: 'EncryptionResumePlan',
    context: plane.context,
    operation: transaction.operation,
    transaction: transaction.id,
    steps: notDone(stepsOf(work), journal).map(({name, node = null, title}) => ({name, node, title})),
  };
}
