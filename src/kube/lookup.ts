import {nearest} from '../text/nearest.ts';
import type {Cluster, ObjectRef} from './cluster.ts';
import {ApiProblem} from './errors.ts';
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
  throw (await namespaceMissing(cluster, ref, retry, signal)) ?? (await nameMissing(cluster, resource, ref, retry, signal));
}

async function namespaceMissing(
  cluster: Cluster,
  {name, namespace}: {name: string; namespace: string},
  retry: (ref: {name: string; namespace: string}) => string,
  signal: AbortSignal,
): Promise<ApiProblem | undefined> {
  const namespaces = await namesOf(cluster, 'namespaces', undefined, signal);
  if (namespaces === undefined || namespaces.includes(namespace)) return undefined;
  const near = nearest(namespace, namespaces);
  return new ApiProblem(`namespace ${namespace} does not exist in ${cluster.context}`, {
    status: 404,
    reason: 'NotFound',
    why: `the cluster has ${some(namespaces)}`,
    next: near ? retry({name, namespace: near}) : 'kubectl get namespaces',
  });
}

async function nameMissing(
  cluster: Cluster,
  resource: ResourceName,
  {name, namespace}: {name: string; namespace: string},
  retry: (ref: {name: string; namespace: string}) => string,
  signal: AbortSignal,
): Promise<ApiProblem> {
  const kind = resources[resource].kind.toLowerCase();
  const names = (await namesOf(cluster, resource, namespace, signal)) ?? [];
  const near = nearest(name, names);
  return new ApiProblem(`${kind}/${name} not found in namespace ${namespace}`, {
    status: 404,
    reason: 'NotFound',
    why:
      names.length > 0
        ? `the cluster has ${some(near ? [near, ...names.filter((n) => n !== near)] : names, `${kind}/`)} there`
        : `there is no ${kind} in that namespace`,
    next: near ? retry({name: near, namespace}) : `kubectl get ${resource} -n ${namespace}`,
  });
}

/** Undefined where the user may not list them: a hint is not worth a second error. */
async function namesOf(
  cluster: Cluster,
  resource: ResourceName,
  namespace: string | undefined,
  signal: AbortSignal,
): Promise<string[] | undefined> {
  try {
    const objects = await cluster.list(resource, {namespace}, signal);
    return objects.map(({metadata}) => metadata?.name ?? '').sort();
  } catch (error) {
    if (error instanceof ApiProblem) return undefined;
    throw error;
  }
}

/** The first few, and how many more there are. */
function some(names: readonly string[], prefix = ''): string {
  const shown = names.slice(0, 4).map((name) => `${prefix}${name}`);
  if (names.length > shown.length) return `${shown.join(', ')} and ${names.length - shown.length} more`;
  return shown.length > 1 ? `${shown.slice(0, -1).join(', ')} and ${shown.at(-1)}` : shown.join('');
}
