import {chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {LabFolder, type LabRecord} from './record.ts';

/** Writes a file whole or not at all, readable by its owner alone. */
export function writePrivate(path: string, content: string): void {
  mkdirSync(dirname(path), {recursive: true, mode: 0o700});
  const temporary = join(dirname(path), `.${process.pid}.tmp`);
  writeFileSync(temporary, content, {mode: 0o600});
  chmodSync(temporary, 0o600);
  renameSync(temporary, path);
}

export function readRecord(folder: LabFolder): LabRecord | undefined {
  return existsSync(folder.record) ? (JSON.parse(readFileSync(folder.record, 'utf8')) as LabRecord) : undefined;
}

/** All labs below this folder, by name. */
export function readRecords(labs: string): LabRecord[] {
  if (!existsSync(labs)) return [];
  return readdirSync(labs)
    .sort()
    .flatMap((name) => readRecord(new LabFolder(join(labs, name))) ?? []);
}

export const remove = (folder: LabFolder): void => rmSync(folder.path, {recursive: true, force: true, maxRetries: 5});

/** Whether the lab was up once: only then is there something of the user's in it. */
export const isCreated = (folder: LabFolder): boolean => existsSync(folder.created);
