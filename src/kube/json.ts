import type {V1ObjectMeta} from '@kubernetes/client-node';

/** An API object as it travels: what client-node types as `Date` is an RFC 3339 string. */
export type Json<T> = T extends Date
  ? string
  : T extends (infer U)[]
    ? Json<U>[]
    : T extends object
      ? {[K in keyof T]: Json<T[K]>}
      : T;

/** What every object of the API has. */
export interface KubeObject {
  apiVersion?: string;
  kind?: string;
  metadata?: Json<V1ObjectMeta>;
}
