import {randomBytes} from 'node:crypto';
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, beforeAll, describe, expect, onTestFinished, test} from 'vitest';
import type {Etcd, KeyValue, Page} from '../../src/etcd/etcd.ts';
import {snapshotTo} from '../../src/etcd/snapshot.ts';
import {foldersOf} from '../../src/lab/folders.ts';
import {type EtcdWriter, openWriter} from '../support/etcd-writer.ts';
import {type LabEtcd, labEtcd} from '../support/lab-etcd.ts';
import {liveCluster, namespace} from '../support/live.ts';

const {signal} = new AbortController();
let lab: LabEtcd;
let etcd: Etcd;
let writer: EtcdWriter;

beforeAll(async () => {
  const {name} = liveCluster();
  lab = labEtcd(join(foldersOf(process.env).labs, name), name);
  etcd = await lab.open();
  writer = openWriter({url: lab.url}, lab.tls);
});
afterAll(async () => {
  writer?.close();
  await etcd?.close();
});

async function pagesOf(prefix: string, onPage = () => {}): Promise<Page[]> {
  const pages: Page[] = [];
  for await (const page of etcd.range({prefix}, signal)) {
    pages.push(page);
    onPage();
  }
  return pages;
}
const itemsOf = (pages: readonly Page[]): readonly KeyValue[] => pages.flatMap(({items}) => items);

test('a Secret is there as the API server stored it, at the revision that the API tells', async () => {
  const shop = await namespace();
  const [made] = await shop.apply({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {name: 'db'},
    stringData: {password: 'hunter2'},
  } as never);
  const stored = await etcd.get(`/registry/secrets/${shop.name}/db`, signal);
  expect(stored?.value.subarray(0, 4).toString()).toBe('k8s\0');
  expect(stored?.value.includes('hunter2')).toBe(true);
  expect(String(stored?.modRevision)).toBe(made?.metadata?.resourceVersion);
  expect(itemsOf(await pagesOf(`/registry/secrets/${shop.name}/`))).toEqual([stored]);
});

test('the only member, its size and its version', async () => {
  const [member, ...others] = await etcd.members(signal);
  expect(others).toEqual([]);
  expect(member).toMatchObject({clientUrls: [lab.url], version: '3.7.0', isLeader: true, isLearner: false, errors: []});
  expect(member?.dbSize).toBeGreaterThanOrEqual(member?.dbSizeInUse ?? Number.POSITIVE_INFINITY);
});

test('a snapshot has the checksum that etcd gave it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'kops-etcd-'));
  onTestFinished(() => rmSync(folder, {recursive: true}));
  const heard: number[] = [];
  const {bytes} = await snapshotTo(etcd, join(folder, 'etcd.db'), signal, (count) => heard.push(count));
  expect(bytes).toBeGreaterThan(100_000);
  expect(heard.at(-1)).toBe(bytes);
});

describe('many keys while others write', () => {
  const prefix = `/kops-test/${randomBytes(4).toString('hex')}/`;
  const keyOf = (i: number) => `${prefix}${String(i).padStart(5, '0')}`;
  afterAll(() => writer.deleteAll(prefix));

  test('10,000 of them are those of one moment', async () => {
    const values = Array.from({length: 10_000}, (_, i) => `value ${i} `.padEnd(300, '.'));
    await writer.putAll(values.map((value, i) => [keyOf(i), value]));
    let others: Promise<unknown> = Promise.resolve();
    const pages = await pagesOf(prefix, () => {
      others = others
        .then(() => writer.put(keyOf(9_999), 'changed'))
        .then(() => writer.put(`${keyOf(9_998)}-new`, 'new'))
        .then(() => writer.delete(keyOf(9_997)));
    });
    await others;
    const revision = pages[0]?.revision; // the cluster itself also writes
    expect(pages.length).toBeGreaterThan(2);
    expect(pages.every((page) => page.revision === revision)).toBe(true);
    expect(itemsOf(pages).map(({key}) => key.toString())).toEqual(values.map((_, i) => keyOf(i)));
    expect(itemsOf(pages).map(({value}) => value.toString())).toEqual(values);
    expect((await etcd.get(keyOf(9_999), signal))?.value.toString()).toBe('changed');
    expect((await etcd.get(keyOf(9_999), signal, revision))?.value.toString()).toBe(values[9_999]);
    expect(await etcd.get(keyOf(9_997), signal)).toBeUndefined();
  });

  test('values of 1 MiB come whole, a few MiB at a time', async () => {
    const values = Array.from({length: 24}, () => randomBytes(1024 * 1024));
    await Promise.all(values.map((value, i) => writer.put(`${prefix}large/${i + 10}`, value)));
    const pages = await pagesOf(`${prefix}large/`);
    expect(itemsOf(pages).map(({value}, i) => value.equals(values[i] ?? Buffer.alloc(0)))).toEqual(values.map(() => true));
    expect(Math.max(...pages.map(({items}) => items.length))).toBeLessThan(16);
  });
});
