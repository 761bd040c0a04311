import {mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, beforeAll, describe, expect, onTestFinished, test, vi} from 'vitest';
import type {Etcd, KeyValue} from '../../src/etcd/etcd.ts';
import {openEtcdctl} from '../../src/etcd/etcdctl.ts';
import {type GrpcOptions, openGrpc} from '../../src/etcd/grpc.ts';
import {Compacted, EtcdProblem} from '../../src/etcd/problems.ts';
import {snapshotTo} from '../../src/etcd/snapshot.ts';
import {type EtcdContainer, startEtcd} from '../support/etcd-container.ts';
import {refusalOf} from '../support/refusal.ts';

const {signal} = new AbortController();

/** By gRPC, as a user of this name. */
async function byGrpc(container: EtcdContainer, user: string, options: Partial<GrpcOptions> = {}): Promise<Etcd> {
  const endpoints = [{url: container.url, serverName: container.serverName}];
  const etcd = await openGrpc({endpoints, tls: await container.tls(user), ...options}, signal);
  onTestFinished(() => etcd.close());
  return etcd;
}

const byEtcdctl = (container: EtcdContainer): Promise<Etcd> => openEtcdctl({via: 'etcdctl in a container', ...container}, signal);

async function itemsOf(etcd: Etcd, prefix: string, revision?: number): Promise<KeyValue[]> {
  const items: KeyValue[] = [];
  for await (const page of etcd.range({prefix, ...(revision !== undefined && {revision})}, signal)) items.push(...page.items);
  return items;
}

describe('an etcd that wants client certificates', () => {
  let container: EtcdContainer;
  beforeAll(async () => {
    container = await startEtcd();
    for (let i = 0; i < 120; i++) await container.writer.put(`/registry/secrets/a/${String(i).padStart(3, '0')}`, `value ${i}`);
  });
  afterAll(() => container.stop());

  test('lets in whoever has one, by a name that its own certificate has', async () => {
    const etcd = await byGrpc(container, 'root');
    expect((await etcd.get('/registry/secrets/a/007', signal))?.value.toString()).toBe('value 7');
  });

  test.each([
    ['no certificate', 'unauthenticated', async () => ({tls: {ca: (await container.tls('root')).ca}})],
    ["a stranger's certificate", 'unauthenticated', async () => ({tls: await container.strangersTls()})],
    ['another authority', 'untrusted', async () => ({tls: {...(await container.tls('root')), ca: container.strangersCa}})],
    ['an address that its certificate lacks', 'untrusted', async () => ({endpoints: [{url: container.url}]})],
    ['plain HTTP', 'unreachable', async () => ({endpoints: [{url: container.url.replace('https', 'http')}]})],
  ])('keeps out %s: %s', async (_case, kind, options) => {
    const problem = await refusalOf(byGrpc(container, 'root', await options()), EtcdProblem);
    expect(problem.kind, `${problem.message}: ${problem.why}`).toBe(kind);
  });

  test('tells the same by gRPC and by etcdctl', async () => {
    const [direct, through] = [await byGrpc(container, 'root'), await byEtcdctl(container)];
    const revision = await direct.revision(signal);
    expect(await through.revision(signal)).toBe(revision);
    expect(await itemsOf(direct, '/registry/secrets/')).toHaveLength(120);
    expect(await itemsOf(through, '/registry/secrets/')).toEqual(await itemsOf(direct, '/registry/secrets/'));
    expect(await itemsOf(through, '')).toEqual(await itemsOf(direct, ''));
    expect(await itemsOf(through, '/nothing/')).toEqual([]);
    expect(await itemsOf(through, '/registry/', revision - 100)).toEqual(await itemsOf(direct, '/registry/', revision - 100));
    const key = '/registry/secrets/a/011';
    expect(await through.get(key, signal, revision - 3)).toEqual(await direct.get(key, signal, revision - 3));
    expect(await through.members(signal)).toEqual(await direct.members(signal));
    const [member] = await direct.members(signal);
    expect(member).toMatchObject({version: '3.7.0', isLeader: true, isLearner: false, errors: []});
    expect(member?.dbSize).toBeGreaterThan(0);
  });

  test('takes keys that look like flags, and such as have blanks and quotes, by etcdctl too', async () => {
    const keys = ['--prefix', '-x', '/registry/a b', '/registry/"\'$(id)`', '/registry/ü🔑'];
    for (const key of keys) await container.writer.put(key, `of ${key}`);
    const [direct, through] = [await byGrpc(container, 'root'), await byEtcdctl(container)];
    for (const key of keys) {
      expect((await through.get(key, signal))?.value.toString()).toBe(`of ${key}`);
      expect(await through.get(key, signal)).toEqual(await direct.get(key, signal));
    }
  });

  test('gives a snapshot that etcdutl restores, by gRPC and by etcdctl', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'kops-etcd-'));
    onTestFinished(() => rmSync(folder, {recursive: true}));
    for (const etcd of [await byGrpc(container, 'root'), await byEtcdctl(container)]) {
      const path = join(folder, `${etcd.via.slice(0, 4)}.db`);
      const {bytes} = await snapshotTo(etcd, path, signal);
      const content = readFileSync(path);
      expect(content).toHaveLength(bytes);
      const status = JSON.parse(await container.on(content, 'etcdutl', 'snapshot', 'status', '/tmp/input', '-w', 'json'));
      expect(status).toMatchObject({revision: await etcd.revision(signal)});
      const data = `--data-dir=/tmp/${bytes}-${etcd.via.slice(0, 4)}`;
      await container.on(content, 'etcdutl', 'snapshot', 'restore', '/tmp/input', data);
    }
  });

  test('forgets what it is told to forget, and gives the room back', async () => {
    const [direct, through] = [await byGrpc(container, 'root'), await byEtcdctl(container)];
    const old = await direct.revision(signal);
    for (let i = 0; i < 40; i++) await container.writer.put('/registry/large', 'x'.repeat(100_000 + i));
    const now = await direct.revision(signal);
    const compacting: AsyncIterator<unknown>[] = [direct, through].map((etcd) =>
      etcd.range({prefix: '/registry/', revision: old}, signal)[Symbol.asyncIterator](),
    );
    for (const pages of compacting) expect(await pages.next()).toMatchObject({done: false});
    await direct.compact(now - 1, signal);
    await through.compact(now - 1, signal);
    for (const pages of compacting) await expect(pages.next()).rejects.toBeInstanceOf(Compacted);
    for (const etcd of [direct, through]) {
      await expect(etcd.get('/registry/large', signal, old)).rejects.toBeInstanceOf(Compacted);
      expect((await etcd.get('/registry/large', signal))?.value).toHaveLength(100_039);
    }
    const [before] = await direct.members(signal);
    if (before === undefined) return expect.unreachable();
    expect(before.dbSize).toBeGreaterThan(4_000_000);
    await direct.defragment(before, signal);
    expect((await direct.members(signal))[0]?.dbSize).toBeLessThan(1_000_000);
    await through.defragment(before, signal);
  });

  test('is found again after a restart', async () => {
    const etcd = await byGrpc(container, 'root');
    const revision = await etcd.revision(signal);
    await container.restart();
    await vi.waitFor(async () => expect(await etcd.revision(signal)).toBe(revision), {timeout: 30_000, interval: 100});
  });
});

describe("an etcd with users, and an API server's own prefix", () => {
  let container: EtcdContainer;
  beforeAll(async () => {
    container = await startEtcd();
    for (const key of ['/clusters/one/secrets/a/db', '/clusters/two/secrets/a/db']) await container.writer.put(key, key);
    for (const command of [
      'user add root --no-password',
      'user grant-role root root',
      'user add one --no-password',
      'role add one',
      'role grant-permission one --prefix=true read /clusters/one/',
      'user grant-role one one',
      'auth enable',
    ]) {
      await container.etcdctl(...command.split(' '));
    }
  });
  afterAll(() => container.stop());

  test('a user who may read only below that prefix reads there, and nowhere else', async () => {
    const etcd = await byGrpc(container, 'one', {prefix: '/clusters/one'});
    expect((await itemsOf(etcd, '/clusters/one/secrets/')).map(({value}) => value.toString())).toEqual([
      '/clusters/one/secrets/a/db',
    ]);
    for (const ask of [
      () => etcd.get('/clusters/two/secrets/a/db', signal),
      () => itemsOf(etcd, '/clusters/'),
      () => etcd.snapshot(() => {}, signal),
      () => etcd.compact(1, signal),
    ]) {
      expect((await refusalOf(ask(), EtcdProblem)).kind).toBe('forbidden');
    }
  });

  test('with the wrong prefix, or as a user that etcd does not know, it is refused at once', async () => {
    expect((await refusalOf(byGrpc(container, 'one'), EtcdProblem)).kind).toBe('forbidden');
    expect((await refusalOf(byGrpc(container, 'nobody'), EtcdProblem)).kind).toMatch(/forbidden|unauthenticated/);
  });
});

describe('an etcd whose disk quota is used up', () => {
  let container: EtcdContainer;
  beforeAll(async () => {
    container = await startEtcd(`--quota-backend-bytes=${1024 * 1024}`);
    const put = (i: number) => container.writer.put(`/registry/secrets/a/${i}`, 'x'.repeat(100_000));
    for (let i = 0; i < 50; i++) {
      const full = await put(i).then(
        () => false,
        (error: unknown) => error instanceof EtcdProblem && error.kind === 'no-space',
      );
      if (full) return;
    }
    throw new Error('it never became full');
  });
  afterAll(() => container.stop());

  test('says so as a member, and can still be read and copied', async () => {
    for (const etcd of [await byGrpc(container, 'root'), await byEtcdctl(container)]) {
      expect(await etcd.members(signal)).toMatchObject([{errors: ['alarm NOSPACE']}]);
      expect((await itemsOf(etcd, '/registry/secrets/')).length).toBeGreaterThan(3);
      const sizes: number[] = [];
      await etcd.snapshot((chunk) => void sizes.push(chunk.length), signal);
      expect(sizes.reduce((sum, size) => sum + size, 0)).toBeGreaterThan(500_000);
    }
  });
});
