import {createHash} from 'node:crypto';
import type {ConfigObject} from './object.ts';

/**
 * What `kubectl create --append-hash` appends to a name: of the kind, the name, the type of a Secret, and the data. Source: pkg/util/hash of
 * kubectl, which kustomize shares. It encodes with Go's encoding/json: keys in the order of their bytes, and with its escapes.
 */
export function nameHash(object: ConfigObject): string {
  const {kind, immutable, metadata} = object;
  const fields: Record<string, string> = {
    kind: goJson(kind),
    name: goJson(metadata.name),
    data: goMap(object.data),
    ...(object.kind === 'Secret' && {type: goJson(object.type ?? '')}),
    ...(object.kind === 'ConfigMap' && object.binaryData && {binaryData: goMap(object.binaryData)}),
    ...(immutable !== undefined && {immutable: String(immutable)}),
  };
  const encoded = byKey(Object.entries(fields)).map(([name, json]) => `"${name}":${json}`);
  const digest = createHash('sha256')
    .update(`{${encoded.join(',')}}`)
    .digest('hex');
  return [...digest.slice(0, 10)].map((digit) => SAFE[digit] ?? digit).join('');
}

/** No vowels, so that no words come of it. */
const SAFE: Readonly<Record<string, string>> = {'0': 'g', '1': 'h', '3': 'k', a: 'm', e: 't'};

/** Not through an object: JavaScript would put keys that are numbers first. */
const goMap = (map: Readonly<Record<string, string>> = {}): string =>
  `{${byKey(Object.entries(map))
    .map(([key, value]) => `${goJson(key)}:${goJson(value)}`)
    .join(',')}}`;

/** A string as Go's encoding/json has it: safe within HTML, too. */
export const goJson = (text: string): string =>
  JSON.stringify(text).replaceAll(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`,
  );

const byKey = <T>(entries: readonly [string, T][]): [string, T][] => entries.toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
