import type {Cluster} from '../kube/cluster.ts';
import {discoverResources} from '../kube/discovery.ts';
import {qualifiedName} from '../kube/resources.ts';

/** What names and wildcards stand for in this cluster, as an EncryptionConfiguration has them. Unknown ones are a Problem. */
export async function expandResources({api}: Cluster, names: readonly string[], signal: AbortSignal): Promise<string[]> {
  return (await discoverResources(api, names, ['list'], signal)).map(qualifiedName);
}
