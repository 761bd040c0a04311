import {createHash} from 'node:crypto';
import {jsonText} from '../../text/json.ts';
import {type Parsed, parseText, type Wish, withoutFlaws} from './document.ts';
import {splitValues, type Values} from './values.ts';

const BASE = '#= ';

/** All of a text that cannot be read yet, with a digest of each value it was made from: by that `parseKept` tells what was changed in it. */
export function toKeptWhole(text: string, before: Values): string {
  const digests = Object.fromEntries([...splitValues(before).text].map(([key, value]) => [key, digestOf(value)]));
  return [
    '# All that was edited. By the next line --from tells what of it was changed: leave it as it is.',
    `${BASE}${jsonText(digests)}`,
    text,
  ].join('\n');
}

/** What a kept edit changes: of a whole text what differs from the one it was made from, and else all that is in it. */
export function parseKept(text: string): Parsed {
  const parsed = parseText(withoutFlaws(text));
  if ('flaws' in parsed) return parsed;
  const line = text.split('\n').findIndex((one) => one.startsWith(BASE));
  if (line === -1) return parsed;
  const base = digestsIn(text.split('\n')[line]?.slice(BASE.length) ?? '');
  return base === undefined ? {flaws: [{line: line + 1, message: 'it was changed'}]} : {wish: wishSince(base, parsed.wish)};
}

function wishSince(base: ReadonlyMap<string, unknown>, wish: Wish): Wish {
  const removed = [...base.keys()].filter((key) => !wish.has(key)).map((key) => [key, null] as const);
  const changed = [...wish].filter(([key, value]) => value === null || base.get(key) !== digestOf(value));
  return new Map([...removed, ...changed]);
}

function digestsIn(json: string): ReadonlyMap<string, unknown> | undefined {
  try {
    return new Map(Object.entries(JSON.parse(json) as object));
  } catch {
    return undefined;
  }
}

const digestOf = (value: string): string => createHash('sha256').update(value).digest('hex').slice(0, 16);
