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

/** The object that a text is; undefined where it is none. No error: the parser's words quote the text, which may hold a Secret. */
export function parseObject(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
