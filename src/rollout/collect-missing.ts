import type {Cluster} from '../kube/cluster.ts';
import {ApiProblem} from '../kube/errors.ts';
import {ExitCode, Problem} from '../problem.ts';
import {nearest} from '../text/nearest.ts';
import {type WorkloadKind, type WorkloadRef, workloadKinds, workloadName, workloadWords} from './workload.ts';

/** Says that a workload does not exist, what does, and which of that was likely meant: a typo, another kind, another namespace. */
export async function workloadNotFound(cluster: Cluster, ref: WorkloadRef, signal: AbortSignal): Promise<Problem> {
  const {kind, namespace, name} = ref;
  const [there, elsewhere, namespaces] = await Promise.all([
    namesIn(cluster, namespace, signal),
    unlessDenied(cluster.list(workloadKinds[kind].plural, {fieldSelector: `metadata.name=${name}`}, signal)),
    unlessDenied(cluster.list('namespaces', {}, signal)),
  ]);
  return missing(ref, {
    there,
    elsewhere: elsewhere.flatMap(({metadata}) => metadata?.namespace ?? []).sort(),
    namespaces: namespaces.flatMap(({metadata}) => metadata?.name ?? []),
  });
}

/** Why a namespace that seems empty is: undefined where it exists, and where the user may not look. */
export async function namespaceNotFound(cluster: Cluster, namespace: string, signal: AbortSignal): Promise<Problem | undefined> {
  const names = (await unlessDenied(cluster.list('namespaces', {}, signal))).flatMap(({metadata}) => metadata?.name ?? []);
  if (names.length === 0 || names.includes(namespace)) return undefined;
  const near = nearest(namespace, names);
  return new Problem(`namespace ${namespace} not found`, {
    why: `the cluster has ${enumerate(near === undefined ? names : [near, ...names.filter((name) => name !== near)])}`,
    next: near === undefined ? 'kops rollout status -A' : `kops rollout status -n ${near}`,
    exitCode: ExitCode.noAccess,
  });
}

/** What there is instead. Empty where there is nothing, and where the user may not look. */
export interface Instead {
  /** All workloads of the namespace that was asked for. */
  readonly there: readonly WorkloadRef[];
  /** Namespaces that have a workload of the same kind and name. */
  readonly elsewhere: readonly string[];
  /** All namespaces of the cluster. */
  readonly namespaces: readonly string[];
}

export function missing(ref: WorkloadRef, {there, elsewhere, namespaces}: Instead): Problem {
  const {namespace} = ref;
  const because = (why: string, meant: WorkloadRef | undefined): Problem =>
    new Problem(`${workloadName(ref)} not found in namespace ${namespace}`, {
      why,
      next: meant ? `kops rollout status ${workloadWords(meant)}` : 'kops rollout status -A',
      exitCode: ExitCode.noAccess,
    });

  if (elsewhere[0] !== undefined)
    return because(`there is one in namespace ${enumerate(elsewhere)}`, {...ref, namespace: elsewhere[0]});
  if (namespaces.length > 0 && !namespaces.includes(namespace)) {
    const near = nearest(namespace, namespaces);
    return because(`the cluster has no namespace ${namespace}`, near === undefined ? undefined : {...ref, namespace: near});
  }
  if (there.length === 0) return because('there is no workload in it', undefined);
  const likeliest = likeliestFirst(ref, there);
  return because(`the cluster has ${enumerate(likeliest.map(workloadName))} there`, likeliest[0]);
}

/** The same name under another kind, then the nearest name, then what is of the same kind. */
function likeliestFirst({kind, name}: WorkloadRef, there: readonly WorkloadRef[]): WorkloadRef[] {
  const sameKindFirst = there.toSorted((a, b) => Number(b.kind === kind) - Number(a.kind === kind));
  const near = nearest(
    name,
    sameKindFirst.map((other) => other.name),
  );
  const rank = (other: WorkloadRef) => Number(other.name === name) * 2 + Number(other.name === near);
  return sameKindFirst.toSorted((a, b) => rank(b) - rank(a));
}

async function namesIn(cluster: Cluster, namespace: string, signal: AbortSignal): Promise<WorkloadRef[]> {
  const kinds = Object.keys(workloadKinds) as WorkloadKind[];
  const lists = kinds.map(async (kind) => {
    const objects = await unlessDenied(cluster.list(workloadKinds[kind].plural, {namespace}, signal));
    return objects.map(({metadata}): WorkloadRef => ({kind, namespace, name: metadata?.name ?? ''}));
  });
  return (await Promise.all(lists)).flat();
}

/** What is only said to help may be missing. */
async function unlessDenied<T>(list: Promise<T[]>): Promise<T[]> {
  try {
    return await list;
  } catch (error) {
    if (error instanceof ApiProblem) return [];
    throw error;
  }
}

const NAMED = 4;

/** `deployment/web`, `deployment/web and statefulset/db`; of many the first few and how many more. */
function enumerate(names: readonly string[]): string {
  if (names.length > NAMED + 1) return `${names.slice(0, NAMED).join(', ')} and ${names.length - NAMED} more`;
  return [names.slice(0, -1).join(', '), names.at(-1)].filter(Boolean).join(' and ');
}
