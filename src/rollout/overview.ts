import type {V1Pod} from '@kubernetes/client-node';
import type {Cluster} from '../kube/cluster.ts';
import type {Json} from '../kube/json.ts';
import {keepsCrashing} from '../pods/restarts.ts';
import {assess} from './assess.ts';
import type {Target} from './collect.ts';
import {collectAround, listWorkloads, namespaceOf, podsAround, readWorkload} from './collect.ts';
import {namespaceNotFound} from './collect-missing.ts';
import {ownerOf} from './collect-owned.ts';
import type {Situation} from './situation.ts';
import {diagnoseNow, type Phase, type RolloutStatus} from './status.ts';
import {statusOf} from './verdict.ts';
import {refOf, type Workload, workloadWords} from './workload.ts';

/** What is unhealthy among many workloads. */
export interface RolloutOverview {
  readonly kind: 'RolloutOverview';
  /** Undefined: all namespaces, or several of named workloads. */
  readonly namespace: string | undefined;
  /** Whether workloads were named, not selected. */
  readonly named: boolean;
  readonly selector: string | undefined;
  readonly total: number;
  readonly healthy: number;
  /** Worst first. */
  readonly unhealthy: readonly RolloutStatus[];
  /** What could not be read, and so was not judged: a line each. */
  readonly notes: readonly string[];
}

/**
 * Judges all workloads of a target. What is around them is read for the unhealthy ones only, except for pods: one that crashes now and then
 * is not seen in its workload's status. Rejects with exit code 5 where a named workload, or the namespace, does not exist.
 */
export async function rolloutOverview(cluster: Cluster, target: Target, signal: AbortSignal): Promise<RolloutOverview> {
  const namespace = namespaceOf(target);
  const selector = 'query' in target ? target.query.labelSelector : undefined;
  const {workloads, notes: kindNotes} = await workloadsOf(cluster, target, signal);
  const {pods, notes: podNotes} = await podsAround(cluster, workloads, {namespace}, signal);
  const crashing = ownersOfCrashing(pods, Date.now());
  const ill = workloads.filter(
    (workload) => assess(bare(workload), Date.now()).phase !== 'healthy' || crashing.has(workloadWords(refOf(workload))),
  );
  const {situations, notes} = await collectAround(cluster, ill, {namespace}, signal, {pods});
  const statuses = situations.map(async (situation) =>
    statusOf(situation, assess(situation, Date.now()), await diagnoseNow(cluster, situation, signal)),
  );
  const unhealthy = (await Promise.all(statuses)).filter(({phase}) => phase !== 'healthy').sort(worstFirst);
  return {
    kind: 'RolloutOverview',
    namespace,
    named: 'refs' in target,
    selector,
    total: workloads.length,
    healthy: workloads.length - unhealthy.length,
    unhealthy,
    notes: [...kindNotes, ...podNotes, ...notes],
  };
}

async function workloadsOf(cluster: Cluster, target: Target, signal: AbortSignal): ReturnType<typeof listWorkloads> {
  if ('refs' in target) {
    return {workloads: await Promise.all(target.refs.map((ref) => readWorkload(cluster, ref, signal))), notes: []};
  }
  const {namespace} = target.query;
  const listed = await listWorkloads(cluster, target.query, signal);
  if (listed.workloads.length === 0 && namespace !== undefined) {
    const problem = await namespaceNotFound(cluster, namespace, signal);
    if (problem !== undefined) throw problem;
  }
  return listed;
}

/** Which workloads, in words, have pods that keep crashing. */
function ownersOfCrashing(pods: readonly Json<V1Pod>[], now: number): ReadonlySet<string> {
  const owners = new Set<string>();
  for (const pod of pods) {
    const owner = keepsCrashing(pod, now) ? ownerOf(pod) : undefined;
    if (owner !== undefined) owners.add(workloadWords(owner));
  }
  return owners;
}

/** 3 where something failed or will, else 4 where something is unfinished, else 0. */
export const exitCodeOfOverview = ({unhealthy}: Pick<RolloutOverview, 'unhealthy'>): 0 | 3 | 4 => {
  if (unhealthy.some(({phase}) => phase === 'failed')) return 3;
  return unhealthy.length > 0 ? 4 : 0;
};

const SEVERITY: Record<Phase, number> = {failed: 0, progressing: 1, paused: 2, healthy: 3};

/** First what failed, and of two alike the one that serves less of what was asked for. */
export function worstFirst(a: RolloutStatus, b: RolloutStatus): number {
  return (
    SEVERITY[a.phase] - SEVERITY[b.phase] ||
    serving(a) - serving(b) ||
    b.causes.length - a.causes.length ||
    a.workload.namespace.localeCompare(b.workload.namespace) ||
    a.workload.name.localeCompare(b.workload.name)
  );
}

const serving = ({available, desired}: RolloutStatus): number => (desired === 0 ? 1 : Math.min(1, available / desired));

const bare = (workload: Workload): Situation => ({workload, revisions: [], pods: [], events: []});
