import type {Situation} from '../../src/rollout/situation.ts';
import type {Picture} from '../../src/rollout/watch.ts';
import type {Watched} from '../../src/rollout/watch-fold.ts';
import {deadlineOf, judge, type Rules} from '../../src/rollout/watch-verdict.ts';
import {createTheme, type Screen} from '../../src/text/screen.ts';
import {NOW} from './builders.ts';

const rules: Rules = {failFast: true, timeout: 600_000, revision: undefined};

/** A workload as it is watched, seen for `seconds` as it is now. */
export function watched(situation: Situation, seconds = 0): Watched {
  const {memory} = judge(situation, {}, rules, NOW - seconds * 1000);
  const {status, ending, clock} = judge(situation, memory, rules, NOW);
  return {situation, status, ending, clock, deadline: deadlineOf(situation.workload)};
}

/** 14 seconds into a watch. */
export const picture = (all: readonly Watched[], over: Partial<Picture> = {}): Picture => ({
  startedAt: NOW - 14_000,
  timeoutAt: NOW + 586_000,
  watched: all,
  resting: 0,
  trouble: undefined,
  notes: [],
  conclusion: undefined,
  ...over,
});

/** Without colours. */
export const screen = (width = 80): Screen => ({theme: createTheme(false), width, now: NOW});
