import {enumerate} from '../text/enumerate.ts';
import {nearest} from '../text/nearest.ts';
import type {Cluster, ObjectRef, Query} from './cluster.ts';
import {ApiProblem, NotFound} from './errors.ts';
import type {KubeObject} from './json.ts';
import {type ObjectOf, type ResourceName, resources} from './resources.ts';

/**
 * As `cluster.get`, but where the object does not exist the Problem says what does: the namespace that was meant, or the nearest name.
 * `retry` turns the right name and namespace into the command to type.
 */
export async function getNamed<N extends ResourceName>(
  cluster: Cluster,
  resource: N,
  ref: ObjectRef & {namespace: string},
  retry: (ref: {name: string; namespace: string}) => string,
  signal: AbortSignal,
): Promise<ObjectOf<N>> {
  const found = await cluster.find(resource, ref, signal);
  if (found !== undefined) return found;
  const {name, namespace} = ref;
  const namespaces = await namespacesOf(cluster, signal);
  const elsewhere = (near: string) => retry({name, namespace: near});
  throw namespaceMissing(cluster, namespace, namespaces, elsewhere) ?? (await nameMissing());

  async function nameMissing(): Promise<ApiProblem> {
    const kind = resources[resource].kind.toLowerCase();
    const missing = (why: string, next: string | undefined) =>
      new NotFound(`${kind}/${name} not found in namespace ${namespace}`, {status: 404, reason: 'NotFound', why, next});
    const listed = await hint(cluster, resource, {namespace}, signal);
    if (listed instanceof ApiProblem) return missing(unnamed(listed), listed.next);
    const names = namesOf(listed);
    if (names.length === 0) {
      const perhaps = namespaces instanceof ApiProblem ? `, if there is such a namespace: ${namespaces.message}` : '';
      return missing(`there is no ${kind} in that namespace${perhaps}`, `kubectl get ${resource} -A`);
    }
    const near = nearest(name, names);
    const likeliest = nearestFirst(names, near).map((other) => `${kind}/${other}`);
    return missing(
      `the cluster has ${enumerate(likeliest)} there`,
      near === undefined ? `kubectl get ${resource} -n ${namespace}` : retry({name: near, namespace}),
    );
  }
}

/** Undefined where the namespace exists, and where nobody knows. `retry` turns the right name into the command to type. */
export function namespaceMissing(
  {context}: Pick<Cluster, 'context'>,
  namespace: string,
  namespaces: readonly string[] | ApiProblem,
  retry: (namespace: string) => string,
): ApiProblem | undefined {
  if (namespaces instanceof ApiProblem || namespaces.length === 0 || namespaces.includes(namespace)) return undefined;
  const near = nearest(namespace, namespaces);
  return new NotFound(`namespace ${namespace} not found`, {
    status: 404,
    reason: 'NotFound',
    why: `${context} has ${enumerate(nearestFirst(namespaces, near))}`,
    next: near === undefined ? 'kubectl get namespaces' : retry(near),
  });
}

/** Sorted. None where a proxy before the API server keeps them to itself: a cluster always has some. */
export async function namespacesOf(cluster: Cluster, signal: AbortSignal): Promise<string[] | ApiProblem> {
  const listed = await hint(cluster, 'namespaces', {}, signal);
  return listed instanceof ApiProblem ? listed : namesOf(listed);
}

/** The metadata of what there is, or why that cannot be told: what is only said to help is not worth an error of its own. */
export async function hint(
  cluster: Cluster,
  resource: ResourceName,
  query: Query,
  signal: AbortSignal,
): Promise<KubeObject[] | ApiProblem> {
  try {
    return await cluster.listMetadata(resource, query, signal);
  } catch (error) {
    if (error instanceof ApiProblem) return error;
    throw error;
  }
}

/** What to say where there may well be a nearest name, and nobody may look. */
export const unnamed = (denied: ApiProblem): string => `${denied.message}, so no name can be suggested`;

const namesOf = (objects: readonly KubeObject[]): string[] => objects.map(({metadata}) => metadata?.name ?? '').sort();

const nearestFirst = (names: readonly string[], near: string | undefined): readonly string[] =>
  near === undefined ? names : [near, ...names.filter((name) => name !== near)];
