import {lstat, mkdtemp, readdir, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {isAlive} from './alive.ts';

/**
 * A folder of this process's own for the socket of a shared connection. Those that killed ones left go first: nobody else would remove them.
 */
export async function makeSocketFolder(): Promise<string> {
  const home = tmpdir();
  await removeLeft(home).catch(() => {}); // what cannot be removed is no hindrance
  return mkdtemp(join(home, `kops-ssh-${process.pid}-`)); // a socket's path must be short
}

async function removeLeft(home: string): Promise<void> {
  for (const name of await readdir(home)) {
    const [, pid] = /^kops-ssh-(\d+)-\w+$/.exec(name) ?? [];
    if (pid === undefined || isAlive(Number(pid))) continue;
    const found = await lstat(join(home, name));
    if (found.isDirectory() && found.uid === process.getuid?.()) await rm(join(home, name), {recursive: true, force: true});
  }
}
