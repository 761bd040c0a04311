import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {ExitCode, Problem} from '../../problem.ts';
import {packageRoot} from '../../root.ts';
import {printable} from '../../text/printable.ts';
import type {Node} from '../node.ts';
import {FileChanged, Unreachable} from '../problems.ts';
import {encodePlan, type GuardPlan, type GuardReport, type GuardState} from './plan.ts';

export type {GuardPlan, GuardReport, GuardState, Swap} from './plan.ts';

/** Milliseconds: for all until the node has swapped, or has put back; between two attempts to reach it again. */
const ENOUGH = 90_000;
const PAUSE = 1_000;
/** Seconds after the guard's own time in which it is still tried to reach it. */
const PATIENCE = 60;

const STATES: readonly string[] = ['armed', 'swapped', 'confirmed', 'reverted', 'refused'];

/**
 * Resolves when the node has swapped: from then on it puts everything back by itself unless `confirm` comes in time, whatever becomes of
 * kops. Rejects, with nothing changed on the node or everything put back, where a file is not what the plan expects (`FileChanged`), where
 * another guard is at work there, or where a file cannot be written. When `signal` aborts, it puts back first what was swapped. A connection
 * that is lost meanwhile is made again.
 */
export async function guardedSwap(node: Node, plan: GuardPlan, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  const report = (await arm(node, plan, signal)) ?? {id: plan.id, state: 'none' as const};
  if (signal.aborted || report.state === 'armed') {
    await ask(node, 'revert', plan.id, AbortSignal.timeout(ENOUGH)).catch(() => {}); // else it does so by itself
    signal.throwIfAborted();
  }
  if (report.id !== plan.id) throw otherGuard(node, report);
  if (report.state !== 'swapped' && report.state !== 'confirmed') throw notSwapped(node, plan, report);
}

/** Not cut short by `signal`: it takes a moment, and only its end tells what there is to undo. */
async function arm(node: Node, plan: GuardPlan, signal: AbortSignal): Promise<GuardReport | undefined> {
  const enough = AbortSignal.timeout(ENOUGH);
  try {
    return await ask(node, 'arm', plan.id, enough, encodePlan(plan, guardScript()));
  } catch (error) {
    if (!enough.aborted && !(error instanceof Unreachable && error.started)) throw error;
    return reattach(node, plan, signal);
  }
}

/**
 * Disarms the guard for good, and removes it. May be repeated. Rejects where it has put everything back already, or where there is no such
 * guard.
 */
export async function confirm(node: Node, id: string, signal: AbortSignal): Promise<void> {
  const report = await ask(node, 'confirm', id, signal);
  if (report?.id === id && report.state === 'confirmed') return;
  const reverted = report?.id === id && report.state === 'reverted';
  throw new Problem(reverted ? `${node.name} has put its files back already` : `there is nothing to confirm on ${node.name}`, {
    why: reverted ? report.why : `no change ${id} waits for that there`,
    exitCode: ExitCode.negative,
  });
}

/**
 * Has the guard put everything back now, but for a file that somebody else wrote meanwhile, and the swaps before that one. Resolves with how
 * it ended: `confirmed` where that came first, `none` where there is no such guard.
 */
export async function revert(node: Node, id: string, signal: AbortSignal): Promise<GuardState> {
  const report = await ask(node, 'revert', id, signal);
  if (report?.id !== id) return 'none';
  if (report.state !== 'swapped' && report.state !== 'armed') return report.state;
  throw new Problem(`${node.name} has not put its files back within a minute`, {
    why: 'its guard does not answer, or cannot write there',
    next: 'look at the processes and the disk of the node; the last good files are below /etc/kubernetes/kops/guard there',
    exitCode: ExitCode.negative,
  });
}

/** The guard on the node, or the last one that was there. One that died is set going again: it puts back what it must. */
export const guardState = (node: Node, signal: AbortSignal): Promise<GuardReport | undefined> => ask(node, 'look', '', signal);

type Verb = 'arm' | 'look' | 'confirm' | 'revert';

async function ask(node: Node, verb: Verb, id: string, signal: AbortSignal, input?: Buffer): Promise<GuardReport | undefined> {
  const {code, stdout, stderr} = await node.run(guardScript(), [verb, node.root, id], input ? {input} : {}, signal);
  if (code !== 0)
    throw new Problem(`the guard on ${node.name} failed`, {
      why: printable(stderr.trim().split('\n').at(-1) ?? '') || `its script ended with ${code}`,
      exitCode: ExitCode.negative,
    });
  return parseReport(stdout.toString('utf8').replaceAll(`${node.root}/`, '/'));
}

/** `ID STATE WHY`, or nothing. */
function parseReport(line: string): GuardReport | undefined {
  const [, id = '', state = '', why = ''] = /^(\S+) (\S+) ?(.*)\n$/.exec(line) ?? [];
  if (id === '') return undefined;
  // While files are being swapped it is as before: nothing is promised of them.
  return {id, state: (STATES.includes(state) ? state : 'armed') as GuardState, ...(why !== '' && {why: printable(why)})};
}

/** After the connection was lost, which the swap itself may have done: the way to the node can lead through the API server. */
async function reattach(node: Node, {confirmWithin}: GuardPlan, signal: AbortSignal): Promise<GuardReport | undefined> {
  const deadline = performance.now() + (confirmWithin + PATIENCE) * 1_000;
  for (;;) {
    try {
      return await guardState(node, signal);
    } catch (error) {
      if (!(error instanceof Unreachable) || performance.now() > deadline) throw error;
      await sleep(PAUSE, undefined, {signal});
    }
  }
}

function otherGuard(node: Node, {id, state}: GuardReport): Problem {
  const working = state === 'armed' || state === 'swapped';
  return new Problem(working ? `another change is under way on ${node.name}` : `${node.name} did not take the change`, {
    why: working ? `the guard ${id} waits there for it to be confirmed` : `the connection was lost before it had all of it`,
    next: 'wait until that has ended, or end it with kops encrypt-at-rest resume or abort',
    exitCode: ExitCode.negative,
  });
}

function notSwapped(node: Node, {swaps}: GuardPlan, {state, why}: GuardReport): Problem {
  const changed = swaps.find(({path}) => why?.startsWith(`${path} was changed`));
  if (changed && state === 'refused') return new FileChanged(node.name, changed.path);
  return new Problem(`${node.name} has not changed its files`, {
    why: why ?? 'its guard did not begin',
    exitCode: ExitCode.negative,
  });
}

let script: string | undefined;
function guardScript(): string {
  script ??= readFileSync(join(packageRoot(), 'src/nodes/guard/guard.sh'), 'utf8');
  return script;
}
