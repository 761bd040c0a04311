import type {Cluster, Query} from '../../kube/cluster.ts';
import {getNamed} from '../../kube/lookup.ts';
import {commandOf, type Decoded, decodeConfigMap, decodeSecret} from './decode.ts';

/** One Secret or ConfigMap of the cluster, decoded; of it one key where that is named. Rejects with exit code 5 where there is no such thing. */
export async function readDecoded(
  cluster: Cluster,
  kind: Decoded['kind'],
  {name, key}: {readonly name: string; readonly key?: string | undefined},
  signal: AbortSignal,
): Promise<Decoded> {
  const ref = {namespace: cluster.namespace, name};
  const retry = (other: {name: string; namespace: string}) =>
    [commandOf({kind}), other.name, ...(key === undefined ? [] : [key]), '-n', other.namespace].join(' ');
  return kind === 'DecodedSecret'
    ? decodeSecret(await getNamed(cluster, 'secrets', ref, retry, signal), key)
    : decodeConfigMap(await getNamed(cluster, 'configmaps', ref, retry, signal), key);
}

/** All that a query selects, decoded; by namespace and name. */
export async function listDecoded(
  cluster: Cluster,
  kind: Decoded['kind'],
  query: Query,
  signal: AbortSignal,
): Promise<Decoded[]> {
  return kind === 'DecodedSecret'
    ? (await cluster.list('secrets', query, signal)).map((secret) => decodeSecret(secret))
    : (await cluster.list('configmaps', query, signal)).map((configMap) => decodeConfigMap(configMap));
}
