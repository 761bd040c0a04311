import type {Cluster} from '../kube/cluster.ts';
import {ApiProblem} from '../kube/errors.ts';
import {hint, namespaceMissing, namespacesOf, unnamed} from '../kube/lookup.ts';
import {ExitCode, Problem} from '../problem.ts';
import {enumerate} from '../text/enumerate.ts';
import {nearest} from '../text/nearest.ts';
import {type WorkloadKind, type WorkloadRef, workloadKinds, workloadName, workloadWords} from './workload.ts';

/** Says that a workload does not exist, what does, and which of that was likely meant: a typo, another kind, another namespace. */
export async function workloadNotFound(cluster: Cluster, ref: WorkloadRef, signal: AbortSignal): Promise<Problem> {
  const {kind, namespace, name} = ref;
  const kinds = Object.keys(workloadKinds) as WorkloadKind[];
  const [elsewhere, namespaces, ...there] = await Promise.all([
    hint(cluster, workloadKinds[kind].plural, {fieldSelector: `metadata.name=${name}`}, signal),
    namespacesOf(cluster, signal),
    ...kinds.map(async (other) => {
      const listed = await hint(cluster, workloadKinds[other].plural, {namespace}, signal);
      if (listed instanceof ApiProblem) return listed;
      return listed.map(({metadata}): WorkloadRef => ({kind: other, namespace, name: metadata?.name ?? ''}));
    }),
  ]);
  return missing(ref, {
    there: there.flatMap((found) => (found instanceof ApiProblem ? [] : found)),
    denied: there.find((found) => found instanceof ApiProblem),
    elsewhere: elsewhere instanceof ApiProblem ? [] : elsewhere.flatMap(({metadata}) => metadata?.namespace ?? []).sort(),
    namespaces,
  });
}

/** Why a namespace that seems empty is: undefined where it exists, and where the user may not look. */
export async function namespaceNotFound(cluster: Cluster, namespace: string, signal: AbortSignal): Promise<Problem | undefined> {
  const retry = (near: string) => `kops rollout status -n ${near}`;
  return namespaceMissing(cluster, namespace, await namespacesOf(cluster, signal), retry);
}

/** What there is instead. */
export interface Instead {
  /** The workloads of the namespace that was asked for, as far as the user may list them. */
  readonly there: readonly WorkloadRef[];
  /** Why some of them, or all, are not known. */
  readonly denied: ApiProblem | undefined;
  /** Namespaces that have a workload of the same kind and name; none too where the user may not look. */
  readonly elsewhere: readonly string[];
  /** All namespaces of the cluster, or why they are not known. */
  readonly namespaces: readonly string[] | ApiProblem;
}

export function missing(ref: WorkloadRef, {there, denied, elsewhere, namespaces}: Instead): Problem {
  const {namespace} = ref;
  const because = (why: string, meant: WorkloadRef | undefined): Problem =>
    new Problem(`${workloadName(ref)} not found in namespace ${namespace}`, {
      why,
      next: meant ? `kops rollout status ${workloadWords(meant)}` : 'kops rollout status -A',
      exitCode: ExitCode.noAccess,
    });

  if (elsewhere[0] !== undefined)
    return because(`there is one in namespace ${enumerate(elsewhere)}`, {...ref, namespace: elsewhere[0]});
  const unknown = namespaces instanceof ApiProblem;
  if (!unknown && namespaces.length > 0 && !namespaces.includes(namespace)) {
    const near = nearest(namespace, namespaces);
    return because(`the cluster has no namespace ${namespace}`, near === undefined ? undefined : {...ref, namespace: near});
  }
  if (there.length === 0) {
    if (denied !== undefined) return because(unnamed(denied), undefined);
    return because(
      `there is no workload in it${unknown ? `, if there is such a namespace: ${namespaces.message}` : ''}`,
      undefined,
    );
  }
  const likeliest = likeliestFirst(ref, there);
  const more = denied === undefined ? '' : `, perhaps more: ${denied.message}`;
  return because(`the cluster has ${enumerate(likeliest.map(workloadName))} there${more}`, likeliest[0]);
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
