import {createHash} from 'node:crypto';
import {chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import fc from 'fast-check';
import {afterEach, beforeEach, expect, test} from 'vitest';
import type {Etcd} from '../../src/etcd/etcd.ts';
import {EtcdProblem} from '../../src/etcd/problems.ts';
import {checksum, snapshotTo} from '../../src/etcd/snapshot.ts';
import {Problem} from '../../src/problem.ts';
import {refusalOf} from '../support/refusal.ts';

const {signal} = new AbortController();
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kops-snapshot-'));
});
afterEach(() => rmSync(folder, {recursive: true, force: true}));

const database = Buffer.alloc(64 * 512, 'page');
const sumOf = (content: Buffer) => createHash('sha256').update(content).digest();
const whole = Buffer.concat([database, sumOf(database)]);

/** Only a snapshot, in these pieces. */
const etcdOf = (...pieces: Buffer[]): Etcd =>
  ({
    via: 'gRPC to https://a:2379',
    snapshot: async (onChunk, aborted) => {
      for (const piece of pieces) {
        aborted.throwIfAborted();
        await onChunk(piece);
      }
    },
  }) satisfies Pick<Etcd, 'via' | 'snapshot'> as Etcd;

test('a snapshot has its name only once it is whole, and only its owner reads it', async () => {
  const path = join(folder, 'etcd.db');
  const seen: [number, string[]][] = [];
  const snapshot = await snapshotTo(etcdOf(whole.subarray(0, 1000), whole.subarray(1000)), path, signal, (bytes) =>
    seen.push([bytes, readdirSync(folder)]),
  );
  expect(snapshot).toEqual({path, bytes: whole.length, sha256: sumOf(database).toString('hex')});
  expect(readFileSync(path)).toEqual(whole);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(seen).toEqual([
    [1000, ['etcd.db.part']],
    [whole.length, ['etcd.db.part']],
  ]);
  expect(readdirSync(folder)).toEqual(['etcd.db']);
});

test.each([
  ['is cut off', [whole.subarray(0, -100)]],
  ['has no checksum', [database]],
  ['is empty', []],
  ['has a byte turned', [Buffer.concat([Buffer.from('q'), whole.subarray(1)])]],
])('one that %s is refused and leaves nothing behind', async (_case, pieces) => {
  const problem = await refusalOf(snapshotTo(etcdOf(...pieces), join(folder, 'etcd.db'), signal), EtcdProblem);
  expect(problem.message).toContain('not a good one');
  expect(readdirSync(folder)).toEqual([]);
});

test('what is there is never overwritten, even if it comes to be there meanwhile', async () => {
  const path = join(folder, 'etcd.db');
  writeFileSync(path, 'precious');
  await expect(snapshotTo(etcdOf(whole), path, signal)).rejects.toThrow('exists already');
  rmSync(path);
  const appearing = snapshotTo(etcdOf(whole), path, signal, () => writeFileSync(path, 'precious'));
  await expect(appearing).rejects.toThrow('exists already');
  expect(readFileSync(path, 'utf8')).toBe('precious');
  expect(readdirSync(folder)).toEqual(['etcd.db']);
});

test('an unfinished one of another run is not taken for ours', async () => {
  const path = join(folder, 'etcd.db');
  writeFileSync(`${path}.part`, 'half');
  await expect(snapshotTo(etcdOf(whole), path, signal)).rejects.toThrow(`${path}.part exists already`);
  expect(readFileSync(`${path}.part`, 'utf8')).toBe('half');
});

test('an abort leaves nothing behind', async () => {
  const abort = new AbortController();
  const written = snapshotTo(etcdOf(database, whole), join(folder, 'etcd.db'), abort.signal, () =>
    abort.abort(new Error('enough')),
  );
  await expect(written).rejects.toThrow('enough');
  expect(readdirSync(folder)).toEqual([]);
});

test('a folder that is not there is a problem of the user, not a bug', async () => {
  const path = join(folder, 'none', 'etcd.db');
  const {message} = await refusalOf(snapshotTo(etcdOf(whole), path, signal), Problem);
  expect(message).toBe(`cannot write ${path}.part`);
  expect(existsSync(path)).toBe(false);
});

test.runIf(process.getuid?.() !== 0)('a folder that may not be written to', async () => {
  chmodSync(folder, 0o500);
  const {why} = await refusalOf(snapshotTo(etcdOf(whole), join(folder, 'etcd.db'), signal), Problem);
  expect(why).toBe('permission denied');
});

test('the checksum holds however the stream is cut into pieces, and fails for any byte that differs', () => {
  const cuts = fc.array(fc.integer({min: 0, max: whole.length}), {maxLength: 6});
  fc.assert(
    fc.property(cuts, fc.option(fc.integer({min: 0, max: whole.length - 1})), (at, turned) => {
      const content = Buffer.from(whole);
      if (turned !== null) content[turned] = (content[turned] ?? 0) ^ 1;
      const check = checksum();
      const borders = [0, ...at.sort((a, b) => a - b), content.length];
      for (let i = 1; i < borders.length; i++) check.update(content.subarray(borders[i - 1], borders[i]));
      if (turned === null) expect(check.verify('x').bytes).toBe(whole.length);
      else expect(() => check.verify('x')).toThrow(EtcdProblem);
    }),
  );
});
