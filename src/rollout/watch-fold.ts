import {assess} from './assess.ts';
import type {Target} from './collect.ts';
import {type Surroundings, situationsOf} from './collect-owned.ts';
import type {Situation} from './situation.ts';
import type {RolloutStatus} from './status.ts';
import {
  type Clock,
  type Conclusion,
  conclude,
  deadlineOf,
  type Ending,
  type Judgement,
  judge,
  judgeGone,
  type Memory,
  type Rules,
} from './watch-verdict.ts';
import {refOf, type Workload, type WorkloadRef, workloadWords} from './workload.ts';

/** One workload in a picture. */
export interface Watched {
  /** Undefined while the workload is deleted. */
  readonly situation: Situation | undefined;
  readonly status: RolloutStatus;
  /** How its watch ended; undefined while it goes on. */
  readonly ending: Ending | undefined;
  readonly clock: Clock | undefined;
  /** When its controller gives up; epoch milliseconds. */
  readonly deadline: number | undefined;
}

export interface Folded {
  /** In the order they were named, else in which they were first seen unhealthy. */
  readonly watched: readonly Watched[];
  /** Workloads of a query that have been healthy all along. */
  readonly resting: number;
  readonly conclusion: Conclusion | undefined;
  /** When time alone may change something; epoch milliseconds. */
  readonly lookAgainAt: number | undefined;
}

/** Folds looks at workloads into pictures: it remembers what a single look cannot tell. */
export interface Fold {
  /** Those that need a look at what is around them: all that were named; of a query those that were ever unhealthy. */
  active(workloads: readonly Workload[], now: number): Workload[];
  look(active: readonly Workload[], surroundings: Surroundings, now: number, context: Context): Folded;
  /** The last look again: nothing but the timeout can end it. */
  hold(now: number): Folded;
}

interface Context {
  /** How many workloads there are in all. */
  readonly total: number;
  readonly notes: readonly string[];
}

const NOTHING: Folded = {watched: [], resting: 0, conclusion: undefined, lookAgainAt: undefined};

export function createFold(target: Target, rules: Rules, startedAt: number): Fold {
  const known = new Map<string, {memory: Memory; status: RolloutStatus | undefined}>();
  const track = (ref: WorkloadRef) => known.set(workloadWords(ref), {memory: {}, status: undefined});
  if ('refs' in target) target.refs.forEach(track);

  let last: {judgements: readonly Judgement[]; folded: Folded} = {judgements: [], folded: NOTHING};
  const earliest = (times: readonly number[]): number | undefined => {
    const all = rules.timeout === undefined ? times : [...times, startedAt + rules.timeout];
    return all.length > 0 ? Math.min(...all) : undefined;
  };

  return {
    active(workloads, now) {
      return workloads.filter((workload) => {
        const ref = refOf(workload);
        if (known.has(workloadWords(ref))) return true;
        const bare = {workload, revisions: [], pods: [], events: []};
        return 'query' in target && assess(bare, now).phase !== 'healthy' && track(ref);
      });
    },

    look(active, surroundings, now, {total, notes}) {
      const situations = new Map(
        situationsOf(active, surroundings).map((situation) => [workloadWords(refOf(situation.workload)), situation]),
      );
      const watched: Watched[] = [];
      const judgements: Judgement[] = [];
      for (const [words, {memory, status}] of known) {
        const situation = situations.get(words);
        if (situation === undefined && status === undefined) continue; // named, and deleted before the first look
        const judgement = situation
          ? judge(situation, memory, rules, now, notes)
          : judgeGone(status as RolloutStatus, memory, now);
        known.set(words, {memory: judgement.memory, status: judgement.status});
        judgements.push(judgement);
        const deadline = situation && deadlineOf(situation.workload);
        watched.push({situation, status: judgement.status, ending: judgement.ending, clock: judgement.clock, deadline});
      }
      const again = judgements.map(({lookAgainAt}) => lookAgainAt).filter((time) => time !== undefined);
      const conclusion = conclude(judgements, rules, startedAt, now);
      last = {judgements, folded: {watched, resting: total - active.length, conclusion, lookAgainAt: earliest(again)}};
      return last.folded;
    },

    hold(now) {
      return {...last.folded, conclusion: conclude(last.judgements, rules, startedAt, now), lookAgainAt: earliest([])};
    },
  };
}
