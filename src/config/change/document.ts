import {isAlias, isMap, isScalar, LineCounter, type Pair, parseDocument, Scalar} from 'yaml';
import {bytes} from '../../text/bytes.ts';
import {isPrintable, jsonText} from '../../text/json.ts';
import {printable} from '../../text/printable.ts';
import {keyFlaw} from '../create/keys.ts';
import {splitValues, type Values} from './values.ts';

/** What is wrong in an edited text. The message may quote it: it is for the text itself, not for the screen. */
export interface Flaw {
  /** Counted from one; absent where it is about all of it. */
  readonly line?: number | undefined;
  readonly message: string;
}

/** What a text asks for: a value for each key, null where the key is to go. */
export type Wish = ReadonlyMap<string, string | null>;

export type Parsed = {readonly wish: Wish} | {readonly flaws: readonly Flaw[]};

/** Marks a key in a kept edit that is to be deleted: no value can look like it. */
const REMOVED = '!removed';
const FLAW = '#! ';

/** What an editor shows: comments, then a key and its value each, as YAML; what is no text only as a comment. `title`: what it is, and where. */
export function toText(values: Values, title: string): string {
  const {text, binary} = splitValues(values);
  const sizes = [...binary].map(([key, value]) => `#   ${key}  ${bytes(value.length)}`);
  return [
    ...title.split('\n').map((line) => `# ${printable(line)}`),
    '# Each value is text, quoted or not. A key that is deleted here is deleted there. To leave all as it is, save nothing.',
    ...(sizes.length > 0 ? ['# No text, so not shown; these stay as they are:', ...sizes] : []),
    ...[...text].map(([key, value]) => entry(key, value)),
    '',
  ].join('\n');
}

/** A kept edit: only the keys that it changes. */
export function toKeptText(wish: Wish, title: string): string {
  const lines = [...wish].map(([key, value]) => (value === null ? `${quotedKey(key)}: ${REMOVED} ""` : entry(key, value)));
  return [...title.split('\n').map((line) => `# ${printable(line)}`), ...lines, ''].join('\n');
}

function entry(key: string, value: string): string {
  if (!isBlock(value)) return `${quotedKey(key)}: ${isPlain(value) ? value : jsonText(value)}`;
  const end = value.endsWith('\n') ? (/(^|\n)\n$/.test(value) ? '+' : '') : '-';
  const lines = (value.endsWith('\n') ? value.slice(0, -1) : value).split('\n');
  const indent = /^\s/.test(value) ? '2' : '';
  return [`${quotedKey(key)}: |${indent}${end}`, ...lines.map((line) => (line === '' ? '' : `  ${line}`))].join('\n');
}

const quotedKey = (key: string): string => (/^[A-Za-z0-9_][\w.-]*$/.test(key) ? key : jsonText(key));
const isPlain = (value: string): boolean => /^[A-Za-z_/][\w./-]*$/.test(value);

/**
 * Several lines that an editor shows and saves as they are. Of blank lines alone nobody could see where they end, and
 * spaces that are all of the last line the parser drops, if the first one is indented.
 */
const isBlock = (value: string): boolean =>
  value.includes('\n') && value.trim() !== '' && !/\n +\n*$/.test(value) && isPrintable(value);

/** Whether it holds nothing but comments: what an editor leaves that was told to save nothing. */
export const isBlank = (text: string): boolean => text.split('\n').every((line) => /^\s*(#.*)?$/.test(line));

/** The text with what is wrong with it above, in place of what was there of that. Lines are numbered as they then are. */
export function withFlaws(text: string, flaws: readonly Flaw[]): string {
  const head = [`${FLAW}Nothing was written. Mend this and save, or save it as it is to leave:`];
  const shift = head.length + flaws.length;
  const lines = flaws.map(
    ({line, message}) => `${FLAW}${line === undefined ? '' : `line ${line + shift}: `}${printable(message)}`,
  );
  return [...head, ...lines, withoutFlaws(text)].join('\n');
}

/** What was typed, less what `withFlaws` put above it. */
export function withoutFlaws(text: string): string {
  const lines = text.split('\n');
  const first = lines.findIndex((line) => !line.startsWith(FLAW));
  return lines.slice(Math.max(first, 0)).join('\n');
}

/** Reads back what an editor saved. All values are text: `8080` and `true` too. */
export function parseText(text: string): Parsed {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, {schema: 'failsafe', lineCounter, prettyErrors: false, keepSourceTokens: true});
  const lineAt = (offset: number | undefined) => (offset === undefined ? undefined : lineCounter.linePos(offset).line);
  const flaws: Flaw[] = document.errors.map(({pos, message}) => ({line: lineAt(pos[0]), message}));
  const wish = new Map<string, string | null>();
  const {contents} = document;
  if (flaws.length > 0) return {flaws};
  if (contents === null || (isScalar(contents) && contents.value === '')) return {wish};
  if (!isMap(contents)) return {flaws: [{line: 1, message: 'this is no list of keys, each with ": " and its value'}]};
  for (const pair of contents.items) {
    const read = readPair(pair);
    if ('message' in read) flaws.push({line: lineAt(read.at), message: read.message});
    else wish.set(read.key, read.value);
  }
  return flaws.length > 0 ? {flaws} : {wish};
}

type Read = {readonly key: string; readonly value: string | null} | {readonly at: number | undefined; readonly message: string};

function readPair({key: name, value: node}: Pair): Read {
  const at = isScalar(name) ? name.range?.[0] : undefined;
  if (!isScalar(name) || typeof name.value !== 'string') return {at, message: 'a key is a word'};
  const key = name.value;
  const flaw = keyFlaw(key);
  if (flaw !== undefined) return {at, message: `"${key}" cannot be a key: ${flaw}`};
  if (isAlias(node)) return {at, message: `the value of ${key} begins with "*": quote it`};
  if (node === null) return {key, value: ''};
  if (!isScalar(node) || typeof node.value !== 'string')
    return {at, message: `the value of ${key} is no text: quote it, or write "|" behind the colon and indent the lines below`};
  if (node.tag === REMOVED) return {key, value: null};
  if (node.anchor !== undefined || (node.tag !== undefined && node.tag !== 'tag:yaml.org,2002:str'))
    return {at, message: `the value of ${key} begins with "${node.anchor === undefined ? '!' : '&'}": quote it`};
  const isBlockScalar = node.type === Scalar.BLOCK_LITERAL || node.type === Scalar.BLOCK_FOLDED;
  if (node.comment && !isBlockScalar && !isBelow(node))
    return {at, message: `what follows "#" behind the value of ${key} is no part of it: quote the value, or delete that`};
  return {key, value: node.value};
}

/** A comment on lines of its own is attached to the value before it. */
function isBelow({srcToken}: Scalar): boolean {
  const end = srcToken !== undefined && 'end' in srcToken ? (srcToken.end ?? []) : [];
  return (
    end.findIndex(({type}) => type === 'newline') < end.findIndex(({type}) => type === 'comment') && end[0]?.type === 'newline'
  );
}
