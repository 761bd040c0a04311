import {Flags, type Interfaces} from '@oclif/core';
import {planAbort} from '../encryption/abort-plan.ts';
import {applyChange, type ChangeOptions, type PreparedChange} from '../encryption/change.ts';
import {continueChange, openChange, openWork} from '../encryption/continue.ts';
import type {ControlPlane} from '../encryption/control-plane.ts';
import {whoRuns} from '../encryption/open-transaction.ts';
import {requireSockets} from '../encryption/preflight.ts';
import {planResume} from '../encryption/resume-plan.ts';
import {runbookOf} from '../encryption/runbook.ts';
import {clusterMark, snapshotName} from '../encryption/snapshot-name.ts';
import {atWork} from '../encryption/transaction/lock.ts';
import {type EncryptionRun, exitCodeOfRun} from '../encryption/transaction/transact.ts';
import {proveUnchanged} from '../encryption/unchanged.ts';
import {renderDryRun, renderPlan} from '../encryption/view/plan.ts';
import {renderResumePlan} from '../encryption/view/resume-plan.ts';
import {renderDeparture, renderOpen, renderRun} from '../encryption/view/run.ts';
import {renderRunbook} from '../encryption/view/runbook.ts';
import {type Departure, leaveOut, planDeparture} from '../encryption/without.ts';
import {ExitCode, Problem} from '../problem.ts';
import {parseDuration} from '../text/parse-duration.ts';
import {asDuration, changeFlags, clusterFlags, kubectlScope, outputFlag, yesFlag} from './command.ts';
import {askFirst} from './confirm.ts';
import {EncryptionCommand, nodeFlags} from './encryption.ts';
import {encryptionTools} from './encryption-tools.ts';
import {asKeyName} from './key-name.ts';
import type {OutputFormat} from './output.ts';
import {createProgress} from './progress.ts';

/** Seconds: no API server restarts in less. */
const SHORTEST = 5;

async function asLongEnough(text: string): Promise<string> {
  if ((parseDuration(await asDuration(text)) ?? 0) >= SHORTEST * 1000) return text;
  throw new Error(`Expected at least ${SHORTEST}s, because no API server restarts in less, but received: ${text}`);
}

const confirmFlag = {
  'confirm-within': Flags.string({
    description:
      'a node puts its old files back by itself after this long without word that all is well; 75s more for a file that its server reads while it runs',
    helpValue: '90s',
    default: '90s',
    parse: asLongEnough,
  }),
};

const commonFlags = {...clusterFlags, ...nodeFlags, ...outputFlag, ...yesFlag};

/** Of resume and abort. */
export const continueFlags = {
  ...commonFlags,
  ...changeFlags,
  without: Flags.string({description: 'leave out this control plane, which is gone for good', helpValue: 'NODE'}),
};

/** Of setup, rotate and disable. */
export const encryptionChangeFlags = {
  ...commonFlags,
  ...changeFlags,
  ...confirmFlag,
  'show-commands': Flags.boolean({
    description: 'print the plan as commands to type, for a change ticket or to learn, and do nothing; --runbook is the same',
    aliases: ['runbook'],
  }),
  rewrite: Flags.boolean({
    description: 'whether to rewrite what is stored, and to verify it in etcd',
    allowNo: true,
    default: true,
  }),
  snapshot: Flags.boolean({description: 'whether to save etcd first', allowNo: true, default: true}),
  'snapshot-file': Flags.string({description: 'where to; default: kops-snapshot-TIME-CLUSTER.db here', helpValue: 'FILE'}),
};

export const keyFlags = {
  'key-name': Flags.string({
    description: 'what to call the new key; default: key-DATE-N',
    helpValue: 'NAME',
    parse: asKeyName,
  }),
  strict: Flags.boolean({description: 'in the end, once all is verified, plaintext can no longer be read'}),
};

type ChangeFlags = Interfaces.InferredFlags<typeof encryptionChangeFlags>;
type ContinueFlags = Interfaces.InferredFlags<typeof continueFlags>;

/** A command that changes the encryption of a control plane. */
export abstract class EncryptionChangeCommand extends EncryptionCommand {
  protected override readonly open: 'refuses' | 'needs' = 'refuses';

  /** What the flags say of every change. */
  protected async changeOptions(flags: ChangeFlags & {strict?: boolean}, {cluster}: ControlPlane): Promise<ChangeOptions> {
    if (flags.strict && !flags.rewrite) throw strictNeedsProof();
    const now = new Date();
    const file = async () => flags['snapshot-file'] ?? snapshotName(now, await clusterMark(cluster, this.signal));
    return {
      rewrite: flags.rewrite,
      snapshot: flags.snapshot ? await file() : undefined,
      confirmWithin: Math.ceil((parseDuration(flags['confirm-within']) ?? 0) / 1000),
      now,
    };
  }

  /** Shows the plan, asks, and carries it out; or only the first, or the plan as commands. */
  protected async carryOut(plane: ControlPlane, prepared: PreparedChange, flags: ChangeFlags): Promise<void> {
    const {plan, draft} = prepared;
    if (flags['show-commands']) {
      const {context, etcdPrefix} = plane;
      const scope = {...kubectlScope(flags), namespace: undefined, context};
      const runbook = runbookOf(draft, {context, etcdPrefix, unchanged: plan.unchanged, scope});
      return this.present(runbook, flags.output, renderRunbook);
    }
    await requireSockets(draft, this.signal); // a plan that the preflight would stop is none
    if (flags['dry-run'] !== 'none') return this.present(plan, flags.output, renderDryRun);
    this.tell(`${renderPlan(plan, this.errorScreen)}\n`);
    if (plan.unchanged) return this.end(await proveUnchanged(plane, prepared, this.progress, this.signal), flags.output);
    await askFirst('Go on?', {yes: flags.yes, signal: this.signal});
    this.end(await applyChange(plane, prepared, encryptionTools(plane), this.progress, this.signal), flags.output);
  }

  /** What going on with what was interrupted, or taking it back, would do. */
  private async showOpen(flags: ContinueFlags, direction: 'forward' | 'back'): Promise<void> {
    await this.withOpen(flags, async (plane, {transaction, journal}) => {
      const work = await openWork(plane, transaction, encryptionTools(plane), this.signal);
      const plan = direction === 'forward' ? planResume : planAbort;
      this.present(await plan(work, journal, this.signal), flags.output, renderResumePlan);
    });
  }

  /** Goes on with what was interrupted, or takes it back. */
  protected async goOn(flags: ContinueFlags, direction: 'forward' | 'back'): Promise<void> {
    if (flags['dry-run'] !== 'none') return this.showOpen(flags, direction);
    await this.withOpen(flags, async (plane, departure) => {
      const {transaction} = departure;
      this.tell(`${renderOpen(transaction, plane.context)}\n`);
      if (flags.without) this.tell(`${renderDeparture(flags.without)}\n`);
      await askFirst(direction === 'forward' ? 'Go on with it?' : 'Take it back?', {yes: flags.yes, signal: this.signal});
      await leaveOut(plane, departure, this.signal);
      const tools = encryptionTools(plane);
      this.end(await continueChange(plane, transaction, direction, tools, this.progress, this.signal), flags.output);
    });
  }

  /** What is open; without the node that is to be left out, where there is one. */
  private async withOpen(flags: ContinueFlags, task: (plane: ControlPlane, open: Departure) => Promise<void>): Promise<void> {
    const {without} = flags;
    const run = async (plane: ControlPlane) => {
      const transaction = await openChange(plane, this.signal);
      const running = await whoRuns(transaction, plane.nodes, this.signal);
      if (running) throw atWork(transaction.lead, running);
      const whole = {transaction, journal: [], gone: undefined};
      await task(plane, without === undefined ? whole : await planDeparture(plane, transaction, without, this.signal));
    };
    await this.withControlPlane(flags, run, without);
  }

  private get progress() {
    return createProgress(process.stderr, process.env, this.errorScreen);
  }

  private end(run: EncryptionRun, output: OutputFormat): void {
    this.present(run, output, renderRun);
    if (!this.signal.aborted) this.exit(exitCodeOfRun(run));
  }
}

const strictNeedsProof = (): Problem =>
  new Problem('--strict and --no-rewrite exclude each other', {
    why: 'what is still stored in plaintext could not be read any more',
    next: 'leave one of them out',
    exitCode: ExitCode.usage,
  });
