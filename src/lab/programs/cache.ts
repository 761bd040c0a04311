import {createHash} from 'node:crypto';
import {existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync} from 'node:fs';
import {basename, dirname, join} from 'node:path';
import {KUBERNETES_VERSION, PROGRAMS} from './names.ts';

/** The folder of built programs: one per version, platform and source, so that a change of the source is never missed. */
export function builtFolder(programs: string, source: string, platform: string): string {
  const hash = createHash('sha256');
  for (const file of readdirSync(source).sort()) {
    if (/\.(go|mod|sum)$/.test(file))
      hash
        .update(file)
        .update('\0')
        .update(readFileSync(join(source, file)))
        .update('\0');
  }
  return join(programs, `${KUBERNETES_VERSION}-${platform}-${hash.digest('hex').slice(0, 12)}`);
}

/** The folder of released programs. */
export const releasedFolder = (programs: string, platform: string): string =>
  join(programs, `${KUBERNETES_VERSION}-${platform}-released`);

/** `linux-amd64`, in Go's words. */
export const platformOf = (platform: NodeJS.Platform, architecture: string): string =>
  `${platform}-${architecture === 'x64' ? 'amd64' : architecture}`;

export const isComplete = (folder: string): boolean => PROGRAMS.every((program) => existsSync(join(folder, program)));

/**
 * Makes a folder by filling a temporary one beside it and renaming that: it is complete or not there. What others left that were killed
 * while they did so goes; the caller holds the lock.
 */
export async function inNewFolder(folder: string, fill: (temporary: string) => Promise<void>): Promise<void> {
  const parent = dirname(folder);
  const prefix = `${basename(folder)}.part-`;
  mkdirSync(parent, {recursive: true, mode: 0o700});
  for (const name of readdirSync(parent)) {
    if (name.startsWith(prefix)) rmSync(join(parent, name), {recursive: true, force: true});
  }
  const temporary = mkdtempSync(join(parent, prefix));
  try {
    await fill(temporary);
    rmSync(folder, {recursive: true, force: true});
    renameSync(temporary, folder);
  } finally {
    rmSync(temporary, {recursive: true, force: true});
  }
}
