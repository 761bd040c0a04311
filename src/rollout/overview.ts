import type {V1Pod} from '@kubernetes/client-node';
import type {Cluster} from '../kube/cluster.ts';
import type {Json} from '../kube/json.ts';
import {keepsCrashing} from '../pods/restarts.ts';
import {assess} from './assess.ts';
import type {Target} from './collect.ts';
import {collectAround, listWorkloads, namespaceOf, podsAround, readWorkload} from './collect.ts';
import {namespaceNotFound} from './collect-missing.ts';
import {diagnose} from './diagnose.ts';
import type {Situation} from './situation.ts';
import type {Phase, RolloutStatus} from './status.ts';
import {statusOf} from './verdict.ts';
import {refOf, type Workload, type WorkloadKind, workloadKinds, workloadWords} from './workload.ts';

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
  const workloads = await workloadsOf(cluster, target, signal);
  const {pods, notes: podNotes} = await podsAround(cluster, workloads, {namespace}, signal);
  const crashing = ownersOfCrashing(pods, Date.now());
  const ill = workloads.filter(
    (workload) => assess(bare(workload), Date.now()).phase !== 'healthy' || crashing.has(workloadWords(refOf(workload))),
  );
  const {situations, notes} = await collectAround(cluster, ill, {namespace}, signal, {pods});
  const now = Date.now();
  const unhealthy = situations
    .map((situation) => statusOf(situation, assess(situation, now), diagnose(situation, now)))
    .filter(({phase}) => phase !== 'healthy')
    .sort(worstFirst);
  return {
    kind: 'RolloutOverview',
    namespace,
    named: 'refs' in target,
    selector,
    total: workloads.length,
    healthy: workloads.length - unhealthy.length,
    unhealthy,
    notes: [...podNotes, ...notes],
  };
}

async function workloadsOf(cluster: Cluster, target: Target, signal: AbortSignal): Promise<Workload[]> {
  if ('refs' in target) return Promise.all(target.refs.map((ref) => readWorkload(cluster, ref, signal)));
  const {namespace} = target.query;
  const workloads = await listWorkloads(cluster, target.query, signal);
  if (workloads.length === 0 && namespace !== undefined) {
    const problem = await namespaceNotFound(cluster, namespace, signal);
    if (problem !== undefined) throw problem;
  }
  return workloads;
}

/** Which workloads, in words, have pods that keep crashing. A ReplicaSet is called after its Deployment and the pods' hash. */
function ownersOfCrashing(pods: readonly Json<V1Pod>[], now: number): ReadonlySet<string> {
  const owners = new Set<string>();
  for (const {metadata, ...pod} of pods) {
    const owner = metadata?.ownerReferences?.find(({controller}) => controller);
    if (owner === undefined || !keepsCrashing(pod, now)) continue;
    const hash = metadata?.labels?.['pod-template-hash'] ?? '';
    const isReplicaSet = owner.kind === 'ReplicaSet';
    const name = isReplicaSet ? owner.name.replace(new RegExp(`-${hash}$`), '') : owner.name;
    const kind = (isReplicaSet ? 'Deployment' : owner.kind) as WorkloadKind;
    if (kind in workloadKinds) owners.add(workloadWords({kind, name, namespace: metadata?.namespace ?? ''}));
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
