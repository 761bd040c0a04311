import type {Cluster} from '../kube/cluster.ts';
import type {Missing} from '../pods/trouble.ts';
import {assess} from './assess.ts';
import {collectAround, readWorkload} from './collect.ts';
import {diagnose} from './diagnose.ts';
import type {Situation} from './situation.ts';
import {withLogs} from './status-logs.ts';
import {withoutReturned} from './status-missing.ts';
import {statusOf} from './verdict.ts';
import {refOf, type WorkloadRef} from './workload.ts';

export type Phase = 'healthy' | 'progressing' | 'paused' | 'failed';

/** How far a rollout is, by the workload's own status: no cause, no blame. Counts are pods. */
export interface Assessment {
  readonly phase: Phase;
  /** One line: what is not true yet, or that all is. */
  readonly message: string;
  /** Number of the revision being rolled out; null until the controller has made it. */
  readonly revision: number | null;
  readonly desired: number;
  readonly updated: number;
  readonly ready: number;
  readonly available: number;
  /** null where the API server does not report it (before 1.33) and pods were not read. */
  readonly terminating: number | null;
}

/** Something that stands in the way of a rollout, over all the pods that show it. */
export interface Cause {
  /** A CamelCase word to match on: `ImageNotFound`, `CrashLoopBackOff`, `Unschedulable`, `QuotaExceeded`, `MissingConfigMap` … */
  readonly reason: string;
  /** Where to look: `pod/web-7bfb4bc78d-2xkq9`, `replicaset/web-7bfb4bc78d`, `deployment/web`. */
  readonly object: string;
  readonly container?: string | undefined;
  /** One line, for example `registry.example/web:2.1: not found`. */
  readonly message: string;
  /** What to do next: a sentence or a command; null where there is none. */
  readonly hint: string | null;
  /** Whether it will not go away by itself. */
  readonly doomed: boolean;
  /** How many pods show it; 0 where it is not about pods. */
  readonly pods: number;
  /** RFC 3339: since when the first of them has. */
  readonly since: string | undefined;
  /** The ConfigMap, Secret or key that is not there. */
  readonly missing?: Missing | undefined;
  /** The last lines that the failing container wrote, where they were read. */
  readonly log?: readonly string[] | undefined;
}

/** A revision that is not being rolled out: the one to go back to. */
export interface EarlierRevision {
  readonly number: number;
  readonly images: readonly string[];
  /** RFC 3339. */
  readonly createdAt: string;
  /** Pods that it still has. */
  readonly replicas: number;
}

export interface RolloutStatus extends Assessment {
  readonly kind: 'RolloutStatus';
  readonly workload: WorkloadRef;
  /** Of the pod template: one per container, init containers left out. */
  readonly images: readonly string[];
  /** Of the revisions that are not current the one with most pods, else the newest; undefined where there is none. */
  readonly previous: EarlierRevision | undefined;
  /** Most likely first. Empty where the rollout is healthy. */
  readonly causes: readonly Cause[];
  /** What could not be read, and so was not judged: a line each. */
  readonly notes: readonly string[];
}

/**
 * Judges one workload as it is now; of containers that crash it reads the last lines of their logs. What the user may not read beside the workload itself is left out and noted. Rejects with exit code 5
 * where there is no such workload.
 */
export async function rolloutStatus(cluster: Cluster, ref: WorkloadRef, signal: AbortSignal): Promise<RolloutStatus> {
  const workload = await readWorkload(cluster, ref, signal);
  const around = (known: {events?: []}) => collectAround(cluster, [workload], {namespace: ref.namespace}, signal, known);
  const seemsHealthy = isHealthy({workload, revisions: [], pods: [], events: []});
  let {situations, notes} = await around(seemsHealthy ? {events: []} : {}); // a busy namespace has more events than all else
  if (seemsHealthy && !isHealthy(situations[0] as Situation)) ({situations, notes} = await around({}));
  const [situation] = situations as [Situation];
  const assessment = assess(situation, Date.now());
  const causes = assessment.phase === 'healthy' ? [] : await diagnoseNow(cluster, situation, signal);
  const status = statusOf(situation, assessment, causes, {notes: assessment.phase === 'healthy' ? [] : notes});
  return withLogs(cluster, status, situation, signal);
}

/** What stands in the way of a rollout at this very moment: what was missing may be there by now. */
export const diagnoseNow = (cluster: Cluster, situation: Situation, signal: AbortSignal): Promise<Cause[]> =>
  withoutReturned(cluster, diagnose(situation, Date.now()), refOf(situation.workload).namespace, signal);

const isHealthy = (situation: Situation): boolean => assess(situation, Date.now()).phase === 'healthy';
