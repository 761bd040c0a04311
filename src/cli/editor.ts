import {spawn} from 'node:child_process';
import {mkdtemp, readFile, rm, statfs, unlink, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import type {Desk} from '../config/change/edit.ts';
import {ExitCode, Problem} from '../problem.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** The variables that name an editor, the first that is set counts: kubectl's order, and VISUAL as other programs read it. */
const VARIABLES = ['KUBE_EDITOR', 'VISUAL', 'EDITOR'] as const;

/** A command, and which variable it is from; `vi` where none is set. */
export function chosenEditor(environment: Environment): {readonly command: string; readonly variable: string | undefined} {
  const variable = VARIABLES.find((name) => environment[name]?.trim());
  return {command: (variable && environment[variable]?.trim()) || 'vi', variable};
}

/** The words of it, and the file; through a shell where there are quotes in it, as with kubectl. */
export function editorWords(command: string, file: string): [string, string[]] {
  if (/["'\\]/.test(command)) return ['/bin/sh', ['-c', `${command} "$1"`, 'sh', file]];
  const [program = 'vi', ...words] = command.split(/\s+/);
  return [program, [...words, file]];
}

export interface LocalDesk extends Desk {
  /** What is edited. */
  readonly file: string;
  /** Whether it is a file in memory, which no disk ever sees. */
  readonly inMemory: boolean;
  /** Removes the file, and all but what was kept. */
  close(): Promise<void>;
}

/**
 * A file of mode 0600 in a new folder of mode 0700, and the user's editor. What is secret goes to a file system in memory, where there is one:
 * `$XDG_RUNTIME_DIR`, `/dev/shm`, or the folder for temporary files.
 */
export async function openDesk(
  {name, isSecret}: {readonly name: string; readonly isSecret: boolean},
  environment: Environment,
  signal: AbortSignal,
): Promise<LocalDesk> {
  const {folder, inMemory} = await newFolder(isSecret, environment);
  const file = join(folder, `${name}.yaml`);
  let isKept = false;
  return {
    file,
    inMemory,
    async edit(text) {
      await writeFile(file, text, {mode: 0o600});
      const failure = await runEditor(chosenEditor(environment), file, signal);
      const saved = await readFile(file).catch(() => undefined);
      if (saved === undefined) return {text, failure: failure ?? isGone(file)};
      const read = decoded(saved);
      return read === undefined ? {text: saved.toString('latin1'), failure: failure ?? noUtf8} : {text: read, failure};
    },
    async keep(text) {
      const kept = join(folder, `${name}.kept.yaml`);
      await writeFile(kept, text, {mode: 0o600});
      isKept = true;
      return kept;
    },
    close: async () => (isKept ? unlink(file).catch(() => {}) : rm(folder, {recursive: true, force: true})),
  };
}

async function newFolder(isSecret: boolean, environment: Environment): Promise<{folder: string; inMemory: boolean}> {
  const {XDG_RUNTIME_DIR: runtime} = environment;
  for (const parent of isSecret ? [...(runtime ? [runtime] : []), '/dev/shm', tmpdir()] : []) {
    try {
      if (IN_MEMORY.includes((await statfs(parent)).type)) return {folder: await mkdtemp(join(parent, 'kops-')), inMemory: true};
    } catch {
      // not there, or not ours to write to: the next one
    }
  }
  return {folder: await mkdtemp(join(tmpdir(), 'kops-')), inMemory: false};
}

/** tmpfs and ramfs. Source: linux/magic.h. */
const IN_MEMORY = [0x01021994, 0x858458f6];

/** Resolves with why it failed, where it did. Ctrl-C is the editor's for as long as it runs. */
async function runEditor(
  {command, variable}: ReturnType<typeof chosenEditor>,
  file: string,
  signal: AbortSignal,
): Promise<Problem | undefined> {
  const [program, words] = editorWords(command, file);
  const listeners = process.listeners('SIGINT');
  const ignore = () => {};
  process.removeAllListeners('SIGINT').on('SIGINT', ignore);
  try {
    return await new Promise((resolve) => {
      // Results alone go to standard output: an editor writes there only where it is a terminal.
      const child = spawn(program, words, {stdio: ['inherit', process.stdout.isTTY ? 'inherit' : 2, 'inherit']});
      const stop = () => child.kill('SIGTERM');
      signal.addEventListener('abort', stop, {once: true});
      child.on('error', (error: NodeJS.ErrnoException) => resolve(failed(error.code === 'ENOENT' ? NOT_FOUND : error.message)));
      child.on('close', (code, killedBy) => {
        signal.removeEventListener('abort', stop);
        if (signal.aborted) resolve(new Problem('interrupted', {exitCode: ExitCode.interrupted}));
        else if (code === 0) resolve(undefined);
        else resolve(failed(killedBy === null ? `it ended with exit code ${code}` : `it was ended by ${killedBy}`));
      });
    });
  } finally {
    process.off('SIGINT', ignore);
    for (const listener of listeners) process.on('SIGINT', listener as () => void);
  }

  function failed(why: string): Problem {
    return new Problem(`the editor failed: ${command}`, {
      why: `${why}; ${variable === undefined ? `none of ${VARIABLES.join(', ')} is set` : `$${variable} names it`}; nothing was changed`,
      next: 'name one that works, for example EDITOR=nano',
      exitCode: ExitCode.usage,
    });
  }
}

const NOT_FOUND = 'there is no such program';

const isGone = (file: string): Problem =>
  new Problem(`${file} cannot be read`, {
    why: 'the editor deleted or locked it; nothing was changed',
    exitCode: ExitCode.usage,
  });

const noUtf8 = new Problem('what the editor saved is not UTF-8', {
  why: 'it would not come back as it was; nothing was changed',
  exitCode: ExitCode.usage,
});

function decoded(bytes: Buffer): string | undefined {
  try {
    return new TextDecoder('utf-8', {fatal: true}).decode(bytes);
  } catch {
    return undefined;
  }
}
