import {ExitCode, Problem} from '../../problem.ts';
import type {Progress, Step} from '../../progress.ts';
import {type RetiredKey, retiredKeys} from '../retired.ts';
import {appendToJournal, hasDropped, isGoingBack, isPromoted, type JournalEntry} from './journal.ts';
import {takeLock} from './lock.ts';
import type {Transaction} from './record.ts';
import {rollbackSteps} from './rollback.ts';
import {settleGuard} from './servers.ts';
import {type Proof, stepsOf, type TransactionStep, type Work} from './steps.ts';
import {leadOf, readJournal, readOpen, removeStages, type StageFiles} from './store.ts';

export interface StepReport {
  readonly name: string;
  readonly node: string | null;
  readonly state: 'done' | 'failed' | 'not run';
  readonly seconds: number;
  /** What the step said of itself last. */
  readonly detail: string;
}

/** What came of a change of the encryption: of setup, rotate, disable, resume and abort. */
export interface EncryptionRun {
  readonly kind: 'EncryptionRun';
  readonly context: string;
  readonly operation: Transaction['operation'];
  /** Its id. */
  readonly transaction: string;
  readonly steps: readonly StepReport[];
  /**
   * `done`; `rolled back`: before, or, after a server may have written with the new key, where both are readable; `open`: it stopped half-way
   * and waits for `resume` or `abort`.
   */
  readonly outcome: 'done' | 'rolled back' | 'open';
  readonly writeKey: {readonly provider: string; readonly keyName: string | null};
  /** What older snapshots may need and no server reads any more. */
  readonly retired: readonly RetiredKey[];
  readonly resources: readonly string[];
  readonly configurationFile: string;
  readonly nodes: readonly string[];
  /** The etcd snapshot from before, which somebody should delete in the end; null where there is none. */
  readonly snapshot: string | null;
  /** Of a change that is done; null where nothing was to be rewritten. */
  readonly proof: Proof | null;
  /** Why it was rolled back or is still open; null where it is done. */
  readonly why: {readonly what: string; readonly why: string | null; readonly next: string | null} | null;
}

export interface TransactOptions {
  readonly progress: Progress;
  readonly signal: AbortSignal;
  /** Before the first step, and written down nowhere: what changes nothing. */
  readonly before: readonly Step[];
  /** Puts what the transaction needs on every node; undefined where it is an open one already. */
  readonly save?: (signal: AbortSignal) => Promise<void>;
  /** Makes it an open one, on every node. Harmless where it is. */
  open(signal: AbortSignal): Promise<void>;
  /** `back`: no step forward, only the way back. */
  readonly direction: 'forward' | 'back';
}

/** Of a clean-up that Ctrl-C must not cut short; milliseconds. */
const CLEANUP_TIMEOUT = 10_000;

/**
 * Runs the steps that the journal does not know as done, each written down before and after. A server that does not come up, or cannot read,
 * takes the whole transaction back by itself; anything else that fails leaves it open. Rejects only where it could not even be told what
 * was done: Ctrl-C and failures are outcomes.
 */
export async function transact(work: Work, options: TransactOptions): Promise<EncryptionRun> {
  const {transaction, servers} = work;
  const {progress, signal, before, save, open, direction} = options;
  const lead = leadOf(transaction, servers).node;
  const reports: StepReport[] = [];
  let mayBeOpen = save === undefined;
  const lock = await takeLock(lead, signal);
  try {
    const journal = await readJournal(lead, transaction.id, signal);
    for (const {node} of servers) await settleGuard(node, signal);
    if (direction === 'forward' && !isGoingBack(journal)) {
      await progress.run(before);
      const begin: TransactionStep = {
        name: 'begin',
        title: 'backups and journal',
        onFailure: 'stay',
        async run(_detail, s) {
          await save?.(s);
          mayBeOpen = true;
          await open(s);
        },
      };
      const forward = notDone([begin, ...stepsOf(work)], journal);
      const failure = await attempt(forward);
      if (failure === undefined) return report('done');
      if (failure.step === begin && !(await hasBegun())) return report('rolled back', failure.error);
      if (failure.step.onFailure === 'stay' || signal.aborted) return report('open', failure.error);
      const second = await attempt(wayBack(await readJournal(lead, transaction.id, signal)));
      return second ? report('open', second.error) : report('rolled back', failure.error);
    }
    const failure = await attempt(wayBack(journal));
    return failure ? report('open', failure.error) : report('rolled back');
  } finally {
    await lock.release();
  }

  /** Where it has not, no stage stays: there is a new key in them that nobody will use. */
  async function hasBegun(): Promise<boolean> {
    const s = AbortSignal.timeout(CLEANUP_TIMEOUT);
    // A node that does not tell may have its record.
    const isOpen = mayBeOpen && (await readOpen(servers, s).catch(() => transaction)) !== undefined;
    if (!isOpen) await removeStages(transaction, servers, s).catch(() => {}); // the next change removes them
    return isOpen;
  }

  function wayBack(journal: readonly JournalEntry[]): TransactionStep[] {
    return rollbackSteps(work, {promoted: isPromoted(journal), dropped: hasDropped(journal)});
  }

  /** The first step that failed, and why; undefined where all are done. */
  async function attempt(steps: readonly TransactionStep[]): Promise<{step: TransactionStep; error: unknown} | undefined> {
    let failed: {step: TransactionStep; error: unknown} | undefined;
    const run = steps.map((step) => ({
      title: step.title,
      run: async (detail: (text: string) => void) => {
        const start = Date.now();
        let latest = '';
        const tell = (text: string) => {
          latest = text;
          detail(text);
        };
        const seconds = () => (Date.now() - start) / 1000;
        const base = {name: step.name, node: step.node ?? null};
        try {
          await write(step, 'begun', signal);
          await step.run(tell, signal);
          await write(step, 'done', signal);
          reports.push({...base, state: 'done', seconds: seconds(), detail: latest});
        } catch (error) {
          failed = {step, error};
          reports.push({...base, state: 'failed', seconds: seconds(), detail: latest});
          await write(step, 'failed', AbortSignal.timeout(CLEANUP_TIMEOUT), error).catch(() => {}); // what failed is told anyway
          throw error;
        }
      },
    }));
    try {
      await progress.run(run);
      return undefined;
    } catch (error) {
      if (failed === undefined) throw error;
      return failed;
    }
  }

  async function write(step: TransactionStep, state: JournalEntry['state'], s: AbortSignal, error?: unknown): Promise<void> {
    if (step.name === 'finish' && state === 'done') return; // it is closed
    const entry: JournalEntry = {
      transaction: transaction.id,
      at: new Date().toISOString(),
      step: step.name,
      ...(step.node !== undefined && {node: step.node}),
      state,
      ...(error !== undefined && {why: wordsOf(error)}),
    };
    await appendToJournal(lead, entry, lock, s);
  }

  function report(outcome: EncryptionRun['outcome'], error?: unknown): EncryptionRun {
    const proof = outcome === 'done' ? work.proofs.at(-1) : undefined;
    const run = runOf(work.plane.context, transaction, work.stages, {outcome, steps: reports, proof});
    return {...run, why: error === undefined ? null : whyOf(error, signal)};
  }
}

/** The report of a change, with no word of a failure. */
export function runOf(
  context: string,
  transaction: Transaction,
  {read}: Pick<StageFiles, 'read'>,
  {outcome, steps, proof}: Pick<EncryptionRun, 'outcome' | 'steps'> & {readonly proof: Proof | undefined},
): EncryptionRun {
  const {id, operation, writeKey, retires, resources, configurationFile, nodes, snapshot, rewrite} = transaction;
  return {
    kind: 'EncryptionRun',
    context,
    operation,
    transaction: id,
    steps,
    outcome,
    writeKey: {provider: writeKey.provider, keyName: writeKey.keyName ?? null},
    retired: outcome === 'done' && rewrite ? retiredKeys(retires, read) : [],
    resources,
    configurationFile,
    nodes: Object.keys(nodes),
    snapshot: snapshot ?? null,
    proof: proof ?? null,
    why: null,
  };
}

/**
 * A scan counts only until something is to be dropped on its word: time may have passed since, so it is made again, after it was made sure
 * once more that every server writes as it should. What it finds amiss, rewriting mends.
 */
export function notDone(
  steps: readonly TransactionStep[],
  journal: readonly Pick<JournalEntry, 'step' | 'node' | 'state'>[],
): TransactionStep[] {
  const isDone = ({name, node}: TransactionStep) =>
    journal.some((entry) => entry.state === 'done' && entry.step === name && entry.node === node);
  const drops = steps.some((step) => (step.name === 'final' || step.name === 'remove') && !isDone(step));
  const isProven = steps.some((step) => step.name === 'verify' && isDone(step)) && !drops;
  // A server whose flag is gone reads no configuration any more.
  const writes = drops && !journal.some(({step}) => step === 'remove') ? ['write', 'canary'] : [];
  const proofs = isProven ? [] : ['rewrite', 'verify'];
  return steps.filter((step) => [...writes, ...proofs].includes(step.name) || !isDone(step));
}

function whyOf(error: unknown, signal: AbortSignal): NonNullable<EncryptionRun['why']> {
  if (signal.aborted) return {what: 'interrupted', why: null, next: null};
  if (error instanceof Problem) return {what: error.message, why: error.why ?? null, next: error.next ?? null};
  throw error;
}

/** Of a Problem only: the words of any other error may quote what must stay secret. */
const wordsOf = (error: unknown): string =>
  error instanceof Problem ? [error.message, error.why].filter(Boolean).join(': ') : (error as Error).name;

/** Whether it came to what was asked for: done, or, for abort, back. */
export const isAsAsked = ({outcome, why}: EncryptionRun): boolean => outcome !== 'open' && why === null;

/** 0 as asked; 3 rolled back or stopped half-way by a failure; 130 interrupted is the process's own. */
export const exitCodeOfRun = (run: EncryptionRun): ExitCode => (isAsAsked(run) ? ExitCode.ok : ExitCode.negative);
