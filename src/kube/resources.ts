import type {
  CoreV1Event,
  V1ConfigMap,
  V1ControllerRevision,
  V1CronJob,
  V1DaemonSet,
  V1Deployment,
  V1Ingress,
  V1Job,
  V1Namespace,
  V1Node,
  V1PersistentVolume,
  V1Pod,
  V1ReplicaSet,
  V1ResourceQuota,
  V1Secret,
  V1Service,
  V1ServiceAccount,
  V1StatefulSet,
} from '@kubernetes/client-node';
import type {Json} from './json.ts';

/** Where a kind of object lives in the API. `T` is only a type: the shape of its objects. */
export interface Resource<T> {
  /** `v1`, `apps/v1` … */
  readonly apiVersion: string;
  readonly kind: string;
  readonly plural: string;
  readonly namespaced: boolean;
  /** Never set. */
  readonly shape?: T;
}

const namespaced = <T>(apiVersion: string, kind: string, plural: string): Resource<Json<T>> => ({
  apiVersion,
  kind,
  plural,
  namespaced: true,
});
const clusterWide = <T>(apiVersion: string, kind: string, plural: string): Resource<Json<T>> => ({
  apiVersion,
  kind,
  plural,
  namespaced: false,
});

export const resources = {
  configmaps: namespaced<V1ConfigMap>('v1', 'ConfigMap', 'configmaps'),
  controllerrevisions: namespaced<V1ControllerRevision>('apps/v1', 'ControllerRevision', 'controllerrevisions'),
  cronjobs: namespaced<V1CronJob>('batch/v1', 'CronJob', 'cronjobs'),
  daemonsets: namespaced<V1DaemonSet>('apps/v1', 'DaemonSet', 'daemonsets'),
  deployments: namespaced<V1Deployment>('apps/v1', 'Deployment', 'deployments'),
  events: namespaced<CoreV1Event>('v1', 'Event', 'events'),
  ingresses: namespaced<V1Ingress>('networking.k8s.io/v1', 'Ingress', 'ingresses'),
  jobs: namespaced<V1Job>('batch/v1', 'Job', 'jobs'),
  namespaces: clusterWide<V1Namespace>('v1', 'Namespace', 'namespaces'),
  nodes: clusterWide<V1Node>('v1', 'Node', 'nodes'),
  persistentvolumes: clusterWide<V1PersistentVolume>('v1', 'PersistentVolume', 'persistentvolumes'),
  pods: namespaced<V1Pod>('v1', 'Pod', 'pods'),
  replicasets: namespaced<V1ReplicaSet>('apps/v1', 'ReplicaSet', 'replicasets'),
  resourcequotas: namespaced<V1ResourceQuota>('v1', 'ResourceQuota', 'resourcequotas'),
  secrets: namespaced<V1Secret>('v1', 'Secret', 'secrets'),
  serviceaccounts: namespaced<V1ServiceAccount>('v1', 'ServiceAccount', 'serviceaccounts'),
  services: namespaced<V1Service>('v1', 'Service', 'services'),
  statefulsets: namespaced<V1StatefulSet>('apps/v1', 'StatefulSet', 'statefulsets'),
} as const;

export type ResourceName = keyof typeof resources;
export type ObjectOf<N extends ResourceName> = NonNullable<(typeof resources)[N]['shape']>;

/** `secrets`, `deployments.apps`: as RBAC, `kubectl` and an EncryptionConfiguration name it. */
export function qualifiedName({apiVersion, plural}: Pick<Resource<unknown>, 'apiVersion' | 'plural'>): string {
  const [group, version] = apiVersion.split('/');
  return version === undefined ? plural : `${plural}.${group}`;
}
