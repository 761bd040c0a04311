import {mkdtempSync, rmSync, truncateSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {gzipSync} from 'node:zlib';
import {afterAll, expect, test} from 'vitest';
import {requireSnapshot} from '../../src/etcd/snapshot-file.ts';
import {boltDatabase} from '../support/bolt-database.ts';

const folder = mkdtempSync(join(tmpdir(), 'kops-test-'));
afterAll(() => rmSync(folder, {recursive: true}));
const file = (name: string, content: Buffer | string) => {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
};
const whole = boltDatabase(Buffer.alloc(3 * 4096));

test.each([
  ['a database', whole],
  ['a snapshot, with its checksum', Buffer.concat([whole, Buffer.alloc(32)])],
  ['one with room at its end', Buffer.concat([whole, Buffer.alloc(8192)])],
  ['one of large pages', boltDatabase(Buffer.alloc(65_536), 65_536)],
])('%s can be looked into', async (_case, content) => {
  await expect(requireSnapshot(file('good.db', content))).resolves.toBeUndefined();
});

test.each([
  ['there is no such file', () => join(folder, 'none.db')],
  ['it is a folder', () => folder],
  ['it is not a regular file', () => '/dev/null'],
  ['it is empty', () => file('empty.db', '')],
  ['it does not begin as a database of etcd (bbolt) does', () => file('x.yaml', 'kind: Secret\ndata: {password: czNjcjN0}\n')],
  ['it does not begin as a database of etcd (bbolt) does', () => file('zeros.db', Buffer.alloc(100_000))],
  ['it does not begin as a database of etcd (bbolt) does', () => file('short.db', whole.subarray(0, 60))],
  ['it is compressed (gzip): unpack it first', () => file('x.db.gz', gzipSync(whole))],
  [
    'it is cut off: 12288 of 20480 bytes',
    () => {
      const path = file('cut.db', whole);
      truncateSync(path, 12_288);
      return path;
    },
  ],
])('of what is none it says why, and ends with 2: %s', async (why, make) => {
  const path = make();
  await expect(requireSnapshot(path)).rejects.toMatchObject({
    message: `${path} is not a snapshot of etcd that can be looked into`,
    why,
    exitCode: 2,
  });
});

test('the page that was written last tells how long it is', async () => {
  const shrunk = boltDatabase(Buffer.alloc(4096), 4096, {before: 99});
  await expect(requireSnapshot(file('shrunk.db', shrunk))).resolves.toBeUndefined();
});
