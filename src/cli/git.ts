import {execFile} from 'node:child_process';
import {stat} from 'node:fs/promises';
import {dirname, resolve} from 'node:path';
import {promisify} from 'node:util';

/** Milliseconds, and bytes of file names. */
const LIMITS = {timeout: 10_000, maxBuffer: 64 * 1024 * 1024};

/**
 * The files at or below a path that git tracks, as absolute paths; why that is not known, where git is not there or gives no answer. No
 * repository at all is an answer: none.
 */
export async function trackedBy(path: string, signal: AbortSignal): Promise<ReadonlySet<string> | string> {
  const folder = (await stat(path).catch(() => undefined))?.isDirectory() ? path : dirname(path);
  const env = {...process.env, LC_ALL: 'C', GIT_OPTIONAL_LOCKS: '0'};
  try {
    const {stdout} = await promisify(execFile)('git', ['-C', folder, 'ls-files', '-z'], {...LIMITS, env, signal});
    return new Set(
      stdout
        .split('\0')
        .filter(Boolean)
        .map((file) => resolve(folder, file)),
    );
  } catch (error) {
    signal.throwIfAborted();
    const {code, killed, stderr = ''} = error as NodeJS.ErrnoException & {killed?: boolean; stderr?: string};
    if (/not a git repository/.test(stderr)) return new Set();
    if (code === 'ENOENT') return 'git is not installed';
    return killed ? `git did not answer within ${LIMITS.timeout / 1000} s` : 'git refused to list its files';
  }
}
