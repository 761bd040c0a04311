import {spawn} from 'node:child_process';
import {mkdtemp, readdir, readFile, rm, statfs, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {basename, join} from 'node:path';
import type {Desk} from '../config/change/edit.ts';
import {ExitCode, Problem} from '../problem.ts';
import {enumerate} from '../text/enumerate.ts';

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

/** Programs that open a window and end at once, unless they are told to wait. */
const WINDOWED = /^(code|code-insiders|codium|cursor|windsurf|subl|atom|zed|mate)$/;

/** The command as it should be where it does not wait for its window to be closed: what is typed there would never be read. */
export function waitingEditor(command: string): string | undefined {
  const [program = '', ...words] = command.split(/\s+/);
  const waits = !WINDOWED.test(basename(program)) || words.includes('--wait') || words.includes('-w');
  return waits ? undefined : `${command} --wait`;
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
  const {folder, inMemory} = await newFolder(isSecret, environment).catch((error) => Promise.reject(noPlace(error)));
  const file = join(folder, `${name}.yaml`);
  /** What stays where the desk is closed: all of the folder, or all but what is edited. */
  let isKept: 'no' | 'all' | 'but file' = 'no';
  return {
    file,
    inMemory,
    async edit(text) {
      await writeFile(file, text, {mode: 0o600}).catch((error) => Promise.reject(noPlace(error)));
      const ended = await runEditor(chosenEditor(environment), file, signal);
      const left = signal.aborted ? (await readdir(folder)).filter((other) => other !== basename(file)) : [];
      if (left.length > 0) isKept = 'all';
      const failure = left.length > 0 ? interruptedWith(left.map((other) => join(folder, other))) : ended;
      const saved = await readFile(file).catch(() => undefined);
      if (saved === undefined) return {text, failure: failure ?? isGone(file)};
      const read = decoded(saved);
      return read === undefined ? {text: saved.toString('latin1'), failure: failure ?? noUtf8} : {text: read, failure};
    },
    async keep(text) {
      const kept = join(folder, `${name}.kept.yaml`);
      try {
        await writeFile(kept, text, {mode: 0o600});
        if (isKept === 'no') isKept = 'but file';
        return kept;
      } catch {
        // The disk is full: what the editor saved is there already.
        isKept = 'all';
        await rm(kept, {force: true}).catch(() => {});
        return file;
      }
    },
    async close() {
      if (isKept === 'no') await rm(folder, {recursive: true, force: true});
      if (isKept === 'but file') await rm(file, {force: true});
    },
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

/** The recovery file of an editor that was ended before it saved. */
const interruptedWith = (files: readonly string[]): Problem =>
  new Problem('interrupted', {
    why: `the editor left what may not have been saved: ${enumerate(files)}`,
    next: 'get it back with the editor (vim -r FILE), then delete that folder',
    exitCode: ExitCode.interrupted,
  });

const noPlace = (error: NodeJS.ErrnoException): Problem =>
  new Problem('there is no place for what is to be edited', {
    why: `${error.path ?? tmpdir()}: ${error.code ?? error.message}; nothing was changed`,
    next: '$TMPDIR names a folder that can be written to ($XDG_RUNTIME_DIR one in memory)',
    exitCode: ExitCode.usage,
    cause: error,
  });

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
