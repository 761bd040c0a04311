import {createTwoFilesPatch, FILE_HEADERS_ONLY} from 'diff';
import {type Pair, stringify} from 'yaml';
import {respell} from './diff-template.ts';
import {meaningful, type Template, type Value} from './semantic.ts';

/** YAML as people write manifests: an item's name and image first, the rest by name; lists not indented; no line broken. */
export const toYaml = (value: Value): string =>
  stringify(value, {sortMapEntries: byField, indentSeq: false, lineWidth: 0, aliasDuplicateObjects: false});

/** A unified diff, as `diff -u` and `patch` have it, of what two templates mean in YAML; empty where they mean the same. */
export function unifiedDiff(before: Template, after: Template, names: {before: string; after: string}): string {
  const old = meaningful(before);
  const [a, b] = [toYaml(old), toYaml(respell(old, meaningful(after)))];
  if (a === b) return '';
  return createTwoFilesPatch(names.before, names.after, a, b, undefined, undefined, {
    context: 3,
    headerOptions: FILE_HEADERS_ONLY,
  });
}

const FIRST = ['name', 'image'];
function byField(a: Pair, b: Pair): number {
  const [x, y] = [String(a.key), String(b.key)];
  return rank(x) - rank(y) || (x < y ? -1 : 1);
}
const rank = (field: string): number => (FIRST.includes(field) ? FIRST.indexOf(field) : FIRST.length);
