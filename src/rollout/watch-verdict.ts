import {SETTLED_MS} from '../pods/trouble.ts';
import {ExitCode} from '../problem.ts';
import {assess} from './assess.ts';
import {diagnose} from './diagnose.ts';
import type {Situation} from './situation.ts';
import type {Cause, RolloutStatus} from './status.ts';
import {doomOf, statusOf} from './verdict.ts';
import {unsettledUntil} from './watch-settle.ts';
import type {Workload} from './workload.ts';

/** When a watch ends. */
export interface Rules {
  /** Whether a rollout that will not finish ends the watch, or only its deadline and the timeout do. */
  readonly failFast: boolean;
  /** Milliseconds; undefined: none. */
  readonly timeout: number | undefined;
  /** The one revision that is judged; a newer one supersedes it. */
  readonly revision: number | undefined;
}

export type Ending = 'healthy' | 'failed' | 'superseded' | 'deleted';

/** Which clock ran out: ours, or the Deployment's own. */
export type Clock = 'timeout' | 'progressDeadlineSeconds';

/** What is carried from one look at a workload to the next. Times are epoch milliseconds. */
export interface Memory {
  readonly uid?: string | undefined;
  /** Since when, without a break, the rollout has looked lost. */
  readonly lostSince?: number | undefined;
  /** Since when, without a break, it has been healthy. */
  readonly healthySince?: number | undefined;
  readonly goneSince?: number | undefined;
}

export interface Judgement {
  readonly status: RolloutStatus;
  /** Undefined while it goes on. */
  readonly ending: Ending | undefined;
  readonly clock: Clock | undefined;
  /** When time alone may change the verdict; epoch milliseconds. */
  readonly lookAgainAt: number | undefined;
  readonly memory: Memory;
}

/**
 * A rollout that looks lost must go on looking so for this long: kubelet passes through states that are doom if they last, and a
 * Deployment that is changed again shows its old deadline for a moment (kubernetes#49637).
 */
export const CONFIRM_MS = 2000;
/** How long a workload that was deleted may take to be made anew: `kubectl replace --force`, Helm. */
export const RETURN_MS = 10_000;

/** Judges one look at a workload that is there. */
export function judge(situation: Situation, memory: Memory, rules: Rules, now: number, notes: readonly string[] = []): Judgement {
  const uid = situation.workload.metadata?.uid;
  const assessment = assess(situation, now);
  const {revision} = assessment;
  const going = {clock: undefined, lookAgainAt: undefined, memory: {uid}};

  if (rules.revision !== undefined && revision !== rules.revision) {
    if (revision !== null && revision > rules.revision) {
      const message = `revision ${rules.revision} was superseded by revision ${revision}`;
      return {...going, status: statusOf(situation, {...assessment, phase: 'failed', message}, []), ending: 'superseded'};
    }
    const message = `waiting for revision ${rules.revision}${revision === null ? '' : `; the current one is ${revision}`}`;
    return {...going, status: statusOf(situation, {...assessment, phase: 'progressing', message}, []), ending: undefined};
  }
  if (assessment.phase === 'healthy') {
    const healthySince = (memory.uid === uid ? memory.healthySince : undefined) ?? now;
    const until = unsettledUntil(situation, healthySince, now);
    const held = {...going, memory: {uid, healthySince}};
    if (until === undefined) return {...held, status: statusOf(situation, assessment, [], {notes}), ending: 'healthy'};
    const message = `${assessment.message}, started a moment ago`;
    const status = statusOf(situation, {...assessment, phase: 'progressing', message}, [], {notes});
    return {...held, status, ending: undefined, lookAgainAt: until};
  }

  const causes = diagnose(situation, now);
  const expired = assessment.phase === 'failed' && situation.workload.metadata?.deletionTimestamp === undefined;
  if (!expired && doomOf(situation, causes) === undefined) {
    const status = statusOf(situation, assessment, causes, {notes});
    return {...going, status, ending: undefined, lookAgainAt: settlingUntil(causes, now)};
  }
  const lostSince = (memory.uid === uid ? memory.lostSince : undefined) ?? now;
  const lost = now - lostSince >= CONFIRM_MS;
  const told = expired && !lost ? {...assessment, phase: 'progressing' as const} : assessment;
  return {
    status: statusOf(situation, told, causes, {notes, lost}),
    ending: lost && (expired || rules.failFast) ? 'failed' : undefined,
    clock: expired && lost ? 'progressDeadlineSeconds' : undefined,
    lookAgainAt: lost ? undefined : lostSince + CONFIRM_MS,
    memory: {uid, lostSince},
  };
}

/** When the first of the causes that are too young to be doom may have become it. */
function settlingUntil(causes: readonly Cause[], now: number): number | undefined {
  const times = causes.map(({since}) => Date.parse(since ?? '') + SETTLED_MS).filter((time) => time > now);
  return times.length > 0 ? Math.min(...times) : undefined;
}

/** Judges a look at a workload that was there and is no more; `last` is what it was like. Once it had time to return no rule waits on. */
export function judgeGone(last: RolloutStatus, memory: Memory, now: number): Judgement {
  const goneSince = memory.goneSince ?? now;
  const given = goneSince + RETURN_MS;
  const isOver = now >= given;
  const verdict = isOver
    ? ({phase: 'failed', message: 'was deleted'} as const)
    : ({phase: 'progressing', message: 'was deleted; waiting for it to be made anew'} as const);
  const counts = {revision: null, desired: 0, updated: 0, ready: 0, available: 0, terminating: null};
  return {
    status: {...last, ...counts, ...verdict, previous: undefined, causes: []},
    ending: isOver ? 'deleted' : undefined,
    clock: undefined,
    lookAgainAt: isOver ? undefined : given,
    memory: {...memory, lostSince: undefined, goneSince},
  };
}

/** When the controller will give up on a Deployment that makes no progress; epoch milliseconds. Source: DeploymentTimedOut. */
export function deadlineOf(workload: Workload): number | undefined {
  if (workload.kind !== 'Deployment' || workload.spec?.paused) return undefined;
  const seconds = workload.spec?.progressDeadlineSeconds ?? 600;
  const progressing = workload.status?.conditions?.find(({type}) => type === 'Progressing');
  if (seconds >= NO_DEADLINE || progressing === undefined || ENDED.has(progressing.reason ?? '')) return undefined;
  const since = Date.parse(progressing.lastUpdateTime ?? '');
  return Number.isNaN(since) ? undefined : since + seconds * 1000;
}

/** math.MaxInt32: the API's way to say none. */
const NO_DEADLINE = 2 ** 31 - 1;
const ENDED = new Set(['NewReplicaSetAvailable', 'ProgressDeadlineExceeded']);

export type Conclusion = {readonly outcome: 'healthy' | 'failed' | 'timed out'; readonly exitCode: 0 | 3 | 4};

/** Whether a watch over these is at its end. */
export function conclude(judgements: readonly Judgement[], rules: Rules, startedAt: number, now: number): Conclusion | undefined {
  const failed = judgements.some(({ending}) => ending !== undefined && ending !== 'healthy');
  const ended = judgements.every(({ending}) => ending !== undefined);
  if (failed && (ended || rules.failFast)) return {outcome: 'failed', exitCode: ExitCode.negative};
  if (ended) return {outcome: 'healthy', exitCode: ExitCode.ok};
  if (rules.timeout !== undefined && now >= startedAt + rules.timeout)
    return {outcome: 'timed out', exitCode: ExitCode.unfinished};
  return undefined;
}
