import type {WorkloadRef} from './workload.ts';

export type Phase = 'healthy' | 'progressing' | 'paused' | 'failed';

/** How far a rollout is, by the workload's own status: no cause, no blame. Counts are pods. */
export interface Assessment {
  readonly phase: Phase;
  /** One line: what is not true yet, or that all is. */
  readonly message: string;
  /** Number of the revision being rolled out; undefined until the controller has made it. */
  readonly revision: number | undefined;
  readonly desired: number;
  readonly updated: number;
  readonly ready: number;
  readonly available: number;
  /** Undefined where the API server does not report it (before 1.33) and pods were not read. */
  readonly terminating: number | undefined;
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
  /** What to do next: a sentence or a command. */
  readonly hint: string | undefined;
  /** Whether it will not go away by itself. */
  readonly doomed: boolean;
  /** How many pods show it; 0 where it is not about pods. */
  readonly pods: number;
  /** RFC 3339: since when the first of them has. */
  readonly since: string | undefined;
  /** The last lines that the failing container wrote, where they were read. */
  readonly log?: readonly string[] | undefined;
}

export interface RolloutStatus extends Assessment {
  readonly kind: 'RolloutStatus';
  readonly workload: WorkloadRef;
  /** Most likely first. */
  readonly causes: readonly Cause[];
}
