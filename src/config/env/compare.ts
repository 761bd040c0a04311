import {isKnown, isSecret, shownText, textOf} from '../container/expand.ts';
import type {Source} from './report.ts';
import type {Definition, ResolvedEnv} from './resolve.ts';

/** What a running container has. */
export interface LiveEnv {
  /** As the runtime started it. */
  readonly started: ReadonlyMap<string, string>;
  /** Of its main process by now; undefined where that is not to be read. */
  readonly main: ReadonlyMap<string, string> | undefined;
  /** How it was read: `/proc/1/environ`, `env`. */
  readonly via: string;
}

export interface Difference {
  readonly name: string;
  /**
   * `stale`: it has an older value. `absent`: it is defined since the container started. `extra`: no definition has it (any more): it is the
   * image's, the runtime's, or was removed. `program`: what the container starts with changed it itself, as a shell does.
   */
  readonly state: 'stale' | 'absent' | 'extra' | 'program';
  /** Of what it would get now. */
  readonly source?: Source;
  /** Left out where it may hold a Secret. */
  readonly expected?: string;
  readonly actual?: string;
  readonly secret: boolean;
}

export interface Comparison {
  readonly pod: string;
  readonly via: string;
  /** How many variables are as they would be. */
  readonly same: number;
  readonly differences: readonly Difference[];
}

/** What runtimes set by themselves: no Secret is in these. */
const OF_RUNTIME = new Set(['HOME', 'HOSTNAME', 'PATH', 'TERM']);

/**
 * What a container has against what it would get if it started now. Of what nothing defines, the value is told only with `reveal`: it may
 * be a Secret's key that is gone, or what a program made of one.
 */
export function compareEnv(
  env: ResolvedEnv,
  {started, main, via}: LiveEnv,
  {pod, mayHoldSecret, reveal}: {pod: string; mayHoldSecret: (name: string) => boolean; reveal: boolean},
): Comparison {
  const definitions = new Map(env.variables.map((variable) => [variable.name, variable]));
  const comparable = env.variables.filter(({value}) => isKnown(value));
  const secrets = env.variables.flatMap(({value}) =>
    value.flatMap((piece) => ('text' in piece && piece.secret && piece.text !== '' ? [piece.text] : [])),
  );
  const tell = (text: string | undefined, isSafe: boolean) =>
    text !== undefined && (reveal || (isSafe && !secrets.some((secret) => text.includes(secret)))) ? text : undefined;
  const difference = (
    name: string,
    state: Difference['state'],
    actual: string | undefined,
    definition?: Definition,
  ): Difference => {
    const secret = mayHoldSecret(name) || (definition !== undefined && isSecret(definition.value));
    const expected = definition && tell(shownText(definition.value, reveal), true);
    const told = tell(actual, definition === undefined ? OF_RUNTIME.has(name) : !secret && state !== 'program');
    return {
      name,
      state,
      ...(definition && {source: definition.source}),
      ...(expected !== undefined && {expected}),
      ...(told !== undefined && {actual: told}),
      secret,
    };
  };

  const changed = comparable.filter(({name, value}) => started.get(name) !== textOf(value));
  const extra = [...started].filter(([name]) => !definitions.has(name));
  const byProgram =
    main === undefined
      ? []
      : [...new Set([...started.keys(), ...main.keys()])].filter((name) => main.get(name) !== started.get(name));
  return {
    pod,
    via,
    same: comparable.length - changed.length,
    differences: [
      ...changed.map((definition) => {
        const actual = started.get(definition.name);
        return difference(definition.name, actual === undefined ? 'absent' : 'stale', actual, definition);
      }),
      ...extra.map(([name, actual]) => difference(name, 'extra', actual)),
      ...byProgram.map((name) => difference(name, 'program', main?.get(name), definitions.get(name))),
    ],
  };
}

/** What `/proc/PID/environ` holds, or `env -0` writes. Undefined where the process wrote something else over it. */
export function parseEnviron(bytes: Buffer): ReadonlyMap<string, string> | undefined {
  const entries = bytes
    .toString('utf8')
    .split('\0')
    .filter((entry) => entry !== '');
  if (entries.some((entry) => !/^[^=]+=/s.test(entry))) return undefined;
  return new Map(entries.map((entry) => entryOf(entry)));
}

/** What `env` writes: a line that begins no variable goes on with the one before. */
export function parseEnvLines(text: string): ReadonlyMap<string, string> {
  const entries: string[] = [];
  for (const line of text.replace(/\n$/, '').split('\n')) {
    if (/^[A-Za-z_][^=\s]*=/.test(line) || entries.length === 0) entries.push(line);
    else entries[entries.length - 1] += `\n${line}`;
  }
  return new Map(entries.filter((entry) => entry.includes('=')).map(entryOf));
}

function entryOf(entry: string): [string, string] {
  const at = entry.indexOf('=', 1);
  return [entry.slice(0, at), entry.slice(at + 1)];
}
