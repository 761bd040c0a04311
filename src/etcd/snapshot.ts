import {createHash, timingSafeEqual} from 'node:crypto';
import {constants} from 'node:fs';
import {access, link, open, rename, rm} from 'node:fs/promises';
import {dirname} from 'node:path';
import {ExitCode, Problem} from '../problem.ts';
import type {Etcd} from './etcd.ts';
import {EtcdProblem} from './problems.ts';

export interface Snapshot {
  readonly path: string;
  /** Of the file, etcd's own checksum at its end included. */
  readonly bytes: number;
  /** Of the database in it, in hex, as etcd itself computed it. */
  readonly sha256: string;
}

/**
 * Writes a snapshot that `etcdutl snapshot restore` takes. It holds every Secret as stored, so it is 0600 from the first byte. It has its
 * name only once it is whole, verified and on disk; what is there already is never overwritten. `onBytes` hears how much has come.
 */
export async function snapshotTo(
  etcd: Etcd,
  path: string,
  signal: AbortSignal,
  onBytes: (bytes: number) => void = () => {},
): Promise<Snapshot> {
  if (await exists(path)) throw taken(path);
  const partial = `${path}.part`;
  const file = await open(partial, 'wx', 0o600).catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'EEXIST' ? taken(partial) : cannotWrite(partial, error);
  });
  try {
    const check = checksum();
    await etcd.snapshot(async (chunk) => {
      check.update(chunk);
      await file.appendFile(chunk).catch((error: NodeJS.ErrnoException) => {
        throw cannotWrite(partial, error);
      });
      onBytes(check.bytes());
    }, signal);
    const {bytes, sha256} = check.verify(etcd.via);
    await file.sync();
    await file.close();
    await giveName(partial, path).catch((error: unknown) => {
      throw error instanceof Problem ? error : cannotWrite(path, error as NodeJS.ErrnoException);
    });
    return {path, bytes, sha256};
  } catch (error) {
    await file.close().catch(() => {});
    await rm(partial, {force: true});
    throw error;
  }
}

export interface Checksum {
  update(chunk: Buffer): void;
  bytes(): number;
  /** Rejects with a Problem what is not a whole snapshot. `via`: where it came from. */
  verify(via: string): {readonly bytes: number; readonly sha256: string};
}

/** bbolt's pages have a size that is a multiple of it; what is left over is the checksum. */
const SECTOR = 512;
const CHECKSUM = 32;

/** Verifies a snapshot as it passes: the database, then the SHA-256 of it that etcd appends (server/etcdserver/api/v3rpc/maintenance.go). */
export function checksum(): Checksum {
  const hash = createHash('sha256');
  /** The last bytes so far, which may be the checksum. */
  let held = Buffer.alloc(0);
  let bytes = 0;
  return {
    update(chunk) {
      bytes += chunk.length;
      const all = Buffer.concat([held, chunk]);
      const sure = Math.max(0, all.length - CHECKSUM);
      hash.update(all.subarray(0, sure));
      held = Buffer.from(all.subarray(sure));
    },
    bytes: () => bytes,
    verify(via) {
      const digest = hash.digest();
      if (bytes <= CHECKSUM || bytes % SECTOR !== CHECKSUM) throw broken(via, 'it ended before it was whole');
      if (!timingSafeEqual(digest, held)) throw broken(via, "its content does not have etcd's own checksum (SHA-256)");
      return {bytes, sha256: digest.toString('hex')};
    },
  };
}

/** Never onto a file that came to be there in the meantime. */
async function giveName(partial: string, path: string): Promise<void> {
  try {
    await link(partial, path);
    await rm(partial);
  } catch (error) {
    const {code} = error as NodeJS.ErrnoException;
    if (code === 'EEXIST' || (await exists(path))) throw taken(path);
    await rename(partial, path); // a file system without links
  }
  const folder = await open(dirname(path), constants.O_RDONLY);
  await folder.sync().finally(() => folder.close());
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

const broken = (via: string, why: string): EtcdProblem =>
  new EtcdProblem(`the snapshot is not a good one: ${via}`, {kind: 'other', why, next: 'run it again'});

const taken = (path: string): Problem =>
  new Problem(`${path} exists already`, {
    why: 'a snapshot never overwrites anything',
    next: 'choose another name, or remove it: it may hold Secrets in plaintext',
    exitCode: ExitCode.usage,
  });

const cannotWrite = (path: string, {code, message}: NodeJS.ErrnoException): Problem =>
  new Problem(`cannot write ${path}`, {
    why: code === 'ENOSPC' ? 'the disk is full' : code === 'EACCES' ? 'permission denied' : message,
    exitCode: ExitCode.usage,
  });
