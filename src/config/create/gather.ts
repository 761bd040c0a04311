import {isUtf8} from 'node:buffer';
import {bytes} from '../../text/bytes.ts';
import {enumerate} from '../../text/enumerate.ts';
import {printable} from '../../text/printable.ts';
import {newlineHurts} from '../read/newline.ts';
import {parseEnvFile} from './env-lines.ts';
import {invalid} from './invalid.ts';
import {type Entry, keyFlaw, MOST_BYTES, tooLarge} from './keys.ts';
import {keyOfPath, type Source} from './sources.ts';

/** What values are taken from on this machine. Methods on paths reject with the errors of Node's file system. */
export interface Inputs {
  /** Follows symbolic links. */
  isDirectory(path: string): Promise<boolean>;
  /** Follows none. */
  list(directory: string): Promise<readonly {readonly name: string; readonly kind: 'file' | 'link' | 'other'}[]>;
  /** At most one byte more than `limit`. */
  read(path: string, limit: number): Promise<Buffer>;
  /** As `read`, of standard input. Rejects with a Problem where that is a terminal. */
  stdin(limit: number): Promise<Buffer>;
  /** Asks twice, without showing what is typed. Rejects with a Problem where nobody can be asked; `instead`: what to do then. */
  ask(what: string, instead: string): Promise<string>;
  /** From the operating system's generator. */
  random(bytes: number): Buffer;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

export interface Gathered {
  readonly entries: readonly Entry[];
  /** What was left out or may not be meant, a line each. */
  readonly warnings: readonly string[];
}

export interface GatherOptions {
  /** For a file that was given none; default: its name. */
  readonly defaultKey?: string | undefined;
  /** How an empty value of that key is asked for; default: as a literal among the sources. */
  readonly emptyWith?: (key: string) => string;
}

/**
 * Reads all sources: files before standard input before questions, so that nobody types what a missing file makes useless. Rejects with exit
 * code 2 where anything cannot be read, and where nothing comes through standard input: what was to write there has failed, likely.
 */
export async function gather(
  sources: readonly Source[],
  inputs: Inputs,
  {defaultKey, emptyWith = (key) => `--from-literal ${key}=`}: GatherOptions = {},
): Promise<Gathered> {
  const entries: Entry[] = [];
  const warnings: string[] = [];
  let left = MOST_BYTES;
  const add = (key: string, value: Buffer, origin: string) => {
    left -= value.length;
    if (left < 0) throw tooLarge(`more than ${bytes(MOST_BYTES)}`, `${printable(origin)} is where they get too many`);
    entries.push({key, value, origin});
  };

  for (const source of sources) {
    if (source.via === 'stdin' || source.via === 'prompt') checkKeyFirst(source.key, source.via);
    else if (source.via === 'literal') add(source.key, Buffer.from(source.value), '--from-literal');
    else if (source.via === 'random') add(source.key, randomText(source.bytes, inputs), '--random');
    else if (source.via === 'file') await addFile(source);
    else await addEnvFile(source.path);
  }
  for (const {key} of sources.filter((source) => source.via === 'stdin')) {
    const value = await inputs.stdin(left);
    if (value.length === 0)
      throw invalid(
        `nothing came through standard input for ${key}`,
        'what was to write it has failed, or wrote nothing',
        `an empty value is asked for with ${emptyWith(key)}`,
      );
    add(key, value, 'standard input');
  }
  for (const {key} of sources.filter((source) => source.via === 'prompt'))
    add(key, Buffer.from(await inputs.ask(key, `pipe it in: --from-stdin ${key}`)), '--prompt');
  return {entries, warnings};

  async function addFile({key, path}: {key?: string | undefined; path: string}): Promise<void> {
    if (!(await reading(path, () => inputs.isDirectory(path)))) {
      add(key ?? defaultKey ?? keyOfPath(path), await reading(path, () => inputs.read(path, left)), path);
      return;
    }
    if (key !== undefined || defaultKey !== undefined)
      throw invalid(
        `${path} is a directory`,
        `its files are the keys, so it cannot be ${key === undefined ? 'one' : `the key ${printable(key)}`}`,
        key === undefined ? 'name a file' : `leave the key out: --from-file ${path}`,
      );
    for (const name of await filesOf(path)) {
      const file = `${path.replace(/\/+$/, '')}/${name}`;
      add(name, await reading(file, () => inputs.read(file, left), path), file);
    }
  }

  /** Regular files alone, as with kubectl. It also passes over symbolic links without a word, and so over all of a mounted ConfigMap. */
  async function filesOf(directory: string): Promise<string[]> {
    const all = await reading(directory, () => inputs.list(directory));
    const names = (kind: string) =>
      all
        .filter((entry) => entry.kind === kind)
        .map(({name}) => name)
        .sort();
    const [files, links, others] = [names('file'), names('link'), names('other')];
    if (links.length > 0) {
      const own = links.filter((name) => !name.startsWith('..'));
      const mounted = own.length < links.length ? ' (a mounted volume looks like this)' : '';
      throw invalid(
        `${directory} holds symbolic links, which are not taken from a directory`,
        `they are ${enumerate((mounted ? own : links).map(printable))}${mounted}`,
        oneByOne(directory, own[0]),
      );
    }
    if (files.length === 0 && others.length > 0)
      throw invalid(
        `${directory} holds no file`,
        `only ${enumerate(others.map(printable))}, and directories below are not read`,
        'name the directory that holds the files',
      );
    if (others.length > 0)
      throw invalid(
        `${directory} holds more than regular files`,
        `${enumerate(others.map(printable))} would be left out: directories below, sockets and the like are not read`,
        oneByOne(directory, files[0]),
      );
    if (files.length === 0) warnings.push(`${directory} is empty: no key comes of it`);
    return files;
  }

  async function addEnvFile(path: string): Promise<void> {
    if (await reading(path, () => inputs.isDirectory(path)))
      throw invalid(`${path} is a directory`, '--from-env-file takes a file', 'name the file in it');
    // More than fits into an object: comments do not count.
    const content = await reading(path, () => inputs.read(path, ENV_FILE_BYTES));
    if (content.length > ENV_FILE_BYTES) throw tooLarge(`more than ${bytes(ENV_FILE_BYTES)}`, `${path} alone is that large`);
    for (const {key, value, origin} of parseEnvFile(content, path, inputs.environment)) add(key, value, origin);
  }
}

const oneByOne = (directory: string, file = 'FILE'): string =>
  `name the files you mean, one by one: --from-file ${directory.replace(/\/+$/, '')}/${printable(file)}`;

const ENV_FILE_BYTES = 4 * MOST_BYTES;

/** 256 bits are 43 characters of base64url (RFC 4648, section 5) without padding: letters, digits, "-" and "_". */
const randomText = (count: number, inputs: Inputs): Buffer => Buffer.from(inputs.random(count).toString('base64url'));

/** What is asked for comes last; that its key cannot be one is told before. */
function checkKeyFirst(key: string, via: 'stdin' | 'prompt'): void {
  const flaw = keyFlaw(key);
  if (flaw !== undefined)
    throw invalid(`"${printable(key)}" cannot be a key`, `${flaw}; it is from --${via === 'stdin' ? 'from-stdin' : via}`);
}

const WHY: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  ENOTDIR: 'a part of the path is no directory',
  ELOOP: 'its symbolic links go round in a circle',
  EISDIR: 'it is a directory',
  EMFILE: 'too many files are open',
  EIO: 'the disk or file system cannot read it',
};

/** `listed`: the directory that has just named it. */
async function reading<T>(path: string, read: () => Promise<T>, listed?: string): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    const {code} = cause as NodeJS.ErrnoException;
    if (typeof code !== 'string') throw cause; // a bug, or an abort
    const gone = code === 'ENOENT' && listed !== undefined;
    throw invalid(
      `${printable(path)} cannot be read`,
      gone ? `it was in ${listed} a moment ago, and is gone` : (WHY[code] ?? code),
      gone ? 'try again when nothing writes there' : 'check the path and your rights to it; nothing was sent',
    );
  }
}

/** Of Secrets: a line feed that an editor or echo put behind a password is part of the value, and logins fail. */
export const newlineWarnings = (entries: readonly Entry[]): string[] =>
  entries
    .filter(({key, value}) => isUtf8(value) && newlineHurts(value.toString('utf8'), key))
    .map(({key, origin}) => `${key} ends with a newline, from ${origin}; where it is a password, write it with printf, not echo`);
