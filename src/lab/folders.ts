import {homedir} from 'node:os';
import {isAbsolute, join} from 'node:path';

/** Where labs keep what outlives a command. */
export interface Folders {
  /** A folder per lab. */
  readonly labs: string;
  /** The programs that labs run, a folder per version. */
  readonly programs: string;
}

/** As the XDG Base Directory Specification has it: a relative path in its variables is invalid and ignored. */
export function foldersOf(env: NodeJS.ProcessEnv, home: string = homedir()): Folders {
  const base = (variable: string | undefined, fallback: string) =>
    variable && isAbsolute(variable) ? variable : join(home, fallback);
  return {
    labs: join(base(env.XDG_STATE_HOME, '.local/state'), 'kops', 'labs'),
    programs: join(base(env.XDG_CACHE_HOME, '.cache'), 'kops', 'programs'),
  };
}
