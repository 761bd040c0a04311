import {isUtf8} from 'node:buffer';
import type {V1ConfigMap, V1ObjectMeta, V1Secret} from '@kubernetes/client-node';
import type {Json} from '../../kube/json.ts';
import {nameHash} from './hash.ts';
import {checkEntries, type Entry} from './keys.ts';
import {checkMetadata, checkName} from './metadata.ts';
import {checkType} from './secret-types.ts';

type Metadata = Json<V1ObjectMeta> & {name: string};
export type ConfigMapObject = Json<V1ConfigMap> & {kind: 'ConfigMap'; metadata: Metadata};
export type SecretObject = Json<V1Secret> & {kind: 'Secret'; metadata: Metadata};
export type ConfigObject = ConfigMapObject | SecretObject;

/** What is wanted, apart from what is in it. */
export interface Draft {
  readonly kind: ConfigObject['kind'];
  readonly name: string;
  /** Absent: that of the context, which is known later. */
  readonly namespace?: string | undefined;
  /** Of a Secret; absent: the API server's default, Opaque. */
  readonly type?: string | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
  readonly annotations?: Readonly<Record<string, string>> | undefined;
  readonly immutable?: boolean | undefined;
  readonly appendHash?: boolean | undefined;
}

/** The object as kubectl would make it of the same entries. Throws a Problem on all that the API server would not take. */
export function buildObject(draft: Draft, entries: readonly Entry[]): ConfigObject {
  checkMetadata(draft);
  checkEntries(entries);
  const sorted = entries.toSorted((a, b) => (a.key < b.key ? -1 : 1));
  const object = draft.kind === 'Secret' ? secretOf(draft, sorted) : configMapOf(draft, sorted);
  if (!draft.appendHash) return object;
  const name = `${draft.name}-${nameHash(object)}`;
  checkName(name);
  return {...object, metadata: {...object.metadata, name}};
}

function configMapOf(draft: Draft, entries: readonly Entry[]): ConfigMapObject {
  const text = entries.filter(({value}) => isUtf8(value)).map(({key, value}) => [key, value.toString('utf8')] as const);
  const binary = entries.filter(({value}) => !isUtf8(value)).map(({key, value}) => [key, value.toString('base64')] as const);
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: metadataOf(draft),
    ...(draft.immutable && {immutable: true}),
    ...(text.length > 0 && {data: Object.fromEntries(text)}),
    ...(binary.length > 0 && {binaryData: Object.fromEntries(binary)}),
  };
}

function secretOf(draft: Draft, entries: readonly Entry[]): SecretObject {
  checkType(draft, entries);
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: metadataOf(draft),
    ...(draft.immutable && {immutable: true}),
    ...(entries.length > 0 && {data: Object.fromEntries(entries.map(({key, value}) => [key, value.toString('base64')]))}),
    ...(draft.type && {type: draft.type}),
  };
}

function metadataOf({name, namespace, labels = {}, annotations = {}}: Draft): Metadata {
  return {
    name,
    ...(namespace !== undefined && {namespace}),
    ...(Object.keys(labels).length > 0 && {labels: {...labels}}),
    ...(Object.keys(annotations).length > 0 && {annotations: {...annotations}}),
  };
}
