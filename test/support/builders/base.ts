import type {V1DeploymentCondition, V1ObjectMeta} from '@kubernetes/client-node';
import type {Json} from '../../../src/kube/json.ts';

/** The present of every built object, in epoch milliseconds. */
export const NOW = Date.parse('2026-05-04T10:00:00Z');
/** RFC 3339, as the API server writes it: without fractions. */
export const ago = (seconds: number): string => new Date(NOW - seconds * 1000).toISOString().replace('.000Z', 'Z');
/** UIDs follow from kind and name, so that owners and events find their objects. */
export const uidOf = (kind: string, name: string): string => `${kind.toLowerCase()}-${name}`;

export type Condition = Partial<Json<V1DeploymentCondition>>;

export interface Meta {
  name?: string;
  namespace?: string;
  uid?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  createdAt?: string;
  deletedAt?: string | undefined;
  finalizers?: string[];
  owner?: Owner | undefined;
}
export interface Owner {
  kind: string;
  metadata?: {name?: string; uid?: string};
}

export function metadata(kind: string, name: string, meta: Meta): Json<V1ObjectMeta> {
  const {namespace = 'shop', labels = {app: 'web'}, annotations, createdAt = ago(3600), deletedAt, finalizers, owner} = meta;
  return {
    name,
    namespace,
    uid: meta.uid ?? uidOf(kind, name),
    resourceVersion: '1000',
    creationTimestamp: createdAt,
    labels,
    ...(annotations && {annotations}),
    ...(finalizers && {finalizers}),
    ...(deletedAt && {deletionTimestamp: deletedAt, deletionGracePeriodSeconds: 30}),
    ...(owner && {
      ownerReferences: [
        {
          apiVersion: 'apps/v1',
          kind: owner.kind,
          name: owner.metadata?.name ?? '',
          uid: owner.metadata?.uid ?? '',
          controller: true,
          blockOwnerDeletion: true,
        },
      ],
    }),
  };
}

export function condition({type = 'Progressing', status = 'True', reason = '', message = '', ...times}: Condition) {
  const {lastUpdateTime = ago(30), lastTransitionTime = lastUpdateTime} = times;
  return {type, status, reason, message, lastUpdateTime, lastTransitionTime};
}
