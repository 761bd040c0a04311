import {afterEach, beforeEach, expect, onTestFinished, test, vi} from 'vitest';
import type {Etcd, KeyValue, Page, RangeQuery} from '../../src/etcd/etcd.ts';
import {type GrpcOptions, openGrpc} from '../../src/etcd/grpc.ts';
import {Compacted, EtcdProblem} from '../../src/etcd/problems.ts';
import {etcdError, type FakeEtcd, MEMBER_ID, startFakeEtcd} from '../support/fake-etcd.ts';
import {refusalOf} from '../support/refusal.ts';

let fake: FakeEtcd;
const {signal} = new AbortController();

beforeEach(async () => {
  fake = await startFakeEtcd();
});
afterEach(() => fake.stop());

async function open(options: Partial<GrpcOptions> = {}): Promise<Etcd> {
  const etcd = await openGrpc({endpoints: [{url: fake.url}], ...options}, signal);
  onTestFinished(() => etcd.close());
  fake.asked.length = 0;
  return etcd;
}

async function pagesOf(etcd: Etcd, query: RangeQuery): Promise<Page[]> {
  const pages: Page[] = [];
  for await (const page of etcd.range(query, signal)) pages.push(page);
  return pages;
}
const namesOf = (items: readonly KeyValue[]) => items.map(({key}) => key.toString());
const itemsOf = (pages: readonly Page[]) => pages.flatMap(({items}) => items);

test('a key is read as stored, with what etcd counts of it', async () => {
  const first = fake.put('/registry/secrets/a/db', 'k8s\0old');
  const second = fake.put('/registry/secrets/a/db', Buffer.from([0x6b, 0x38, 0x73, 0, 0xff]));
  const etcd = await open();
  expect(await etcd.get('/registry/secrets/a/db', signal)).toEqual({
    key: Buffer.from('/registry/secrets/a/db'),
    value: Buffer.from([0x6b, 0x38, 0x73, 0, 0xff]),
    createRevision: first,
    modRevision: second,
    version: 2,
  });
  expect((await etcd.get('/registry/secrets/a/db', signal, first))?.value.toString()).toBe('k8s\0old');
  expect(await etcd.get('/registry/secrets/a/none', signal)).toBeUndefined();
  expect(await etcd.revision(signal)).toBe(second);
});

test('all pages are of one revision, whatever is written meanwhile', async () => {
  for (let i = 0; i < 1000; i++) fake.put(`/registry/secrets/a/${String(i).padStart(4, '0')}`, 'before');
  fake.put('/registry/secretsandmore', 'another kind');
  const etcd = await open();
  const revision = await etcd.revision(signal);
  fake.asked.length = 0;
  fake.onRange = () => {
    if (fake.asked.length === 1) return;
    fake.put('/registry/secrets/a/0999', 'after');
    fake.put('/registry/secrets/a/new', 'after');
  };
  const pages = await pagesOf(etcd, {prefix: '/registry/secrets/'});
  expect(pages.length).toBeGreaterThan(2);
  expect(new Set(itemsOf(pages).map(({value}) => value.toString()))).toEqual(new Set(['before']));
  expect(new Set(namesOf(itemsOf(pages)))).toHaveLength(1000);
  expect(itemsOf(pages)).toHaveLength(1000);
  expect(pages.every((page) => page.revision === revision)).toBe(true);
});

test('values of 1 MiB come a few at a time', async () => {
  const value = Buffer.alloc(1024 * 1024, 7);
  for (let i = 0; i < 40; i++) fake.put(`/registry/secrets/a/${i + 100}`, value);
  const pages = await pagesOf(await open(), {prefix: '/registry/secrets/'});
  expect(namesOf(itemsOf(pages))).toEqual(Array.from({length: 40}, (_, i) => `/registry/secrets/a/${i + 100}`));
  expect(itemsOf(pages).every((item) => item.value.equals(value))).toBe(true);
  expect(Math.max(...pages.map(({items}) => items.length))).toBeLessThan(16);
  expect(pages.at(-2)?.items.length).toBeLessThanOrEqual(4);
});

test('small values come by the thousand', async () => {
  for (let i = 0; i < 9000; i++) fake.put(`/registry/secrets/a/${i}`, 'small');
  const pages = await pagesOf(await open(), {prefix: '/registry/secrets/'});
  expect(itemsOf(pages)).toHaveLength(9000);
  expect(pages.length).toBeLessThan(9);
});

test('one value that is too large for any answer is named as that', async () => {
  fake.put('/registry/secrets/a/huge', Buffer.alloc(17 * 1024 * 1024));
  const {kind} = await refusalOf(pagesOf(await open(), {prefix: '/registry/secrets/'}), EtcdProblem);
  expect(kind).toBe('too-large');
});

test('only keys, where only keys are asked for', async () => {
  fake.put('/registry/secrets/a/db', 'value');
  const [page] = await pagesOf(await open(), {prefix: '/registry/', keysOnly: true});
  expect(page?.items.map(({key, value}) => [key.toString(), value.length])).toEqual([['/registry/secrets/a/db', 0]]);
});

test('a prefix with nothing below it is one empty page: its revision counts', async () => {
  const revision = fake.put('/elsewhere', 'value');
  expect(await pagesOf(await open(), {prefix: '/registry/secrets/'})).toEqual([{revision, items: []}]);
});

test('a prefix of any bytes, and none at all', async () => {
  const keys = [[0x00], [0x61, 0xff], [0x61, 0xff, 0x01], [0x62], [0xff, 0xff]].map((bytes) => Buffer.from(bytes));
  for (const key of keys) fake.put(key, 'x');
  const etcd = await open();
  const found = async (prefix: string | Buffer) => itemsOf(await pagesOf(etcd, {prefix})).map(({key}) => key);
  expect(await found(Buffer.from([0x61, 0xff]))).toEqual([keys[1], keys[2]]);
  expect(await found(Buffer.from([0xff]))).toEqual([keys[4]]);
  expect(await found('')).toEqual(keys);
});

test('a revision that was compacted is Compacted, in the midst of a range too', async () => {
  const old = fake.put('/registry/secrets/a', 'x');
  for (let i = 0; i < 1000; i++) fake.put(`/registry/secrets/${i}`, 'x');
  const etcd = await open();
  const pages: Page[] = [];
  const read = async () => {
    for await (const page of etcd.range({prefix: '/registry/secrets/'}, signal)) {
      pages.push(page);
      fake.compact(fake.put('/registry/secrets/a', 'y'));
    }
  };
  await expect(read()).rejects.toBeInstanceOf(Compacted);
  expect(pages).toHaveLength(1);
  await expect(etcd.get('/registry/secrets/a', signal, old)).rejects.toBeInstanceOf(Compacted);
});

test('compacting what is compacted is done already', async () => {
  fake.put('/a', '1');
  const revision = fake.put('/a', '2');
  const etcd = await open();
  await etcd.compact(revision, signal);
  await etcd.compact(revision, signal);
  await expect(etcd.get('/a', signal, revision - 1)).rejects.toBeInstanceOf(Compacted);
});

test('an abort ends a read with its own reason', async () => {
  const etcd = await open();
  const abort = new AbortController();
  fake.onRange = () => {
    abort.abort(new Error('enough'));
    return new Promise(() => {});
  };
  await expect(etcd.get('/registry/a', abort.signal)).rejects.toThrow('enough');
  await expect(etcd.get('/registry/a', abort.signal)).rejects.toThrow('enough');
});

test('a server that keeps silent is given up in time', async () => {
  const etcd = await open({timeout: 100});
  fake.onRange = () => new Promise(() => {});
  const {kind, passing} = await refusalOf(etcd.get('/registry/a', signal), EtcdProblem);
  expect([kind, passing]).toEqual(['unreachable', true]);
});

test.each([
  ['PERMISSION_DENIED', 'etcdserver: permission denied', 'forbidden'],
  ['INVALID_ARGUMENT', 'etcdserver: user name is empty', 'unauthenticated'],
  ['UNAUTHENTICATED', 'etcdserver: invalid auth token', 'unauthenticated'],
  ['UNAVAILABLE', 'etcdserver: no leader', 'unavailable'],
  ['RESOURCE_EXHAUSTED', 'etcdserver: too many requests', 'unavailable'],
  ['RESOURCE_EXHAUSTED', 'etcdserver: mvcc: database space exceeded', 'no-space'],
  ['DATA_LOSS', 'etcdserver: corrupt cluster', 'other'],
] as const)('etcd says %s, %s', async (code, words, kind) => {
  const etcd = await open();
  fake.onRange = () => {
    throw etcdError(code, words);
  };
  expect((await refusalOf(etcd.get('/registry/a', signal), EtcdProblem)).kind).toBe(kind);
});

test('no failure repeats a value', async () => {
  fake.put('/registry/secrets/a', 'hunter2');
  const etcd = await open();
  fake.onRange = () => {
    throw etcdError('INTERNAL', 'something\u001b[2J odd\nand more of it');
  };
  const {message, why} = await refusalOf(etcd.get('/registry/secrets/a', signal), EtcdProblem);
  expect(`${message} ${why}`).not.toContain('hunter2');
  expect(why).toBe('something␛[2J odd');
});

test('the first endpoint that answers is used, and one that keeps silent is not waited for', async () => {
  const silent = await startFakeEtcd();
  onTestFinished(() => silent.stop());
  silent.onRange = () => new Promise(() => {});
  const etcd = await open({endpoints: [{url: 'http://127.0.0.1:1'}, {url: silent.url}, {url: fake.url}], connectTimeout: 60_000});
  expect(etcd.via).toBe(`gRPC to ${fake.url}`);
});

test('where no endpoint answers, the one that refused says why', async () => {
  fake.onRange = () => {
    throw etcdError('PERMISSION_DENIED', 'etcdserver: permission denied');
  };
  const closed = vi.fn(async () => {});
  const endpoints = [{url: 'http://127.0.0.1:1'}, {url: fake.url}];
  const {kind, message} = await refusalOf(openGrpc({endpoints, onClose: closed}, signal), EtcdProblem);
  expect([kind, message]).toEqual(['forbidden', `etcd's access control refused: gRPC to ${fake.url}`]);
  expect(closed).toHaveBeenCalledOnce();
});

test('a lost endpoint is replaced by another, in the midst of a range too', async () => {
  const other = await startFakeEtcd();
  onTestFinished(() => other.stop());
  for (let i = 0; i < 500; i++) {
    for (const store of [fake, other]) store.put(`/registry/secrets/${i}`, 'x');
  }
  const etcd = await open({endpoints: [{url: fake.url}, {url: other.url}]});
  expect(etcd.via).toContain(fake.url);
  let read = 0;
  for await (const {items} of etcd.range({prefix: '/registry/secrets/'}, signal)) {
    read += items.length;
    fake.stop();
  }
  expect(read).toBe(500);
  expect(etcd.via).toContain(other.url);
});

test('a server that comes back at the same place is found again', async () => {
  const etcd = await open();
  fake.stop();
  expect((await refusalOf(etcd.revision(signal), EtcdProblem)).kind).toBe('unreachable');
  fake = await startFakeEtcd(Number(new URL(fake.url).port));
  await vi.waitFor(() => etcd.revision(signal), {timeout: 5000, interval: 50});
});

test('members: their sizes, who leads, the alarms of each, and who does not answer', async () => {
  fake.others.push({id: '42', name: 'b', clientUrls: ['http://127.0.0.1:1']});
  fake.alarms.push({memberId: MEMBER_ID, alarm: 'NOSPACE'}, {memberId: '42', alarm: 'CORRUPT'});
  const members = await (await open()).members(signal);
  expect(members).toEqual([
    {
      id: MEMBER_ID,
      name: 'a',
      clientUrls: ['https://unused:2379'],
      dbSize: 8192,
      dbSizeInUse: 4096,
      version: '3.7.0',
      isLeader: true,
      isLearner: false,
      errors: ['alarm NOSPACE'],
    },
    {
      id: '42',
      name: 'b',
      clientUrls: ['http://127.0.0.1:1'],
      dbSize: 0,
      dbSizeInUse: 0,
      version: '',
      isLeader: false,
      isLearner: false,
      errors: ['cannot reach etcd: gRPC to http://127.0.0.1:1: nothing listens there (connection refused)', 'alarm CORRUPT'],
    },
  ]);
});

test('defragmenting reaches the very member', async () => {
  const other = await startFakeEtcd();
  onTestFinished(() => other.stop());
  fake.others.push({id: '42', name: 'b', clientUrls: ['http://unused:2379']});
  const etcd = await open({endpointOf: async ({name}) => (name === 'b' ? {url: other.url} : undefined)});
  const [own, second] = await etcd.members(signal);
  if (own === undefined || second === undefined) return expect.unreachable();
  await etcd.defragment(second, signal);
  expect([fake.defragmented(), other.defragmented()]).toEqual([0, 1]);
  await etcd.defragment(own, signal);
  expect([fake.defragmented(), other.defragmented()]).toEqual([1, 1]);
});

test('a snapshot comes piece by piece, each only when the one before is dealt with', async () => {
  const pieces = Array.from({length: 20}, (_, i) => Buffer.alloc(1000, i));
  fake.snapshot = {pieces};
  const etcd = await open();
  const got: Buffer[] = [];
  let busy = 0;
  await etcd.snapshot(async (chunk) => {
    expect(++busy).toBe(1);
    await new Promise(setImmediate);
    got.push(chunk);
    busy--;
  }, signal);
  expect(Buffer.concat(got)).toEqual(Buffer.concat(pieces));
});

test('a snapshot ends with what its reader throws, and with an abort', async () => {
  fake.snapshot = {pieces: [Buffer.alloc(10)], stall: true};
  const etcd = await open();
  await expect(
    etcd.snapshot(() => {
      throw new Error('disk full');
    }, signal),
  ).rejects.toThrow('disk full');
  const abort = new AbortController();
  await expect(etcd.snapshot(() => abort.abort(new Error('enough')), abort.signal)).rejects.toThrow('enough');
});
