import {isPrintable, UNPRINTABLE} from '../../text/json.ts';
import type {Decoded} from './decode.ts';

export interface ShellAssignments {
  /** `KEY='value'` lines that a POSIX shell can read with `eval` or `.`; no trailing newline. */
  readonly text: string;
  /** Keys that cannot be a shell variable: by their name, or because the value is not text. */
  readonly left: readonly string[];
}

const SHELL_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/**
 * Single quotes keep everything as it is, line feeds too; a single quote itself is written as '\''. `onTerminal`: what a terminal would obey
 * is an escape in $'…', which bash, zsh, ksh and POSIX.1-2024 read back as it was.
 */
export function shellAssignments(
  {data, binary}: Pick<Decoded, 'data' | 'binary'>,
  {onTerminal = false}: {readonly onTerminal?: boolean} = {},
): ShellAssignments {
  const quote = (value: string) => (onTerminal && !isPrintable(value) ? escaped(value) : inQuotes(value));
  const keys = Object.keys(data).filter((key) => SHELL_NAME.test(key));
  return {
    text: keys.map((key) => `${key}=${quote(data[key] ?? '')}`).join('\n'),
    left: [...Object.keys(data).filter((key) => !keys.includes(key)), ...Object.keys(binary)],
  };
}

const inQuotes = (value: string): string => `'${value.replaceAll("'", String.raw`'\''`)}'`;

/** Byte by byte, in octal: on that all shells agree that know $'…'. */
const escaped = (value: string): string => `$'${value.replaceAll(/['\\]/g, inOctal).replaceAll(UNPRINTABLE, inOctal)}'`;

const inOctal = (character: string): string =>
  [...Buffer.from(character)].map((byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('');
