import type {V1Pod} from '@kubernetes/client-node';
import type {Json} from '../kube/json.ts';
import type {Revision, Situation} from './situation.ts';

type Pod = Json<V1Pod>;

/**
 * Pods that going back to `target` alone does not replace. A StatefulSet with the policy OrderedReady waits for a pod that is not ready
 * before it touches the next, and never replaces that one itself: https://github.com/kubernetes/kubernetes/issues/67250
 */
export function stuckPods({workload, pods}: Situation, target: Revision): Pod[] {
  if (workload.kind !== 'StatefulSet' || workload.spec?.updateStrategy?.type === 'OnDelete') return [];
  if (workload.spec?.podManagementPolicy === 'Parallel') return [];
  return pods
    .filter((pod) => pod.metadata?.labels?.['controller-revision-hash'] !== target.name && isBroken(pod))
    .sort((a, b) => ordinal(a) - ordinal(b));
}

/** Not ready, and not merely on its way: something failed already, or no node takes it. */
function isBroken({metadata, status}: Pod): boolean {
  if (metadata?.deletionTimestamp !== undefined) return false;
  // What ended is made anew by its controller.
  if (status?.phase === 'Failed' || status?.phase === 'Succeeded') return false;
  const condition = (type: string) => status?.conditions?.find((c) => c.type === type)?.status;
  if (condition('Ready') === 'True') return false;
  const containers = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
  return (
    condition('PodScheduled') === 'False' ||
    containers.some(
      ({restartCount, state}) =>
        restartCount > 0 || !['ContainerCreating', 'PodInitializing', undefined].includes(state?.waiting?.reason),
    ) ||
    containers.some(({ready, state}) => !ready && state?.running !== undefined)
  );
}

const ordinal = ({metadata}: Pod): number => Number(metadata?.name?.slice(metadata.name.lastIndexOf('-') + 1) ?? 0);
