import {open} from 'node:fs/promises';
import {ExitCode, Problem} from '../problem.ts';

/*
 * Where bbolt has what tells a whole database. Each of the first two pages is: id (8 bytes), flags (2), count (2), overflow (4), and then the
 * meta: magic (4), version (4), page size (4), flags (4), root bucket (16), free list (8), number of pages (8), transaction (8), checksum.
 * All in the order of the machine that wrote it, which is little-endian wherever etcd is supported. Source: bbolt's internal/common.
 */
const MAGIC = 0xed0cdaed;
const MAGIC_AT = 16;
const PAGE_SIZE_AT = 24;
const PAGES_AT = 56;
const TRANSACTION_AT = 64;
const META = 80;
const MIN_PAGE = 512;
const MAX_PAGE = 65_536;

/**
 * Why a file is not a whole database of etcd, with or without the checksum that etcd puts behind a snapshot; undefined where it is one.
 * @param head its first `HEAD` bytes, or all where there are fewer
 * @param size of the file, in bytes
 */
function flawOfDatabase(head: Buffer, size: number): string | undefined {
  if (size === 0) return 'it is empty';
  if (head[0] === 0x1f && head[1] === 0x8b) return 'it is compressed (gzip): unpack it first';
  const pageSize = isMeta(head, 0) ? head.readUInt32LE(PAGE_SIZE_AT) : undefined;
  if (pageSize === undefined || pageSize < MIN_PAGE || pageSize > MAX_PAGE)
    return 'it does not begin as a database of etcd (bbolt) does';
  const metas = [0, pageSize].filter((start) => isMeta(head, start));
  const [latest = 0] = metas.sort((a, b) => Number(transactionOf(head, b) - transactionOf(head, a)));
  const needed = head.readBigUInt64LE(latest + PAGES_AT) * BigInt(pageSize);
  return BigInt(size) < needed ? `it is cut off: ${size} of ${needed} bytes` : undefined;
}

const HEAD = MAX_PAGE + META;

const isMeta = (head: Buffer, start: number): boolean =>
  head.length >= start + META && head.readUInt32LE(start + MAGIC_AT) === MAGIC;

const transactionOf = (head: Buffer, start: number): bigint => head.readBigUInt64LE(start + TRANSACTION_AT);

/** Rejects with exit code 2 what is no snapshot of etcd, or not all of one: that nothing is found in such a file says nothing. */
export async function requireSnapshot(path: string): Promise<void> {
  const why = await flawOf(path).catch((error: NodeJS.ErrnoException) => WORDS[error.code ?? ''] ?? error.message);
  if (why === undefined) return;
  throw new Problem(`${path} is not a snapshot of etcd that can be looked into`, {
    why,
    next: 'name a file that kops or etcdctl snapshot save wrote, or a copy of member/snap/db',
    exitCode: ExitCode.usage,
  });
}

const WORDS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'it may not be read: permission denied',
  EISDIR: 'it is a folder',
};

async function flawOf(path: string): Promise<string | undefined> {
  const file = await open(path, 'r');
  try {
    const found = await file.stat();
    if (!found.isFile()) return found.isDirectory() ? WORDS.EISDIR : 'it is not a regular file';
    const {buffer, bytesRead} = await file.read(Buffer.alloc(HEAD), 0, HEAD, 0);
    return flawOfDatabase(buffer.subarray(0, bytesRead), found.size);
  } finally {
    await file.close();
  }
}
