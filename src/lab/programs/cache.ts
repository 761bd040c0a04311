import {createHash} from 'node:crypto';
import {existsSync, readdirSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
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

/** `linux-amd64`, in Go's words. */
export const platformOf = (platform: NodeJS.Platform, architecture: string): string =>
  `${platform}-${architecture === 'x64' ? 'amd64' : architecture}`;

/** Folders are renamed into place when they are complete, so one that has a program has all of them. */
export const isComplete = (folder: string): boolean => existsSync(join(folder, PROGRAMS[0]));
