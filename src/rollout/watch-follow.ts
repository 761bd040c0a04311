import type {Change, Cluster, Followed, Query} from '../kube/cluster.ts';
import {ApiProblem} from '../kube/errors.ts';
import type {KubeObject} from '../kube/json.ts';
import type {ObjectOf, ResourceName} from '../kube/resources.ts';
import type {Problem} from '../problem.ts';
import {asWorkload, deniedNotes, FEW, namespaceOf, queriesAround, type Target} from './collect.ts';
import type {Surroundings} from './collect-owned.ts';
import {refOf, type Workload, type WorkloadKind, workloadKinds, workloadWords} from './workload.ts';

/** A live copy of workloads and of what is around them. */
export interface Following {
  /** Those of the target that exist now. */
  workloads(): Workload[];
  surroundings(): Surroundings;
  /** From now on what is around these is followed too. */
  surround(workloads: readonly Workload[]): void;
  /** Whether everything that is followed was listed once. */
  synced(): boolean;
  /** What keeps it from being up to date now. */
  trouble(): Problem | undefined;
  /** Whether that concerns the workloads themselves. */
  isBlind(): boolean;
  /** What is missing, or comes late, for want of rights: a line each. */
  notes(): string[];
}

interface Follower {
  readonly resource: ResourceName;
  readonly namespace: string | undefined;
  readonly followed: Followed<KubeObject>;
  readonly stop: AbortController;
}

/**
 * Follows workloads, and, of those that `surround` names, the ReplicaSets or ControllerRevisions, the pods and the events. `onFailure` is
 * told what no retry can mend; the lack of a right to anything but named workloads, or to all kinds of a query, is only noted.
 */
export function followWorkloads(
  cluster: Cluster,
  target: Target,
  {onChange, onFailure}: {onChange: () => void; onFailure: (problem: unknown) => void},
  signal: AbortSignal,
): Following {
  const own = workloadQueries(target);
  const scope = {namespace: namespaceOf(target)};
  const followers = new Map<string, Follower>();
  const denied = new Map<ResourceName, Problem>();

  const follow = (resource: ResourceName, query: Query): Follower => {
    const stop = new AbortController();
    const changed = (change: Change<KubeObject>) => {
      if (!isWorkload(resource))
        for (const object of change.type === 'listed' ? followed.objects.values() : [change.object]) trim(object);
      onChange();
    };
    const followed: Followed<KubeObject> = cluster.follow(resource, query, changed, AbortSignal.any([signal, stop.signal]));
    followed.done.catch((error: unknown) => {
      if (signal.aborted || stop.signal.aborted) return;
      if (!(error instanceof ApiProblem) || error.reason !== 'Forbidden') return onFailure(error);
      denied.set(resource, error);
      const isVain = 'refs' in target ? isWorkload(resource) : own.every(([name]) => denied.has(name));
      if (isVain) return onFailure(error);
      onChange();
    });
    return {resource, namespace: query.namespace, followed, stop};
  };
  const want = (queries: readonly (readonly [ResourceName, Query])[]): void => {
    const wanted = new Map(queries.map((pair) => [JSON.stringify(pair), pair]));
    for (const [key, [resource, query]] of wanted) if (!followers.has(key)) followers.set(key, follow(resource, query));
    // What is no longer wanted serves until what takes its place is there.
    if (![...wanted.keys()].every((key) => isSynced(followers.get(key)))) return;
    for (const [key, {stop}] of followers) {
      if (wanted.has(key)) continue;
      stop.abort();
      followers.delete(key);
    }
  };
  const troubled = () =>
    [...followers.values()].filter(({resource, followed}) => followed.trouble !== undefined && !denied.has(resource));
  const isSynced = (follower: Follower | undefined): boolean =>
    follower !== undefined && (follower.followed.synced || denied.has(follower.resource));
  const all = <N extends ResourceName>(resource: N): Iterable<ObjectOf<N>> => {
    const copies = [...followers.values()].filter((follower) => follower.resource === resource);
    const [first] = copies;
    if (copies.length === 1 && first) return first.followed.objects.values() as Iterable<ObjectOf<N>>;
    return new Map(copies.flatMap(({followed}) => [...followed.objects])).values() as Iterable<ObjectOf<N>>;
  };

  want(own);
  return {
    workloads: () => {
      const named = 'refs' in target ? new Set(target.refs.map(workloadWords)) : undefined;
      const found = kinds.flatMap((kind) => Array.from(all(workloadKinds[kind].plural), (object) => asWorkload(kind, object)));
      return named === undefined ? found : found.filter((workload) => named.has(workloadWords(refOf(workload))));
    },
    surroundings: () => ({
      replicaSets: denied.has('replicasets') ? undefined : all('replicasets'),
      controllerRevisions: all('controllerrevisions'),
      pods: all('pods'),
      events: all('events'),
    }),
    surround: (workloads) => {
      const around = Object.entries(queriesAround(workloads, scope)) as [ResourceName, Query[]][];
      want([...own, ...around.flatMap(([resource, queries]) => queries.map((query) => [resource, query] as const))]);
    },
    synced: () => [...followers.values()].every(isSynced),
    trouble: () => troubled()[0]?.followed.trouble,
    isBlind: () => troubled().some(({resource}) => isWorkload(resource)),
    notes: () => [
      ...deniedNotes(denied),
      ...new Set(
        [...followers.values()]
          .filter(({followed}) => followed.mode === 'poll')
          .map(({resource, namespace}) => {
            const where = namespace === undefined ? '' : ` in namespace ${namespace}`;
            return `no right to watch ${resource}${where}: they are asked for again and again`;
          }),
      ),
    ],
  };
}

/** A third of a pod is who wrote which field: only of workloads does anybody ask. */
function trim({metadata}: KubeObject): void {
  delete metadata?.managedFields;
  delete metadata?.annotations?.['kubectl.kubernetes.io/last-applied-configuration'];
}

const kinds = Object.keys(workloadKinds) as WorkloadKind[];
const isWorkload = (resource: ResourceName): boolean => kinds.some((kind) => workloadKinds[kind].plural === resource);

/** One by one by name, as users have rights to (`resourceNames`), unless they are many. */
function workloadQueries(target: Target): (readonly [ResourceName, Query])[] {
  if ('query' in target) return kinds.map((kind) => [workloadKinds[kind].plural, target.query]);
  const {refs} = target;
  if (refs.length <= FEW) {
    return refs.map(({kind, namespace, name}) => [
      workloadKinds[kind].plural,
      {namespace, fieldSelector: `metadata.name=${name}`},
    ]);
  }
  const kindsThere = new Map(
    refs.map(({kind, namespace}) => [`${kind} ${namespace}`, [workloadKinds[kind].plural, {namespace}] as const]),
  );
  return [...kindsThere.values()];
}
