import type {CoreV1Event, V1Pod} from '@kubernetes/client-node';
import type {Cluster, Query} from '../kube/cluster.ts';
import {ApiProblem} from '../kube/errors.ts';
import type {Json} from '../kube/json.ts';
import type {ObjectOf, ResourceName} from '../kube/resources.ts';
import {selectorText} from '../kube/selector.ts';
import {leanPod} from '../pods/lean.ts';
import type {Problem} from '../problem.ts';
import {workloadNotFound} from './collect-missing.ts';
import {situationsOf} from './collect-owned.ts';
import type {Situation} from './situation.ts';
import {refOf, type Workload, type WorkloadKind, type WorkloadRef, workloadKinds} from './workload.ts';

/** Workloads by name, or all that a query selects. */
export type Target = {readonly refs: readonly WorkloadRef[]} | {readonly query: Query};

/** Where the workloads of a target are: its one namespace, or undefined for several. */
export function namespaceOf(target: Target): string | undefined {
  if ('query' in target) return target.query.namespace;
  const [only, ...more] = new Set(target.refs.map(({namespace}) => namespace));
  return more.length === 0 ? only : undefined;
}

/** Without the right to it what is `needed` is an error, and what is `welcome` is left out; nobody asks for the rest. */
export interface Needs {
  readonly revisions: 'needed' | 'welcome';
  /** Of a Deployment they are never read: its ReplicaSets count their own. */
  readonly pods?: 'needed' | 'welcome';
}

export interface Collected extends Situation {
  /** Whether the revisions are missing for want of the right to list them. */
  readonly revisionsDenied: boolean;
}

/**
 * Reads one workload and its revisions, for a change or a comparison: no more than that has a use for. Rejects with exit code 5 where there
 * is no such workload, or where the user may not read what is needed.
 */
export async function collect(cluster: Cluster, ref: WorkloadRef, needs: Needs, signal: AbortSignal): Promise<Collected> {
  const workload = await readWorkload(cluster, ref, signal);
  const withPods = needs.pods !== undefined && workload.kind !== 'Deployment';
  const known = {events: [], ...(!withPods && {pods: []})};
  const {situations, denied} = await collectAround(cluster, [workload], {namespace: ref.namespace}, signal, known);
  for (const [resource, problem] of denied) {
    if ((resource === 'pods' ? needs.pods : needs.revisions) === 'needed') throw problem;
  }
  const revisionsDenied = denied.has('replicasets') || denied.has('controllerrevisions');
  return {...(situations[0] as Situation), revisionsDenied};
}

/** The workload itself. Rejects with exit code 5, naming what there is, where it does not exist. */
export async function readWorkload(cluster: Cluster, ref: WorkloadRef, signal: AbortSignal): Promise<Workload> {
  const found = await cluster.find(workloadKinds[ref.kind].plural, ref, signal);
  if (found === undefined) throw await workloadNotFound(cluster, ref, signal);
  return asWorkload(ref.kind, found);
}

/** All workloads of the three kinds that a query selects. Rejects with exit code 5 where the user may list none of the three. */
export async function listWorkloads(
  cluster: Cluster,
  query: Query,
  signal: AbortSignal,
): Promise<{readonly workloads: readonly Workload[]; readonly notes: readonly string[]}> {
  const {list, denied} = tolerantLister(cluster, signal);
  const kinds = Object.keys(workloadKinds) as WorkloadKind[];
  const lists = kinds.map(async (kind) =>
    (await list(workloadKinds[kind].plural, [query])).map((object) => asWorkload(kind, object)),
  );
  const workloads = (await Promise.all(lists)).flat();
  const [problem] = denied.values();
  if (problem !== undefined && denied.size === kinds.length) throw problem;
  return {workloads, notes: deniedNotes(denied)};
}

/** The API leaves the kind out of the items of a list. */
export const asWorkload = (kind: WorkloadKind, object: object): Workload => ({...object, kind}) as Workload;

export interface Surrounded {
  /** One for each workload, in their order. */
  readonly situations: readonly Situation[];
  /** What the user may not list: the situations lack it. */
  readonly denied: ReadonlyMap<ResourceName, Problem>;
  /** The same in words, a line each. */
  readonly notes: readonly string[];
}

/**
 * Reads what is around workloads that were read already. A few are asked for by their selectors, many by one list per kind over the whole
 * `scope`, so that neither a large cluster nor a large number of workloads makes many or large answers of it. Pods and events that the
 * caller has, or does not need, are not read.
 */
export async function collectAround(
  cluster: Cluster,
  workloads: readonly Workload[],
  scope: Query,
  signal: AbortSignal,
  known: {readonly pods?: readonly Json<V1Pod>[]; readonly events?: readonly Json<CoreV1Event>[]} = {},
): Promise<Surrounded> {
  const {list, denied} = tolerantLister(cluster, signal);
  const around = queriesAround(workloads, scope);
  const [replicaSets, controllerRevisions, pods, events] = await Promise.all([
    list('replicasets', around.replicasets),
    list('controllerrevisions', around.controllerrevisions),
    known.pods ?? list('pods', around.pods),
    known.events ?? list('events', around.events),
  ]);
  const sets = denied.has('replicasets') ? undefined : replicaSets;
  const situations = situationsOf(workloads, {replicaSets: sets, controllerRevisions, pods, events});
  return {situations, denied, notes: deniedNotes(denied)};
}

/** The pods alone, of those that are well no more than tells so. */
export async function podsAround(
  cluster: Cluster,
  workloads: readonly Workload[],
  scope: Query,
  signal: AbortSignal,
): Promise<{readonly pods: readonly Json<V1Pod>[]; readonly notes: readonly string[]}> {
  const {list, denied} = tolerantLister(cluster, signal);
  return {pods: await list('pods', queriesAround(workloads, scope).pods, leanPod), notes: deniedNotes(denied)};
}

/** Lists what the user may list, and keeps what was denied. */
function tolerantLister(cluster: Cluster, signal: AbortSignal) {
  const denied = new Map<ResourceName, Problem>();
  const list = async <N extends ResourceName>(
    resource: N,
    queries: readonly Query[],
    keep?: (object: ObjectOf<N>) => ObjectOf<N>,
  ): Promise<ObjectOf<N>[]> => {
    try {
      return (await Promise.all(queries.map((query) => cluster.list(resource, query, signal, keep)))).flat();
    } catch (error) {
      if (!(error instanceof ApiProblem) || error.reason !== 'Forbidden') throw error;
      denied.set(resource, error);
      return [];
    }
  };
  return {list, denied};
}

/** Each names verb, resource and namespace. */
export const deniedNotes = (denied: ReadonlyMap<ResourceName, Problem>): string[] =>
  Array.from(denied.values(), ({message}) => `${message}: what they would tell is missing here`);

/** Up to this many workloads (or namespaces) are asked for one by one. */
export const FEW = 8;

/** What to ask for to know all that is around these workloads, some of those that `scope` selects. */
export function queriesAround(
  workloads: readonly Workload[],
  scope: Query,
): Record<'replicasets' | 'controllerrevisions' | 'pods' | 'events', Query[]> {
  const {namespace} = scope;
  const selecting = (some: readonly Workload[]): Query[] => {
    if (some.length === 0) return [];
    return workloads.length > FEW ? [{namespace}] : some.map(dependentsOf);
  };
  const namespaces = new Set(workloads.map((workload) => refOf(workload).namespace));
  return {
    replicasets: selecting(workloads.filter(({kind}) => kind === 'Deployment')),
    controllerrevisions: selecting(workloads.filter(({kind}) => kind !== 'Deployment')),
    pods: selecting(workloads),
    events: namespaces.size > FEW ? [tellingEvents(namespace)] : Array.from(namespaces, tellingEvents),
  };
}

/** Selects the pods of a workload and its ReplicaSets or ControllerRevisions, which all carry the labels of its selector. */
const dependentsOf = (workload: Workload): Query => ({
  namespace: refOf(workload).namespace,
  labelSelector: selectorText(workload.spec?.selector ?? {}),
});

/** Leaves out what each healthy pod is worth, and the controllers' own: nine of ten in a busy namespace. */
const tellingEvents = (namespace: string | undefined): Query => ({
  namespace,
  fieldSelector: ['Scheduled', 'Created', 'Started', 'Killing', 'SuccessfulCreate', 'SuccessfulDelete', 'ScalingReplicaSet']
    .map((reason) => `reason!=${reason}`)
    .join(','),
});
