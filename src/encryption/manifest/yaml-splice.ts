import {
  type Document,
  isCollection,
  isMap,
  isNode,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  stringify,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml';
import {goYaml} from '../../text/go-yaml.ts';
import type {Path} from './yaml-text.ts';

/** A text and what it parses to. */
export interface Source {
  readonly text: string;
  readonly document: Document;
}

/*
 * Changes of a YAML text as a careful person makes them: a line more, a line less, everything else as it stands. They give undefined for
 * what is written in a way that they do not know (aliases, several values on a line …), and it is for the caller to check the outcome.
 */

/** A value where there is none yet: at the end of a list, or as a field with all that is missing above it. */
export function spliceIn(source: Source, path: Path, value: unknown): string | undefined {
  const {document} = source;
  let depth = path.length - 1;
  while (depth > 0 && !isCollection(at(document, path.slice(0, depth)))) depth -= 1;
  const parent = at(document, path.slice(0, depth));
  const step = path[depth];
  const nested = path.slice(depth + 1).reduceRight<unknown>((inner, key) => ({[key]: inner}), value);
  if (isSeq(parent)) return parent.flow ? intoFlow(source, parent, JSON.stringify(value)) : behindItems(source, parent, value);
  if (!isMap(parent) || typeof step !== 'string') return undefined;
  const empty = parent.items.find(({key}) => String(key) === step);
  if (empty) return overNull(source, empty, {[step]: nested});
  if (!parent.flow) return behindFields(source, parent, {[step]: nested});
  const holder = depth > 0 && !isJson(source) && parent.items.length === 0 ? pairAt(document, path.slice(0, depth)) : undefined;
  if (holder) return overNull(source, holder, {[String(holder.key)]: {[step]: nested}});
  return intoFlow(source, parent, `${JSON.stringify(step)}: ${JSON.stringify(nested)}`);
}

/** Another scalar in place of one, in the same quotes. */
export function spliceOver({text, document}: Source, path: Path, value: string): string | undefined {
  const node = at(document, path);
  if (!isScalar(node) || !node.range) return undefined;
  const [start, end] = node.range;
  return text.slice(0, start) + quotedLike(text[start], value) + text.slice(end);
}

function quotedLike(quote: string | undefined, value: string): string {
  if (quote === '"') return JSON.stringify(value);
  if (quote === "'") return `'${value.replaceAll("'", "''")}'`;
  return stringify(value, {...goYaml, lineWidth: 0}).trimEnd();
}

/** A list item or a field less. */
export function spliceOut(source: Source, path: Path): string | undefined {
  const {text, document} = source;
  const parent = at(document, path.slice(0, -1));
  const step = path.at(-1);
  if (isSeq(parent) && typeof step === 'number') {
    const item = parent.items[step];
    if (parent.flow) return outOfFlow(text, parent.items.map(rangeOf), step);
    const [start = 0] = rangeOf(item) ?? [];
    return /^\s*-\s+$/.test(text.slice(lineStart(text, start), start)) ? withoutLines(text, start, endOf(item)) : undefined;
  }
  if (!isMap(parent)) return undefined;
  const index = parent.items.findIndex(({key}) => String(key) === step);
  const pair = parent.items[index];
  if (pair === undefined) return undefined;
  if (parent.flow) return outOfFlow(text, parent.items.map(rangeOfPair), index);
  const [start, end] = rangeOfPair(pair) ?? [];
  if (start === undefined || end === undefined || text.slice(lineStart(text, start), start).trim() !== '') return undefined;
  if (parent.items.length > 1) return withoutLines(text, start, end);
  const holder = pairAt(document, path.slice(0, -1));
  const colon = isNode(holder?.key) ? text.indexOf(':', holder.key.range?.[1]) : -1;
  return colon < 0 ? undefined : `${text.slice(0, colon + 1)} {}${newlineOf(text)}${text.slice(lineEnd(text, end))}`;
}

const at = (document: Document, path: Path): unknown => (path.length === 0 ? document.contents : document.getIn(path, true));

function pairAt(document: Document, path: Path): Pair | undefined {
  const parent = at(document, path.slice(0, -1));
  if (!isMap(parent) || parent.flow) return undefined;
  return parent.items.find(({key}) => String(key) === String(path.at(-1)));
}

export const newlineOf = (text: string): string => (text.includes('\r\n') ? '\r\n' : '\n');
const isJson = ({text}: Source): boolean => text.trimStart().startsWith('{');
const lineStart = (text: string, offset: number): number => text.lastIndexOf('\n', offset - 1) + 1;

/** Behind the line's end; `offset` itself where that is the start of a line. */
function lineEnd(text: string, offset: number): number {
  if (offset === lineStart(text, offset) && offset > 0) return offset;
  const newline = text.indexOf('\n', offset);
  return newline < 0 ? text.length : newline + 1;
}

/** Where the last value in a node ends; a block's own range takes in the comments behind it. */
function endOf(node: unknown): number {
  if (isMap(node) && !node.flow && node.items.length > 0) return endOf(node.items.at(-1)?.value ?? node.items.at(-1)?.key);
  if (isSeq(node) && !node.flow && node.items.length > 0) return endOf(node.items.at(-1));
  return isNode(node) ? (node.range?.[1] ?? 0) : 0;
}

type Range = readonly [start: number, end: number];
const rangeOf = (node: unknown): Range | undefined => (isNode(node) && node.range ? [node.range[0], endOf(node)] : undefined);
function rangeOfPair({key, value}: Pair): Range | undefined {
  const start = isNode(key) ? key.range?.[0] : undefined;
  return start === undefined ? undefined : [start, Math.max(endOf(key), endOf(value))];
}

const columnOf = (text: string, {range}: Node): number => (range ? range[0] - lineStart(text, range[0]) : 0);

/** Whether lists stand deeper than the field that they are of. kubeadm, like Go, writes them at the same depth. */
export function indentsLists({text, document}: Source): boolean {
  const field = /^( *)[\w.-]+:[ \t]*(?:#.*)?\r?\n(?:[ \t]*(?:#.*)?\r?\n)*( *)- /m.exec(text);
  return field !== null && isNode(document.contents) && (field[2]?.length ?? 0) > (field[1]?.length ?? 0);
}

/** Lines of YAML, indented. */
function block(source: Source, value: unknown, column: number): string {
  const lines = stringify(value, {...goYaml, lineWidth: 0, indentSeq: indentsLists(source)})
    .trimEnd()
    .split('\n');
  const newline = newlineOf(source.text);
  return lines.map((line) => `${' '.repeat(column)}${line}${newline}`).join('');
}

/** After the line in which something ends. */
function insertLines({text}: Source, end: number, lines: string): string {
  const position = lineEnd(text, end);
  const before = text.slice(0, position);
  return before + (before === '' || before.endsWith('\n') ? '' : newlineOf(text)) + lines + text.slice(position);
}

function behindItems(source: Source, list: YAMLSeq, item: unknown): string | undefined {
  if (list.items.length === 0) return undefined;
  return insertLines(source, endOf(list), block(source, [item], columnOf(source.text, list)));
}

function behindFields(source: Source, map: YAMLMap, fields: object): string | undefined {
  if (map.items.length === 0) return undefined;
  return insertLines(source, endOf(map), block(source, fields, columnOf(source.text, map)));
}

/** A field whose value is null or an empty collection, written anew; a comment behind it stays. */
function overNull(source: Source, {key, value}: Pair, fields: object): string | undefined {
  const {text} = source;
  const start = isNode(key) ? key.range?.[0] : undefined;
  if (start === undefined || !isNode(key) || isJson(source)) return undefined;
  const end = lineEnd(text, Math.max(endOf(key), endOf(value)));
  const comment = /^:[ \t]*(?:null|~|\{\}|\[\])?[ \t]*(#.*)?$/.exec(text.slice(endOf(key), end).trimEnd());
  if (!comment) return undefined;
  const column = start - lineStart(text, start);
  const [first = '', ...rest] = block(source, fields, column).trimEnd().split('\n');
  const head = first.trim() + (comment[1] ? ` ${comment[1]}` : '');
  const newline = newlineOf(text);
  return text.slice(0, start) + [head, ...rest.map((line) => line.replace(/\r$/, ''))].join(newline) + newline + text.slice(end);
}

/** At the end of `[…]` or `{…}`, on a line of its own where the last one has that. */
function intoFlow({text}: Source, collection: YAMLMap | YAMLSeq, item: string): string | undefined {
  if (!collection.range) return undefined;
  const ranges = collection.items.map((entry) => (isNode(entry) ? rangeOf(entry) : rangeOfPair(entry as Pair)));
  const last = ranges.at(-1);
  if (last === undefined) {
    const open = collection.range[0] + 1;
    return text.slice(0, open) + item + text.slice(collection.range[1] - 1);
  }
  const [start, end] = last;
  const lead = /[ \t\r\n]*$/.exec(text.slice(collection.range[0] + 1, start))?.[0] ?? '';
  if (lead.includes('\n') && /^[ \t]*,/.test(text.slice(end))) {
    const next = lineEnd(text, end);
    return `${text.slice(0, next)}${lead.slice(lead.lastIndexOf('\n') + 1)}${item},${newlineOf(text)}${text.slice(next)}`;
  }
  return `${text.slice(0, end)},${lead === '' ? ' ' : lead}${item}${text.slice(end)}`;
}

function outOfFlow(text: string, ranges: readonly (Range | undefined)[], index: number): string | undefined {
  const [before, it, after] = [ranges[index - 1], ranges[index], ranges[index + 1]];
  if (it === undefined) return undefined;
  if (before) return text.slice(0, before[1]) + text.slice(it[1]);
  return text.slice(0, it[0]) + text.slice(after ? after[0] : it[1]);
}

const withoutLines = (text: string, start: number, end: number): string =>
  text.slice(0, lineStart(text, start)) + text.slice(lineEnd(text, end));
