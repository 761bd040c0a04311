import {isUtf8} from 'node:buffer';
import type {JsonPatch} from '../../kube/cluster.ts';
import type {ConfigObject} from '../create/object.ts';
import {asText} from '../read/base64.ts';

/** The bytes behind each key. A map, because `__proto__` is a key like any other, and numbers keep their place. */
export type Values = ReadonlyMap<string, Buffer>;

/** What becomes of one key. Sizes in bytes; null where there is no such key on that side. */
export interface KeyChange {
  readonly key: string;
  readonly change: 'added' | 'changed' | 'removed';
  readonly before: number | null;
  readonly after: number | null;
}

/** Of a Secret decoded; of a ConfigMap both of its fields. In the order of the keys. */
export function valuesOf(object: ConfigObject): Map<string, Buffer> {
  const fromBase64 = (text: string) => Buffer.from(text, 'base64');
  const plain = Object.entries(object.kind === 'ConfigMap' ? (object.data ?? {}) : {});
  const encoded = Object.entries((object.kind === 'ConfigMap' ? object.binaryData : object.data) ?? {});
  const all = [
    ...encoded.map(([key, value]) => [key, fromBase64(value)] as const),
    ...plain.map(([key, value]) => [key, Buffer.from(value)] as const),
  ];
  return new Map(all.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** What can be shown and edited as text, and what cannot. */
export function splitValues(values: Values): {text: Map<string, string>; binary: Map<string, Buffer>} {
  const text = new Map<string, string>();
  const binary = new Map<string, Buffer>();
  for (const [key, value] of values) {
    const read = asText(value);
    if (read === undefined) binary.set(key, value);
    else text.set(key, read);
  }
  return {text, binary};
}

/** What differs, by key. */
export function keyChanges(before: Values, after: Values): KeyChange[] {
  const keys = [...new Set([...before.keys(), ...after.keys()])].sort();
  return keys.flatMap((key): KeyChange[] => {
    const [old, now] = [before.get(key), after.get(key)];
    if (isSame(old, now)) return [];
    const change = old === undefined ? 'added' : now === undefined ? 'removed' : 'changed';
    return [{key, change, before: old?.length ?? null, after: now?.length ?? null}];
  });
}

export const isSame = (a: Buffer | undefined, b: Buffer | undefined): boolean =>
  a === undefined || b === undefined ? a === b : a.equals(b);

/** What was asked for, upon what others made of it meanwhile. */
export interface Merged {
  readonly values: Values;
  /** Keys that others changed, and that stay as they made them. */
  readonly theirs: readonly string[];
  /** Keys that both changed, to different values: of these `values` has mine. */
  readonly conflicts: readonly string[];
}

/** Three ways, key by key: a key is taken from the side that changed it. */
export function mergeValues(base: Values, mine: Values, theirs: Values): Merged {
  const values = new Map(theirs);
  const isMine = new Set(keyChanges(base, mine).map(({key}) => key));
  const isTheirs = keyChanges(base, theirs).map(({key}) => key);
  for (const key of isMine) {
    const value = mine.get(key);
    if (value === undefined) values.delete(key);
    else values.set(key, value);
  }
  return {
    values,
    theirs: isTheirs.filter((key) => !isMine.has(key)),
    conflicts: isTheirs.filter((key) => isMine.has(key) && !isSame(mine.get(key), theirs.get(key))),
  };
}

/**
 * The operations that give an object these values and touch no key that has its value already: a server that somebody else writes to keeps
 * all else. No precondition yet. Keys need no escaping in a pointer.
 */
export function patchOf(object: ConfigObject, after: Values): JsonPatch {
  const before = valuesOf(object);
  const remove: {op: 'remove'; path: string}[] = [];
  const add: {op: 'add'; path: string; value: unknown}[] = [];
  const fresh: Record<Field, (readonly [string, string])[]> = {data: [], binaryData: []};
  for (const {key} of keyChanges(before, after)) {
    const value = after.get(key);
    const from = before.has(key) ? fieldIn(object, key) : undefined;
    const to = value && fieldFor(object, value);
    if (from !== undefined && from !== to) remove.push({op: 'remove', path: `/${from}/${key}`});
    if (value === undefined || to === undefined) continue;
    const stored = object.kind === 'ConfigMap' && to === 'data' ? value.toString('utf8') : value.toString('base64');
    if (mapIn(object, to) === undefined) fresh[to].push([key, stored]);
    else add.push({op: 'add', path: `/${to}/${key}`, value: stored});
  }
  const made = (['data', 'binaryData'] as const).filter((field) => fresh[field].length > 0);
  return [
    ...remove,
    ...add,
    ...made.map((field) => ({op: 'add', path: `/${field}`, value: Object.fromEntries(fresh[field])}) as const),
  ];
}

type Field = 'data' | 'binaryData';

const mapIn = (object: ConfigObject, field: Field): object | undefined =>
  (field === 'data' ? object.data : 'binaryData' in object ? object.binaryData : undefined) ?? undefined;

const fieldIn = (object: ConfigObject, key: string): Field =>
  Object.hasOwn(mapIn(object, 'data') ?? {}, key) ? 'data' : 'binaryData';

const fieldFor = ({kind}: ConfigObject, value: Buffer): Field => (kind === 'Secret' || isUtf8(value) ? 'data' : 'binaryData');
