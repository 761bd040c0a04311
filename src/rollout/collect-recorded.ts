import {setTimeout as wait} from 'node:timers/promises';
import type {Cluster} from '../kube/cluster.ts';
import {collect} from './collect.ts';
import type {Situation} from './situation.ts';
import type {Workload, WorkloadRef} from './workload.ts';

const PATIENCE_MS = 3_000;
const PAUSE_MS = 200;

/**
 * As `collect`, for what replaces the template: one that was written a moment ago is no revision yet, and would be lost. Its controller
 * gets three seconds to make it one.
 */
export async function collectRecorded(cluster: Cluster, ref: WorkloadRef, signal: AbortSignal): Promise<Situation> {
  const until = performance.now() + PATIENCE_MS;
  for (;;) {
    const situation = await collect(cluster, ref, signal);
    if (hasSeen(situation.workload) || performance.now() > until) return situation;
    await wait(PAUSE_MS, undefined, {signal});
  }
}

/** Whether the controller has acted on this generation of the workload. */
export const hasSeen = ({status, metadata}: Workload, generation = metadata?.generation ?? 0): boolean =>
  (status?.observedGeneration ?? 0) >= generation;
