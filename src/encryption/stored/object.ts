import {parseObject} from '../../kube/json.ts';
import {readFields, type WireField} from '../../kube/protobuf.ts';
import type {Range} from '../../text/hexdump.ts';
import {counted} from '../../text/plural.ts';

/** A decrypted value of etcd. */
export interface StoredObject {
  readonly encoding: 'protobuf' | 'json' | 'unknown';
  /** Of the version it is stored in. */
  readonly apiVersion: string | undefined;
  readonly kind: string | undefined;
  /** Of protobuf: where the object itself lies, behind its wrapper. */
  readonly start: number;
  readonly end: number;
}

/** Before what the API server stores as protobuf. Source: k8s.io/apimachinery/pkg/runtime/serializer/protobuf. */
const MAGIC = Buffer.from('k8s\0');

export function readStored(plain: Buffer): StoredObject {
  const whole = {start: 0, end: plain.length};
  if (plain.subarray(0, MAGIC.length).equals(MAGIC)) {
    // runtime.Unknown: typeMeta 1, raw 2
    const fields = readFields(plain, MAGIC.length) ?? [];
    const type = fields.find(({number}) => number === 1);
    const raw = fields.find(({number}) => number === 2);
    const names = (type && readFields(plain, type.start, type.end)) ?? [];
    const name = (number: number) =>
      textOf(
        plain,
        names.find((field) => field.number === number),
      );
    return {encoding: 'protobuf', apiVersion: name(1), kind: name(2), ...(raw ? {start: raw.start, end: raw.end} : whole)};
  }
  const object = plain[0] === OPENING_BRACE ? (parseObject(plain.toString('utf8')) as TypeMeta | undefined) : undefined;
  if (object === undefined) return {encoding: 'unknown', apiVersion: undefined, kind: undefined, ...whole};
  return {encoding: 'json', apiVersion: object.apiVersion, kind: object.kind, ...whole};
}
const OPENING_BRACE = 0x7b;

interface TypeMeta {
  readonly apiVersion?: string;
  readonly kind?: string;
}

const isSecret = ({apiVersion, kind}: StoredObject): boolean => apiVersion === 'v1' && kind === 'Secret';

/** How the fields of a message are called, by their numbers. */
type Message = Readonly<Record<number, readonly [name: string, type: FieldType]>>;
type FieldType =
  | 'string'
  | 'int'
  | 'bool'
  | 'time'
  | 'json'
  /** `map<string, string>` and `map<string, bytes>`; on a Secret their values are nobody's business. */
  | 'texts'
  | 'blobs'
  | {readonly repeated: 'string' | Message}
  | {readonly one: Message};

/** Source of the numbers: k8s.io/apimachinery/pkg/apis/meta/v1/generated.proto. */
const OBJECT_META: Message = {
  1: ['name', 'string'],
  2: ['generateName', 'string'],
  3: ['namespace', 'string'],
  4: ['selfLink', 'string'],
  5: ['uid', 'string'],
  6: ['resourceVersion', 'string'],
  7: ['generation', 'int'],
  8: ['creationTimestamp', 'time'],
  9: ['deletionTimestamp', 'time'],
  10: ['deletionGracePeriodSeconds', 'int'],
  11: ['labels', 'texts'],
  12: ['annotations', 'texts'],
  13: [
    'ownerReferences',
    {
      repeated: {
        5: ['apiVersion', 'string'],
        1: ['kind', 'string'],
        3: ['name', 'string'],
        4: ['uid', 'string'],
        6: ['controller', 'bool'],
        7: ['blockOwnerDeletion', 'bool'],
      },
    },
  ],
  14: ['finalizers', {repeated: 'string'}],
  17: [
    'managedFields',
    {
      repeated: {
        1: ['manager', 'string'],
        2: ['operation', 'string'],
        3: ['apiVersion', 'string'],
        4: ['time', 'time'],
        6: ['fieldsType', 'string'],
        7: ['fieldsV1', 'json'],
        8: ['subresource', 'string'],
      },
    },
  ],
};

/** Source: k8s.io/api/core/v1/generated.proto. Every other kind has its metadata in field 1 too. */
const KINDS: Readonly<Record<string, Message>> = {
  'v1 Secret': {
    1: ['metadata', {one: OBJECT_META}],
    2: ['data', 'blobs'],
    3: ['type', 'string'],
    4: ['stringData', 'texts'],
    5: ['immutable', 'bool'],
  },
  'v1 ConfigMap': {
    1: ['metadata', {one: OBJECT_META}],
    2: ['data', 'texts'],
    3: ['binaryData', 'blobs'],
    4: ['immutable', 'bool'],
  },
};
const ANY: Message = {1: ['metadata', {one: OBJECT_META}]};

const messageOf = ({apiVersion, kind}: StoredObject): Message => KINDS[`${apiVersion} ${kind}`] ?? ANY;

/** Whether `decodeStored` knows the names of all its fields; else it gives most of them by number. */
export const isKnownKind = (stored: StoredObject): boolean =>
  stored.encoding === 'json' || `${stored.apiVersion} ${stored.kind}` in KINDS;

/** The object as it is stored, without asking anybody; undefined where its encoding is unknown. Nothing is masked. */
export function decodeStored(plain: Buffer, stored = readStored(plain)): object | undefined {
  const {encoding, apiVersion, kind, start, end} = stored;
  if (encoding === 'json') return parseObject(plain.toString('utf8'));
  if (encoding === 'unknown') return undefined;
  return {apiVersion, kind, ...decode(plain, start, end, messageOf(stored))};
}

function decode(bytes: Buffer, start: number, end: number, message: Message): Record<string, unknown> {
  let object: Record<string, unknown> = {};
  for (const field of readFields(bytes, start, end) ?? []) {
    const [name, type] = message[field.number] ?? [`field ${field.number}`, undefined];
    const value = combined(object[name], field, type);
    if (value !== '' && value !== 0) object = {...object, [name]: value}; // written in full, and left out of JSON
  }
  return object;

  /** The value of a field that has come before, or not yet. */
  function combined(before: unknown, field: WireField, type: FieldType | undefined): unknown {
    if (type === undefined) return before === undefined ? guess(bytes, field) : [before, guess(bytes, field)].flat();
    if (type === 'texts' || type === 'blobs') {
      const {key, value} = entryOf(bytes, field);
      const content = value === undefined ? Buffer.alloc(0) : slice(bytes, value);
      return {...(before as object | undefined), [key]: content.toString(type === 'texts' ? 'utf8' : 'base64')};
    }
    if (typeof type !== 'object' || 'one' in type) return single(bytes, field, type);
    const item = type.repeated === 'string' ? textOf(bytes, field) : decode(bytes, field.start, field.end, type.repeated);
    return [...((before as unknown[] | undefined) ?? []), item];
  }
}

function single(bytes: Buffer, field: WireField, type: Exclude<FieldType, 'texts' | 'blobs' | {repeated: unknown}>): unknown {
  if (type === 'string') return textOf(bytes, field);
  if (type === 'int') return field.value;
  if (type === 'bool') return field.value === 1;
  if (type === 'time') return timeOf(bytes, field);
  if (type === 'json') {
    const raw = readFields(bytes, field.start, field.end)?.find(({number}) => number === 1);
    return raw && parseObject(slice(bytes, raw).toString('utf8'));
  }
  return decode(bytes, field.start, field.end, type.one);
}

/** What a field without a name is: a number, text, a message, else bytes. */
function guess(bytes: Buffer, field: WireField): unknown {
  if (field.value !== undefined) return field.value;
  const content = slice(bytes, field);
  const text = content.toString('utf8');
  if (content.length > 0 && !/[\p{Cc}\ufffd]/u.test(text.replaceAll(/[\n\t]/g, ''))) return text;
  const fields = readFields(bytes, field.start, field.end);
  return fields ? decode(bytes, field.start, field.end, {}) : content.toString('base64');
}

const slice = (bytes: Buffer, {start, end}: {start: number; end: number}): Buffer => bytes.subarray(start, end);
const textOf = (bytes: Buffer, field: WireField | undefined): string | undefined => field && slice(bytes, field).toString('utf8');

function entryOf(bytes: Buffer, {start, end}: WireField): {key: string; value: WireField | undefined} {
  const fields = readFields(bytes, start, end) ?? [];
  const numbered = (wanted: number) => fields.find(({number}) => number === wanted);
  return {key: textOf(bytes, numbered(1)) ?? '', value: numbered(2)};
}

function timeOf(bytes: Buffer, {start, end}: WireField): string | null {
  const seconds = readFields(bytes, start, end)?.find(({number}) => number === 1)?.value;
  return seconds === undefined ? null : new Date(seconds * 1000).toISOString().replace('.000Z', 'Z');
}

/**
 * What of a decrypted value nobody should see without having asked for it: of a Secret what is in it, and its annotations, one of which
 * repeats it all where `kubectl apply` made it. What is not understood of a Secret is sensitive. Nothing of any other object is.
 */
export function sensitiveRanges(plain: Buffer, mayBeSecret: boolean): Range[] {
  const stored = readStored(plain);
  const {encoding, start, end} = stored;
  if (encoding === 'protobuf' && stored.kind !== undefined && !isSecret(stored) && !mayBeSecret) return [];
  if (encoding === 'protobuf' && isSecret(stored)) return hidden(plain, start, end, messageOf(stored));
  return isSecret(stored) || mayBeSecret ? [{start: 0, end: plain.length}] : [];
}

function hidden(bytes: Buffer, start: number, end: number, message: Message): Range[] {
  const fields = readFields(bytes, start, end);
  if (fields === undefined) return [{start, end}];
  return fields.flatMap((field) => {
    const [name, type] = message[field.number] ?? [];
    if (type === undefined) return [field];
    if (type === 'blobs' || (type === 'texts' && name !== 'labels')) return hiddenValue(bytes, field);
    return typeof type === 'object' && 'one' in type ? hidden(bytes, field.start, field.end, type.one) : [];
  });
}

function hiddenValue(bytes: Buffer, entry: WireField): Range[] {
  const fields = readFields(bytes, entry.start, entry.end);
  return fields === undefined ? [entry] : fields.filter(({number}) => number !== 1);
}

/** The same object with what `sensitiveRanges` hides replaced by its size; objects of other kinds as they are. */
export function maskSecret(object: object): object {
  const {apiVersion, kind, metadata, ...rest} = object as TypeMeta & {
    metadata?: {annotations?: Strings};
    data?: Strings;
    stringData?: Strings;
  };
  if (apiVersion !== 'v1' || kind !== 'Secret') return object;
  const {data, stringData, ...others} = rest;
  const annotations = metadata?.annotations;
  return {
    apiVersion,
    kind,
    ...(metadata && {metadata: {...metadata, ...(annotations && {annotations: masked(annotations, Buffer.byteLength)})}}),
    ...(data && {data: masked(data, (text) => Buffer.from(text, 'base64').length)}),
    ...(stringData && {stringData: masked(stringData, Buffer.byteLength)}),
    ...others,
  };
}

type Strings = Readonly<Record<string, string>>;

const masked = (values: Strings, sizeOf: (text: string) => number): Strings =>
  Object.fromEntries(Object.entries(values).map(([key, text]) => [key, `•••••• (${counted(sizeOf(text), 'byte')})`]));
