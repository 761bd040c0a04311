import {randomBytes} from 'node:crypto';
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import {homedir} from 'node:os';
import {delimiter, dirname, join} from 'node:path';
import {ExitCode, Problem} from '../../problem.ts';
import {until} from '../until.ts';
import {currentContext, mergeKubeconfig, withoutKubeconfig} from './merge.ts';

/** As long as a kubectl that holds the lock could reasonably need; milliseconds. */
const LOCK_TIMEOUT = 5_000;

export interface Merged {
  readonly file: string;
  readonly context: string | undefined;
  /** What was current before; undefined where nothing was. */
  readonly before: string | undefined;
}

/** The files that may hold contexts, as kubectl finds them: `--kubeconfig`, else KUBECONFIG, else ~/.kube/config. */
export function kubeconfigFiles(flag: string | undefined, env: NodeJS.ProcessEnv): string[] {
  if (flag) return [flag];
  const listed = (env.KUBECONFIG ?? '').split(delimiter).filter((file) => file !== '');
  return listed.length > 0 ? listed : [join(homedir(), '.kube', 'config')];
}

/** Throws the Problem that `addToKubeconfig` would meet, before anything is done that would have to be told of. */
export function checkKubeconfig(files: readonly string[]): void {
  const file = targetOf(files);
  if (existsSync(file)) currentContext(readFileSync(file, 'utf8'), file);
}

/** Adds a lab's contexts to the first of the files that exists, else to the last of them (as kind does), and makes its first current. */
export async function addToKubeconfig(files: readonly string[], added: string, signal: AbortSignal): Promise<Merged> {
  const file = targetOf(files);
  let before: string | undefined;
  await edit(
    file,
    (text) => {
      before = currentContext(text, file);
      return mergeKubeconfig(text, added, file);
    },
    signal,
  );
  return {file, before, context: currentContext(added, file)};
}

const targetOf = (files: readonly string[]): string => files.find((path) => existsSync(path)) ?? files.at(-1) ?? '';

/** Takes a lab's contexts out of all files. Returns those that changed. */
export async function removeFromKubeconfig(files: readonly string[], removed: string, signal: AbortSignal): Promise<string[]> {
  const changed: string[] = [];
  for (const file of files.filter((path) => existsSync(path))) {
    if (withoutKubeconfig(readFileSync(file, 'utf8'), removed, file) === readFileSync(file, 'utf8')) continue;
    await edit(file, (text) => withoutKubeconfig(text, removed, file), signal);
    changed.push(file);
  }
  return changed;
}

/** Reads, changes and replaces the file under the lock that kubectl and kind take (client-go's `lockFile`). */
async function edit(file: string, change: (text: string) => string, signal: AbortSignal): Promise<void> {
  mkdirSync(dirname(file), {recursive: true, mode: 0o755});
  const target = existsSync(file) ? realpathSync(file) : file; // a symlink stays one
  const lock = `${file}.lock`;
  if (!(await until(() => take(lock), {timeout: LOCK_TIMEOUT, signal}))) {
    throw new Problem(`${file} is locked`, {
      why: `${lock} has been there for more than ${LOCK_TIMEOUT / 1000} s: a kubectl that is changing it, or one that was killed`,
      next: `if no kubectl or kind is running, remove ${lock} and try again`,
      exitCode: ExitCode.negative,
    });
  }
  try {
    const exists = existsSync(target);
    const text = change(exists ? readFileSync(target, 'utf8') : '');
    const temporary = `${target}.${randomBytes(6).toString('hex')}`;
    writeFileSync(temporary, text, {mode: exists ? statSync(target).mode & 0o777 : 0o600});
    renameSync(temporary, target);
  } finally {
    rmSync(lock, {force: true});
  }
}

function take(lock: string): boolean {
  try {
    closeSync(openSync(lock, 'wx', 0o600));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}
