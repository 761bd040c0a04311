import type {Dirent} from 'node:fs';
import {readdir, stat} from 'node:fs/promises';
import {join} from 'node:path';
import {ExitCode, Problem} from '../problem.ts';
import {readManifest} from './manifest.ts';

/** Files of a folder that are looked at, at most. */
const MOST_FILES = 10_000;

/** The text of a manifest, of standard input (`-`), or of all manifests below a folder. Rejects with exit code 2 where there is none to read. */
export async function readManifests(
  path: string,
  signal: AbortSignal,
): Promise<{readonly file: string; readonly text: string}[]> {
  const isFolder = path !== '-' && ((await stat(path).catch(() => undefined))?.isDirectory() ?? false);
  if (!isFolder) return [await readManifest(path, signal)];
  const files = await manifestsBelow(path);
  if (files.length === 0) {
    throw new Problem(`${path} holds no manifest`, {
      why: 'there is no .yaml, .yml or .json file below it',
      next: 'name another folder or file with -f',
      exitCode: ExitCode.usage,
    });
  }
  const read = [];
  for (const file of files) read.push(await readManifest(file, signal));
  return read;
}

/** Sorted. Links are not followed, and what is hidden, or of other people's packages, is passed over. */
async function manifestsBelow(folder: string, found: string[] = []): Promise<string[]> {
  for (const entry of await entriesOf(folder)) {
    const path = join(folder, entry.name);
    if (entry.name.startsWith('.') || entry.name === 'node_modules') continue;
    if (entry.isDirectory()) await manifestsBelow(path, found);
    else if (entry.isFile() && /\.(ya?ml|json)$/i.test(entry.name)) found.push(path);
    if (found.length > MOST_FILES) {
      throw new Problem(`${folder} holds more than ${MOST_FILES} files`, {
        why: 'that is more than kops looks at in one go',
        next: 'name a folder further down',
        exitCode: ExitCode.usage,
      });
    }
  }
  return found;
}

async function entriesOf(folder: string): Promise<Dirent[]> {
  try {
    return (await readdir(folder, {withFileTypes: true})).sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (cause) {
    throw new Problem(`${folder} cannot be read`, {
      why: (cause as NodeJS.ErrnoException).code === 'EACCES' ? 'permission denied' : (cause as NodeJS.ErrnoException).code,
      next: 'name another folder or file with -f',
      exitCode: ExitCode.usage,
      cause,
    });
  }
}
