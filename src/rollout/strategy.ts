import {counted} from '../text/plural.ts';
import type {Workload, WorkloadKind} from './workload.ts';

/** A number of pods, or a share of them: `'25%'`. */
export type PodCount = number | string;

export interface Bound {
  /** As the spec has it, or the API server's default; undefined where the kind knows no such bound. */
  readonly written: PodCount | undefined;
  readonly pods: number;
}

/** How a workload replaces its pods, with everything resolved to numbers of pods. */
export interface Strategy {
  readonly type: 'RollingUpdate' | 'Recreate' | 'OnDelete';
  readonly replicas: number;
  readonly maxSurge: Bound;
  readonly maxUnavailable: Bound;
  /** What the controller keeps available while it replaces pods. */
  readonly minAvailable: number;
  readonly maxTotal: number;
  /** StatefulSets: pods with a lower ordinal stay at the old revision. */
  readonly partition: number;
}

/** The strategy that a workload's controller follows. A field that the spec leaves out has the API server's default. */
export function resolveStrategy(workload: Workload): Strategy {
  if (workload.kind === 'Deployment') {
    const {replicas = 1, strategy} = workload.spec ?? {};
    if (strategy?.type === 'Recreate') return allAtOnce('Recreate', replicas);
    const {maxSurge = '25%', maxUnavailable = '25%'} = strategy?.rollingUpdate ?? {};
    return rolling('Deployment', replicas, maxSurge, maxUnavailable);
  }
  if (workload.kind === 'DaemonSet') {
    const desired = workload.status?.desiredNumberScheduled ?? 0;
    const {type, rollingUpdate} = workload.spec?.updateStrategy ?? {};
    if (type === 'OnDelete') return byHand(desired);
    const {maxSurge = 0, maxUnavailable = 1} = rollingUpdate ?? {};
    return rolling('DaemonSet', desired, maxSurge, maxUnavailable);
  }
  const {replicas = 1, updateStrategy} = workload.spec ?? {};
  if (updateStrategy?.type === 'OnDelete') return byHand(replicas);
  if (updateStrategy?.type === 'Recreate') return allAtOnce('Recreate', replicas);
  const {maxUnavailable = 1, partition = 0} = updateStrategy?.rollingUpdate ?? {};
  return {...rolling('StatefulSet', replicas, undefined, maxUnavailable), partition};
}

/**
 * The bounds of a rolling update. A surge is rounded up, what may be unavailable down; a DaemonSet rounds both up. Nothing may move where both
 * come to 0, so one pod may then be unavailable. Sources: ResolveFenceposts (Deployment), UnavailableCount (DaemonSet),
 * getStatefulSetMaxUnavailable.
 */
export function rolling(
  kind: WorkloadKind,
  replicas: number,
  maxSurge: PodCount | undefined,
  maxUnavailable: PodCount | undefined,
): Strategy {
  const surge = resolve(maxSurge ?? 0, replicas, Math.ceil);
  const allowed = resolve(maxUnavailable ?? 0, replicas, kind === 'DaemonSet' ? Math.ceil : Math.floor);
  const unavailable = Math.min(surge === 0 && allowed === 0 ? 1 : allowed, replicas);
  return {
    type: 'RollingUpdate',
    replicas,
    maxSurge: {written: maxSurge, pods: surge},
    maxUnavailable: {written: maxUnavailable, pods: unavailable},
    minAvailable: replicas - unavailable,
    maxTotal: replicas + surge,
    partition: 0,
  };
}

/** A percentage, or a number, of `replicas`; what is neither counts as 0. */
function resolve(written: PodCount, replicas: number, round: (pods: number) => number): number {
  if (typeof written === 'number') return Math.max(0, written);
  const share = Number.parseFloat(written);
  if (Number.isNaN(share)) return 0;
  return Math.max(0, written.endsWith('%') ? round((share * replicas) / 100) : share);
}

const NONE: Bound = {written: undefined, pods: 0};

const allAtOnce = (type: 'Recreate', replicas: number): Strategy => ({
  type,
  replicas,
  maxSurge: NONE,
  maxUnavailable: {written: undefined, pods: replicas},
  minAvailable: 0,
  maxTotal: replicas,
  partition: 0,
});

const byHand = (replicas: number): Strategy => ({
  type: 'OnDelete',
  replicas,
  maxSurge: NONE,
  maxUnavailable: NONE,
  minAvailable: replicas,
  maxTotal: replicas,
  partition: 0,
});

/** `RollingUpdate 25%/25%` (surge/unavailable), `RollingUpdate 1 at a time, partition 2`, `Recreate`, `OnDelete`. */
export function strategyWords({type, maxSurge, maxUnavailable, partition}: Strategy): string {
  if (type !== 'RollingUpdate') return type;
  if (maxSurge.written !== undefined) return `${type} ${maxSurge.written}/${maxUnavailable.written}`;
  const atATime = `${type} ${maxUnavailable.written} at a time`;
  return partition > 0 ? `${atATime}, partition ${partition}` : atATime;
}

/** `keeps ≥ 8 of 10, at most 13 pods`: what a user may count on during a rollout. */
export function boundsWords({type, replicas, minAvailable, maxTotal}: Strategy): string {
  if (type === 'OnDelete') return 'replaces a pod when somebody deletes it';
  if (type === 'Recreate') return `stops all ${replicas} before it starts new ones`;
  return `keeps ≥ ${minAvailable} of ${replicas}, at most ${counted(maxTotal, 'pod')}`;
}
