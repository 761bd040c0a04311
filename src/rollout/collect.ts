import type {Cluster, Query} from '../kube/cluster.ts';
import {ApiProblem} from '../kube/errors.ts';
import type {ObjectOf, ResourceName} from '../kube/resources.ts';
import {selectorText} from '../kube/selector.ts';
import type {Problem} from '../problem.ts';
import {workloadNotFound} from './collect-missing.ts';
import {situationsOf} from './collect-owned.ts';
import type {Situation} from './situation.ts';
import {refOf, type Workload, type WorkloadKind, type WorkloadRef, workloadKinds} from './workload.ts';

/**
 * Reads one workload and what is its own: one list per kind of object. Rejects with exit code 5 where there is no such workload, or where
 * the user may not read it; events alone may be missing.
 */
export async function collect(cluster: Cluster, ref: WorkloadRef, signal: AbortSignal): Promise<Situation> {
  const workload = await readWorkload(cluster, ref, signal);
  const {situations, denied} = await collectAround(cluster, [workload], {namespace: ref.namespace}, signal);
  for (const [resource, problem] of denied) if (resource !== 'events') throw problem;
  return situations[0] as Situation;
}

/** The workload itself. Rejects with exit code 5, naming what there is, where it does not exist. */
export async function readWorkload(cluster: Cluster, ref: WorkloadRef, signal: AbortSignal): Promise<Workload> {
  const found = await cluster.find(workloadKinds[ref.kind].plural, ref, signal);
  if (found === undefined) throw await workloadNotFound(cluster, ref, signal);
  return asWorkload(ref.kind, found);
}

/** All workloads of the three kinds that a query selects. */
export async function listWorkloads(cluster: Cluster, query: Query, signal: AbortSignal): Promise<Workload[]> {
  const kinds = Object.keys(workloadKinds) as WorkloadKind[];
  const lists = kinds.map(async (kind) =>
    (await cluster.list(workloadKinds[kind].plural, query, signal)).map((object) => asWorkload(kind, object)),
  );
  return (await Promise.all(lists)).flat();
}

/** The API leaves the kind out of the items of a list. */
export const asWorkload = (kind: WorkloadKind, object: object): Workload => ({...object, kind}) as Workload;

export interface Surrounded {
  /** One for each workload, in their order. */
  readonly situations: readonly Situation[];
  /** What the user may not list: the situations lack it. */
  readonly denied: ReadonlyMap<ResourceName, Problem>;
}

/**
 * Reads what is around workloads that were read already. A few are asked for by their selectors, many by one list per kind over the whole
 * `scope`, so that neither a large cluster nor a large number of workloads makes many or large answers of it.
 */
export async function collectAround(
  cluster: Cluster,
  workloads: readonly Workload[],
  scope: Query,
  signal: AbortSignal,
): Promise<Surrounded> {
  const denied = new Map<ResourceName, Problem>();
  const list = async <N extends ResourceName>(resource: N, queries: readonly Query[]): Promise<ObjectOf<N>[]> => {
    try {
      return (await Promise.all(queries.map((query) => cluster.list(resource, query, signal)))).flat();
    } catch (error) {
      if (!(error instanceof ApiProblem) || error.reason !== 'Forbidden') throw error;
      denied.set(resource, error);
      return [];
    }
  };
  const ofDeployments = workloads.filter(({kind}) => kind === 'Deployment');
  const ofOthers = workloads.filter(({kind}) => kind !== 'Deployment');
  const [replicaSets, controllerRevisions, pods, events] = await Promise.all([
    list('replicasets', selecting(ofDeployments, scope)),
    list('controllerrevisions', selecting(ofOthers, scope)),
    list('pods', selecting(workloads, scope)),
    list('events', namespacesOf(workloads, scope).map(tellingEvents)),
  ]);
  return {situations: situationsOf(workloads, {replicaSets, controllerRevisions, pods, events}), denied};
}

/** Up to this many workloads (or namespaces) are asked for one by one. */
const FEW = 8;

function selecting(workloads: readonly Workload[], scope: Query): Query[] {
  if (workloads.length === 0) return [];
  if (workloads.length > FEW) return [{namespace: scope.namespace}];
  return workloads.map(dependentsOf);
}

function namespacesOf(workloads: readonly Workload[], scope: Query): Query[] {
  const namespaces = new Set(workloads.map((workload) => refOf(workload).namespace));
  return namespaces.size > FEW ? [{namespace: scope.namespace}] : Array.from(namespaces, (namespace) => ({namespace}));
}

/** Selects the pods of a workload and its ReplicaSets or ControllerRevisions, which all carry the labels of its selector. */
export const dependentsOf = (workload: Workload): Query => ({
  namespace: refOf(workload).namespace,
  labelSelector: selectorText(workload.spec?.selector ?? {}),
});

/** Leaves out the four events that each healthy pod is worth, and the controllers' own: nine of ten in a busy namespace. */
export const tellingEvents = ({namespace}: Query): Query => ({
  namespace,
  fieldSelector: ['Scheduled', 'Created', 'Started', 'Killing', 'SuccessfulCreate', 'SuccessfulDelete', 'ScalingReplicaSet']
    .map((reason) => `reason!=${reason}`)
    .join(','),
});
