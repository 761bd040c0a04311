import {containersOf, elapsed, type PodContainer} from '../pods/pod.ts';
import {lastEnding} from '../pods/restarts.ts';
import {wantedPods} from './causes/wanted.ts';
import {currentRevision} from './revisions.ts';
import type {Situation} from './situation.ts';

/** A container that nothing probes counts as ready from its first moment: this long it must stay up before that is believed. */
export const UNPROBED_MS = 3000;
/** So long, where it has crashed a moment ago. */
export const CRASHED_MS = 10_000;
/** Each kind of object is followed by itself: so long may what is around a workload lag behind it. */
const LAG_MS = 5000;
/** What ended longer ago than this is history. */
const HISTORY_MS = 60_000;

/**
 * Until when a rollout that is healthy by its workload's status should be looked at before that is believed; undefined: it is. Without a
 * readiness probe a Deployment is complete although all of its pods may end a second later. `healthySince`: when it was first seen healthy;
 * all in epoch milliseconds.
 */
export function unsettledUntil(situation: Situation, healthySince: number, now: number): number | undefined {
  const isWanted = wantedPods(situation);
  const pods = situation.pods.filter((pod) => pod.metadata?.deletionTimestamp === undefined && isWanted(pod));
  const patience = Math.max(
    isBehind(situation) ? LAG_MS : 0,
    ...pods.flatMap((pod) => containersOf(pod).map((container) => patienceWith(container, now))),
  );
  return healthySince + patience > now ? healthySince + patience : undefined;
}

/** Whether the revision that the workload's status speaks of is not there yet. */
const isBehind = ({revisions}: Situation): boolean => revisions.length > 0 && currentRevision(revisions) === undefined;

function patienceWith({role, spec, status}: PodContainer, now: number): number {
  if (role === 'init') return 0;
  const running = elapsed(status.state?.running?.startedAt, now);
  const ended = elapsed(lastEnding(status)?.finishedAt, now);
  if (ended !== undefined && ended < HISTORY_MS && (running ?? 0) < CRASHED_MS) return CRASHED_MS;
  const isProbed = spec.readinessProbe !== undefined || spec.startupProbe !== undefined;
  return !isProbed && (running ?? 0) < UNPROBED_MS ? UNPROBED_MS : 0;
}
