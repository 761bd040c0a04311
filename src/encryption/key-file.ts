import {randomBytes} from 'node:crypto';
import {link, lstat, open, realpath, rename, rm, stat} from 'node:fs/promises';
import {basename, dirname, join, resolve} from 'node:path';
import {ExitCode, Problem} from '../problem.ts';

/**
 * Writes a file that holds a key: 0600 from its first byte, on the disk before it gets its name, whole or not at all. Without `overwrite`
 * it rejects where something has that name, and never replaces it.
 */
export async function writeKeyFile(path: string, text: string, {overwrite}: {readonly overwrite: boolean}): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}`);
  try {
    const file = await open(temporary, 'wx', 0o600);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    if (overwrite) await rename(temporary, path);
    else await giveName(temporary, path);
    await syncFolder(dirname(path));
  } catch (error) {
    throw cannotWrite(path, error as NodeJS.ErrnoException);
  } finally {
    await rm(temporary, {force: true});
  }
}

/** A link, unlike a rename, fails where there is something. Some file systems have no links. */
async function giveName(temporary: string, path: string): Promise<void> {
  try {
    await link(temporary, path);
  } catch (error) {
    const {code} = error as NodeJS.ErrnoException;
    if (!['EPERM', 'ENOTSUP', 'ENOSYS', 'EOPNOTSUPP'].includes(code ?? '')) throw error;
    if ((await whatIsAt(path)) !== 'nothing') throw Object.assign(new Error('it exists'), {code: 'EEXIST'});
    await rename(temporary, path);
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

const WHY: Readonly<Record<string, string>> = {
  ENOENT: 'its folder does not exist',
  ENOTDIR: 'what should be its folder is none',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EISDIR: 'it is a folder',
  EEXIST: 'there is something of that name',
  ENOSPC: 'there is no space left on the device',
  EROFS: 'the file system is read-only',
};

const cannotWrite = (path: string, {code = ''}: NodeJS.ErrnoException): Problem =>
  new Problem(`${path} cannot be written`, {
    why: WHY[code] ?? code,
    next: 'name another file: --out FILE',
    exitCode: ExitCode.usage,
  });

/** What is there: nothing, a file, or something that no file may take the place of. */
export async function whatIsAt(path: string): Promise<'nothing' | 'file' | 'other'> {
  const found = await lstat(path).catch(() => undefined);
  if (found === undefined) return 'nothing';
  return found.isFile() ? 'file' : 'other';
}

/** What is wrong with keeping a key in this place. */
export async function placeWarnings(path: string): Promise<string[]> {
  const folder = await realpath(dirname(resolve(path)));
  const {mode} = await stat(folder);
  const repository = await workTreeOf(folder);
  return [
    ...((mode & 0o002) !== 0 && (mode & 0o1000) === 0
      ? [`everybody may put another file in its place: ${folder} is writable for all`]
      : []),
    ...((mode & 0o006) === 0o004 ? [`everybody may see that it is there: ${folder} is readable for all`] : []),
    ...(repository ? [`${repository} is a git work tree: never commit this file`] : []),
  ];
}

async function workTreeOf(folder: string): Promise<string | undefined> {
  if (await lstat(join(folder, '.git')).catch(() => undefined)) return folder;
  const parent = dirname(folder);
  return parent === folder ? undefined : workTreeOf(parent);
}
