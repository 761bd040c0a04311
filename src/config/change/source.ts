import {printable} from '../../text/printable.ts';
import {invalid} from '../create/invalid.ts';
import {keyFlaw} from '../create/keys.ts';
import {parseSources, type Source} from '../create/sources.ts';
import type {Target} from './save.ts';

/** What was given for the value of one key. */
export interface Given {
  readonly key: string;
  /** As an argument. */
  readonly value?: string | undefined;
  readonly prompt?: boolean | undefined;
  readonly random?: string | undefined;
  readonly 'from-literal'?: string | undefined;
  readonly 'from-file'?: string | undefined;
}

const FLAGS = ['prompt', 'random', 'from-literal', 'from-file'] as const;

/**
 * Where the value comes from: without a flag from standard input, and for a Secret from a question where that is a terminal. Throws a Problem
 * where the key cannot be one, more than one value was given, or a Secret's as an argument, which it does not quote.
 */
export function valueSource({kind, name}: Target, given: Given, isTerminal: boolean): Source {
  const {key, value} = given;
  const flaw = keyFlaw(key);
  if (flaw !== undefined) throw invalid(`"${printable(key)}" cannot be a key`, flaw);
  if (kind === 'Secret' && value !== undefined)
    throw invalid(
      'a Secret takes no value as an argument',
      "it would show in the shell's history and to who lists processes",
      `leave it out and kops asks for it, or pipe it in: … | kops secret set ${name} ${key}`,
    );
  const ways = [
    ...(value === undefined ? [] : ['VALUE']),
    ...FLAGS.filter((flag) => given[flag] !== undefined).map((flag) => `--${flag}`),
  ];
  if (ways.length > 1)
    throw invalid(`${ways[0]} cannot be combined with ${ways[1]}`, 'a key has one value', 'leave one of them out');
  const literal = value ?? given['from-literal'];
  if (literal !== undefined) return {via: 'literal', key, value: literal};
  if (given['from-file'] !== undefined) return {via: 'file', key, path: given['from-file']};
  const [random] = given.random === undefined ? [] : parseSources({random: [`${key}=${given.random}`]});
  return random ?? {via: given.prompt || (kind === 'Secret' && isTerminal) ? 'prompt' : 'stdin', key};
}
