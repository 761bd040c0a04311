import type {Cluster} from '../kube/cluster.ts';
import {ApiProblem} from '../kube/errors.ts';
import type {KubeObject} from '../kube/json.ts';
import type {Missing} from '../pods/trouble.ts';
import type {Cause} from './status.ts';

/**
 * Takes the doom from causes whose ConfigMap, Secret or key was made since: kubelet only looks again ten seconds or more after it missed
 * it. Values are not read. Without the right to list the metadata a cause stays as it is.
 */
export async function withoutReturned(
  cluster: Cluster,
  causes: readonly Cause[],
  namespace: string,
  signal: AbortSignal,
): Promise<Cause[]> {
  return Promise.all(
    causes.map(async (cause) => {
      if (!cause.doomed || cause.missing === undefined || !(await isThere(cluster, cause.missing, namespace, signal)))
        return cause;
      return {...cause, doomed: false, message: `${cause.message}, said its node; by now it does`, hint: null};
    }),
  );
}

async function isThere(cluster: Cluster, {kind, name, key}: Missing, namespace: string, signal: AbortSignal): Promise<boolean> {
  const query = {namespace, fieldSelector: `metadata.name=${name}`};
  try {
    const [found] = await cluster.listMetadata(kind === 'Secret' ? 'secrets' : 'configmaps', query, signal);
    return found !== undefined && (key === undefined || hasKey(found, key));
  } catch (error) {
    if (error instanceof ApiProblem) return false;
    throw error;
  }
}

/** Who wrote which field names the keys. */
const hasKey = ({metadata}: KubeObject, key: string): boolean =>
  (metadata?.managedFields ?? []).some(({fieldsV1}) => {
    const fields = (fieldsV1 ?? {}) as Readonly<Record<string, object | undefined>>;
    return [fields['f:data'], fields['f:binaryData']].some((data) => data !== undefined && `f:${key}` in data);
  });
