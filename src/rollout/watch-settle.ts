import {containersOf, elapsed, type PodContainer} from '../pods/pod.ts';
import {lastEnding} from '../pods/restarts.ts';
import {wantedPods} from './causes/wanted.ts';
import type {Situation} from './situation.ts';

/** A container that nothing probes counts as ready from its first moment: this long it must stay up before that is believed. */
export const UNPROBED_MS = 3000;
/** So long, where it has crashed a moment ago. */
export const CRASHED_MS = 10_000;
/** What ended longer ago than this is history. */
const HISTORY_MS = 60_000;

/**
 * Until when a rollout that is healthy by its workload's status should be looked at before that is believed; undefined: it is. Without a
 * readiness probe a Deployment is complete although all of its pods may end a second later. `healthySince`: when it was first seen healthy;
 * all in epoch milliseconds.
 */
export function unsettledUntil(situation: Situation, healthySince: number, now: number): number | undefined {
  const isWanted = wantedPods(situation);
  let until = 0;
  for (const pod of situation.pods) {
    if (!isWanted(pod) || pod.metadata?.deletionTimestamp !== undefined) continue;
    for (const container of containersOf(pod)) until = Math.max(until, healthySince + patienceWith(container, now));
  }
  return until > now ? until : undefined;
}

function patienceWith({role, spec, status}: PodContainer, now: number): number {
  if (role === 'init') return 0;
  const running = elapsed(status.state?.running?.startedAt, now);
  const ended = elapsed(lastEnding(status)?.finishedAt, now);
  if (ended !== undefined && ended < HISTORY_MS && (running ?? 0) < CRASHED_MS) return CRASHED_MS;
  const isProbed = spec.readinessProbe !== undefined || spec.startupProbe !== undefined;
  return !isProbed && (running ?? 0) < UNPROBED_MS ? UNPROBED_MS : 0;
}
