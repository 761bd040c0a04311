import {basename} from 'node:path';
import {printable} from '../../text/printable.ts';
import {invalid} from './invalid.ts';

/** Where a value comes from. */
export type Source =
  | {readonly via: 'literal'; readonly key: string; readonly value: string}
  /** `key` is absent where the file's own name is to be it. */
  | {readonly via: 'file'; readonly key?: string | undefined; readonly path: string}
  | {readonly via: 'env-file'; readonly path: string}
  | {readonly via: 'stdin'; readonly key: string}
  | {readonly via: 'prompt'; readonly key: string}
  | {readonly via: 'random'; readonly key: string; readonly bytes: number};

/** The words behind the flags. */
export interface SourceWords {
  readonly fromLiteral?: readonly string[] | undefined;
  readonly fromFile?: readonly string[] | undefined;
  readonly fromEnvFile?: readonly string[] | undefined;
  readonly fromStdin?: string | undefined;
  readonly prompt?: readonly string[] | undefined;
  readonly random?: readonly string[] | undefined;
}

/** Throws a Problem where one is not of the form that its flag takes, or where env files come with other sources. */
export function parseSources(words: SourceWords): Source[] {
  const {fromLiteral = [], fromFile = [], fromEnvFile = [], fromStdin, prompt = [], random = []} = words;
  const envFiles = fromEnvFile.flatMap((word) => splitList('--from-env-file', word));
  const others: Source[] = [
    ...fromLiteral.map(parseLiteral),
    ...fromFile.flatMap((word) => splitList('--from-file', word)).map(parseFile),
    ...(fromStdin === undefined ? [] : [{via: 'stdin', key: fromStdin} as const]),
    ...prompt.map((key) => ({via: 'prompt', key}) as const),
    ...random.map(parseRandom),
  ];
  if (envFiles.length > 0 && others.length > 0)
    throw invalid(
      '--from-env-file cannot be combined with other sources',
      'one object is either the variables of env files or single keys, as with kubectl',
      'make two objects of it: envFrom of a container takes several',
    );
  return [...envFiles.map((path) => ({via: 'env-file', path}) as const), ...others];
}

/** No message quotes it: what was meant as the key may be the value. */
function parseLiteral(word: string): Source {
  const at = word.indexOf('=');
  if (at < 1)
    throw invalid('--from-literal takes KEY=VALUE', at === 0 ? 'the key before "=" is missing' : 'there is no "=" in it');
  const [key, value] = [word.slice(0, at), word.slice(at + 1)];
  if (value.includes('\uFFFD'))
    throw invalid(
      `the value of --from-literal ${printable(key)} is not UTF-8`,
      'bytes of it were lost on the way: arguments are text',
      `take it from a file or a pipe: --from-file ${printable(key)}=PATH, --from-stdin ${printable(key)}`,
    );
  return {via: 'literal', key, value};
}

function parseFile(word: string): Source {
  const shown = printable(word) || '""';
  const [key = '', path, more] = word.split('=');
  if (more !== undefined)
    throw invalid(
      `--from-file ${shown} is ambiguous`,
      'neither a key nor a path may hold "="',
      'pipe the file in: --from-stdin KEY < PATH',
    );
  if (path === undefined && word !== '') return {via: 'file', path: word};
  if (!key || !path) throw invalid(`--from-file ${shown} is incomplete`, 'it takes PATH or KEY=PATH');
  return {via: 'file', key, path};
}

/** The key of a file that was given none. */
export const keyOfPath = (path: string): string => basename(path);

const RANDOM_BYTES = 32;
const LEAST_RANDOM_BYTES = 8;
const MOST_RANDOM_BYTES = 65_536;

function parseRandom(word: string): Source {
  const [key = '', count = String(RANDOM_BYTES), more] = word.split('=');
  const bytes = Number(count);
  const isCount = /^\d+$/.test(count) && more === undefined;
  if (key === '' || !isCount || bytes < LEAST_RANDOM_BYTES || bytes > MOST_RANDOM_BYTES)
    throw invalid(
      `--random ${printable(word)} cannot be made`,
      `it takes KEY or KEY=BYTES, from ${LEAST_RANDOM_BYTES} to ${MOST_RANDOM_BYTES} of them; without a number ${RANDOM_BYTES}`,
    );
  return {via: 'random', key, bytes};
}

/**
 * The items of a list with commas, as CSV quotes them: what kubectl does with `--from-file` and `--from-env-file`. It drops what follows a line
 * feed, without a word; here that is a Problem.
 */
function splitList(flag: string, list: string): string[] {
  const refuse = (why: string) =>
    invalid(`${flag} ${printable(list)} cannot be read`, why, `a path with a comma is quoted: ${flag} '"a,b"'`);
  const items: string[] = [];
  const item = /(?:"((?:[^"]|"")*)"|([^",\n][^",\n]*|))(,|$)/y;
  for (let end = false; !end; ) {
    const match = item.exec(list);
    if (match === null)
      throw refuse(
        /\n/.test(list) ? 'there is a line feed in it' : 'its quotes are not those of a list: "…", and "" within them',
      );
    items.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? '');
    end = match[3] === '';
  }
  return items;
}
