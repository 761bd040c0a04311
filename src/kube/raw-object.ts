import type {ApiResponse} from './api.ts';
import {readFields, type WireField} from './protobuf.ts';
import {elementsOf, membersOf, textOf} from './raw-json.ts';
import type {Resource} from './resources.ts';

/** An object as the API server sent it: to be written back byte for byte. */
export interface RawObject {
  /** Undefined where its kind is not namespaced. */
  readonly namespace: string | undefined;
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly body: Buffer;
  /** Of the body. */
  readonly contentType: string;
}

export interface RawList {
  readonly items: readonly RawObject[];
  readonly continue: string | undefined;
  readonly remainingItemCount: number | undefined;
}

const JSON_TYPE = 'application/json';
const PROTOBUF = 'application/vnd.kubernetes.protobuf';
/** Protobuf costs server and client a tenth less; custom resources have JSON alone. */
export const RAW = `${PROTOBUF},${JSON_TYPE}`;

export const isProtobuf = ({headers}: Pick<ApiResponse, 'headers'>): boolean =>
  String(headers['content-type'] ?? '').startsWith(PROTOBUF);

/** A list as the API server answered it. Throws a SyntaxError where it is none; the parser's words may quote a Secret. */
export function parseRawList(response: ApiResponse, resource: Resource<unknown>): RawList {
  return isProtobuf(response) ? protobufList(response.body, resource) : jsonList(response.body);
}

/** An object as a GET answered it; see `parseRawList`. */
export function parseRawObject(response: ApiResponse): RawObject {
  const {body} = response;
  if (!isProtobuf(response)) return jsonObject(body);
  return {...protobufMetadata(body, rawOf(body)), body, contentType: PROTOBUF};
}

function jsonList(body: Buffer): RawList {
  const members = membersOf(body, {start: 0});
  const [metadata, items] = [members.get('metadata'), members.get('items')];
  if (metadata === undefined || items === undefined) throw new SyntaxError('this is no list');
  const list = textOf(body, items) === 'null' ? [] : elementsOf(body, items);
  const {continue: token, remainingItemCount} = JSON.parse(textOf(body, metadata)) as {
    continue?: string;
    remainingItemCount?: number;
  };
  return {
    items: list.map(({start, end}) => jsonObject(body.subarray(start, end))),
    continue: token || undefined,
    remainingItemCount,
  };
}

function jsonObject(body: Buffer): RawObject {
  const span = membersOf(body, {start: 0}).get('metadata');
  if (span === undefined) throw new SyntaxError('an object has no metadata');
  const {namespace, name, uid, resourceVersion} = JSON.parse(textOf(body, span)) as Record<string, string | undefined>;
  if (name === undefined || uid === undefined || resourceVersion === undefined) throw new SyntaxError('an object has no name');
  return {namespace, name, uid, resourceVersion, body, contentType: JSON_TYPE};
}

/** What all Kubernetes protobuf begins with; then comes a `runtime.Unknown`. */
const MAGIC = Buffer.from('k8s\0');
// https://github.com/kubernetes/apimachinery, generated.proto of runtime and meta/v1. Of every object field 1 is its ObjectMeta; of every
// list field 1 is its ListMeta and field 2 an item.
const UNKNOWN = {typeMeta: 1, raw: 2};
const TYPE_META = {apiVersion: 1, kind: 2};
const LIST_META = {continue: 3, remainingItemCount: 4};
const OBJECT_META = {name: 1, namespace: 3, uid: 5, resourceVersion: 6};
const METADATA = 1;
const ITEM = 2;

function protobufList(body: Buffer, {apiVersion, kind}: Resource<unknown>): RawList {
  const type = [...delimited(TYPE_META.apiVersion, Buffer.from(apiVersion)), ...delimited(TYPE_META.kind, Buffer.from(kind))];
  const head = [MAGIC, ...delimited(UNKNOWN.typeMeta, Buffer.concat(type))];
  const items: RawObject[] = [];
  const metadata = new Map<number, WireField>();
  for (const field of fieldsOf(body, rawOf(body))) {
    if (field.number === METADATA) for (const inner of fieldsOf(body, field)) metadata.set(inner.number, inner);
    if (field.number !== ITEM) continue;
    const object = Buffer.concat([...head, ...delimited(UNKNOWN.raw, body.subarray(field.start, field.end))]);
    items.push({...protobufMetadata(body, field), body: object, contentType: PROTOBUF});
  }
  const token = metadata.get(LIST_META.continue);
  return {
    items,
    continue: (token && textOf(body, token)) || undefined,
    remainingItemCount: metadata.get(LIST_META.remainingItemCount)?.value,
  };
}

/** Where the object itself lies in what an API server sends. */
function rawOf(body: Buffer): WireField {
  if (!body.subarray(0, MAGIC.length).equals(MAGIC)) throw new SyntaxError('this is no Kubernetes protobuf');
  const raw = fieldsOf(body, {start: MAGIC.length, end: body.length}).find(({number}) => number === UNKNOWN.raw);
  if (raw === undefined) throw new SyntaxError('there is no object in it');
  return raw;
}

function protobufMetadata(body: Buffer, object: Pick<WireField, 'start' | 'end'>): Omit<RawObject, 'body' | 'contentType'> {
  const metadata = fieldsOf(body, object).find(({number}) => number === METADATA);
  if (metadata === undefined) throw new SyntaxError('an object has no metadata');
  const fields = new Map(fieldsOf(body, metadata).map((field) => [field.number, field]));
  const text = (number: number): string | undefined => {
    const field = fields.get(number);
    return (field && textOf(body, field)) || undefined;
  };
  const [name, uid, resourceVersion] = [text(OBJECT_META.name), text(OBJECT_META.uid), text(OBJECT_META.resourceVersion)];
  if (name === undefined || uid === undefined || resourceVersion === undefined) throw new SyntaxError('an object has no name');
  return {namespace: text(OBJECT_META.namespace), name, uid, resourceVersion};
}

function fieldsOf(bytes: Buffer, {start, end}: Pick<WireField, 'start' | 'end'>): WireField[] {
  const fields = readFields(bytes, start, end);
  if (fields === undefined) throw new SyntaxError('this is no protobuf message');
  return fields;
}

/** A field that holds bytes, text or a message: its tag and length, and its content. */
function delimited(number: number, content: Buffer): [Buffer, Buffer] {
  const head = [number * 8 + 2];
  let rest = content.length;
  for (; rest > 0x7f; rest = Math.floor(rest / 128)) head.push((rest % 128) + 128);
  return [Buffer.from([...head, rest]), content];
}
