import {setTimeout as wait} from 'node:timers/promises';
import type {Cluster} from '../kube/cluster.ts';
import {type Collected, collect, type Needs} from './collect.ts';
import type {Workload, WorkloadRef} from './workload.ts';

const PATIENCE_MS = 3_000;
const PAUSE_MS = 200;

/** Pods tell only which of them going back would not replace. */
const FOR_UNDO: Needs = {revisions: 'needed', pods: 'welcome'};

/**
 * As `collect`, for what replaces the template: one that was written a moment ago is no revision yet, and would be lost. Its controller
 * gets three seconds to make it one.
 */
export async function collectRecorded(
  cluster: Cluster,
  ref: WorkloadRef,
  signal: AbortSignal,
  needs: Needs = FOR_UNDO,
): Promise<Collected> {
  const until = performance.now() + PATIENCE_MS;
  for (;;) {
    const situation = await collect(cluster, ref, needs, signal);
    if (hasSeen(situation.workload) || performance.now() > until) return situation;
    await wait(PAUSE_MS, undefined, {signal});
  }
}

/** Whether the controller has acted on this generation of the workload. */
export const hasSeen = ({status, metadata}: Workload, generation = metadata?.generation ?? 0): boolean =>
  (status?.observedGeneration ?? 0) >= generation;
