import type {V1Pod} from '@kubernetes/client-node';
import type {Json} from '../kube/json.ts';

type Pod = Json<V1Pod>;

/**
 * What is worth holding on to of a pod among tens of thousands: of one that is well whose it is and how its containers fare, of any other
 * all but the server's book-keeping. Either is diagnosed as the whole pod would be.
 */
export function leanPod(pod: Pod): Pod {
  const {metadata, spec, status, ...kind} = pod;
  if (metadata === undefined || spec === undefined || status === undefined || !isWell(pod)) {
    delete metadata?.managedFields;
    return pod;
  }
  const {containerStatuses = [], initContainerStatuses = []} = status;
  return {
    ...kind,
    metadata: pick(metadata, ['name', 'namespace', 'uid', 'labels', 'ownerReferences', 'creationTimestamp']),
    spec: {
      ...pick(spec, ['nodeName']),
      containers: spec.containers.map((container) => pick(container, CONTAINER)),
      initContainers: (spec.initContainers ?? []).map((container) => pick(container, CONTAINER)),
    },
    status: {
      ...pick(status, ['phase', 'startTime', 'conditions']),
      containerStatuses: containerStatuses.map((one) => pick(one, STATUS)),
      initContainerStatuses: initContainerStatuses.map((one) => pick(one, STATUS)),
    },
  };
}

const CONTAINER = ['name', 'image', 'restartPolicy', 'readinessProbe', 'livenessProbe', 'startupProbe'] as const;
const STATUS = ['name', 'image', 'imageID', 'ready', 'started', 'restartCount', 'state'] as const;

/** Ready, not on its way out, and no container of it ever failed. */
const isWell = ({metadata, status}: Pod): boolean =>
  metadata?.deletionTimestamp === undefined &&
  status?.phase === 'Running' &&
  (status.conditions ?? []).some((condition) => condition.type === 'Ready' && condition.status === 'True') &&
  [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])].every(({restartCount}) => restartCount === 0);

const pick = <T extends object, K extends keyof T>(from: T, keys: readonly K[]): Pick<T, K> =>
  Object.fromEntries(keys.filter((key) => key in from).map((key) => [key, from[key]])) as Pick<T, K>;
