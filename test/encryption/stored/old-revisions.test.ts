import {expect, test} from 'vitest';
import {oldPlaintext} from '../../../src/encryption/stored/old-revisions.ts';
import type {Etcd} from '../../../src/etcd/etcd.ts';
import {Compacted} from '../../../src/etcd/problems.ts';
import {type MemoryEtcd, memoryEtcd} from '../../support/memory-etcd.ts';
import {plainSecret, secretbox} from '../../support/stored.ts';

const {signal} = new AbortController();
const key = (name: string) => `/registry/secrets/shop/${name}`;
const plain = plainSecret('db');
const look = async (etcd: Etcd) =>
  oldPlaintext(etcd, [{resource: 'secrets', path: '/registry/secrets/'}], await etcd.revision(signal), signal);

/** Each value in turn, by key. */
function written(...writes: readonly (readonly [name: string, value: 'plain' | 'encrypted' | 'gone'])[]): MemoryEtcd {
  const etcd = memoryEtcd({'/registry/other': 'x'});
  for (const [name, value] of writes) {
    if (value === 'gone') etcd.remove(key(name));
    else etcd.put(key(name), value === 'plain' ? plain : secretbox('key1', plain));
  }
  return etcd;
}

test('what a rewrite replaced is there still', async () => {
  expect(await look(written(['db', 'plain'], ['db', 'encrypted']))).toEqual({
    from: 1,
    to: 4,
    checked: 1,
    plaintext: 1,
    keys: [key('db')],
    complete: true,
  });
});

test.each([
  [
    'every version in between counts',
    [
      ['db', 'plain'],
      ['db', 'plain'],
      ['db', 'encrypted'],
      ['db', 'encrypted'],
    ],
    2,
  ],
  [
    'encrypted ones do not',
    [
      ['db', 'encrypted'],
      ['db', 'encrypted'],
    ],
    0,
  ],
  ['the present value is not one of the past', [['db', 'plain']], 0],
  [
    'several keys',
    [
      ['a', 'plain'],
      ['b', 'plain'],
      ['a', 'encrypted'],
      ['b', 'encrypted'],
    ],
    2,
  ],
] as const)('%s', async (_case, writes, plaintext) => {
  expect(await look(written(...writes))).toMatchObject({plaintext});
});

test('after a compaction the earliest revision is the one it was made at', async () => {
  const etcd = written(['db', 'plain'], ['db', 'encrypted'], ['db', 'encrypted'], ['db', 'encrypted']);
  await etcd.compact(4, signal);
  expect(await look(etcd)).toMatchObject({from: 4, plaintext: 0, checked: 2});
});

test('a deleted Secret is found at the earliest revision', async () => {
  const etcd = written(['db', 'plain'], ['db', 'gone']);
  await etcd.compact(3, signal);
  expect(await look(etcd)).toMatchObject({from: 3, plaintext: 1, keys: [key('db')]});
});

test('a compaction while it looks makes it begin anew', async () => {
  const etcd = written(['db', 'plain'], ['db', 'encrypted']);
  let compactions = 0;
  const range: Etcd['range'] = (query, s) => {
    if (query.keysOnly && compactions++ === 0) void etcd.compact(4, signal);
    return etcd.range(query, s);
  };
  expect(await look({...etcd, range})).toMatchObject({from: 4, plaintext: 0});
  await expect(
    look({
      ...etcd,
      range: () => {
        throw new Compacted('memory');
      },
    }),
  ).rejects.toThrow('no longer has the revision');
});
