import type {Decoded} from './decode.ts';

export interface ShellAssignments {
  /** `KEY='value'` lines that a POSIX shell can read with `eval` or `.`; no trailing newline. */
  readonly text: string;
  /** Keys that cannot be a shell variable: by their name, or because the value is not text. */
  readonly left: readonly string[];
}

const SHELL_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** Single quotes keep everything as it is, line feeds too; a single quote itself is written as '\''. */
export function shellAssignments({data, binary}: Pick<Decoded, 'data' | 'binary'>): ShellAssignments {
  const keys = Object.keys(data).filter((key) => SHELL_NAME.test(key));
  return {
    text: keys.map((key) => `${key}='${(data[key] ?? '').replaceAll("'", String.raw`'\''`)}'`).join('\n'),
    left: [...Object.keys(data).filter((key) => !keys.includes(key)), ...Object.keys(binary)],
  };
}
