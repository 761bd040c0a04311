import {createReadStream, globSync, mkdtempSync, realpathSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, beforeAll, expect, test} from 'vitest';
import type {Etcd} from '../../src/etcd/etcd.ts';
import {Compacted} from '../../src/etcd/problems.ts';
import {type ByteScan, scanBytes} from '../../src/etcd/scan-bytes.ts';
import {connectApi} from '../support/api.ts';
import {type LabEtcd, labEtcd} from '../support/lab-etcd.ts';
import {runKops} from '../support/process.ts';

/** A lab of this test alone: it makes its store forget. */
const root = mkdtempSync(join(realpathSync(tmpdir()), 'kops-residue-'));
const kubeconfig = join(root, 'kubeconfig');
const env = {XDG_STATE_HOME: join(root, 'state'), KUBECONFIG: kubeconfig};
const name = 'residue';
const {signal} = new AbortController();
let lab: LabEtcd;
let etcd: Etcd;

beforeAll(async () => {
  const {code, stderr} = await runKops(['lab', 'up', '--driver', 'embedded', '--name', name], {env});
  expect(code, stderr).toBe(0);
  lab = labEtcd(join(env.XDG_STATE_HOME, 'kops/labs', name), name);
  etcd = await lab.open();
}, 180_000);
afterAll(async () => {
  await etcd?.close();
  await runKops(['lab', 'down', '--name', name], {env});
  rmSync(root, {recursive: true, force: true});
});

const scanner = () =>
  scanBytes({
    prefix: '/registry/secrets/',
    isPlaintext: (head) => head.subarray(0, 4).toString() === 'k8s\0',
    markers: [Buffer.from('k8s\0\x0a\x0c\x0a\x02v1\x12\x06Secret')],
  });

async function scanFiles(pattern: string): Promise<ByteScan> {
  const scan = scanner();
  for (const path of globSync(join(lab.root, pattern))) for await (const chunk of createReadStream(path)) scan.update(chunk);
  return scan.end();
}
const database = () => scanFiles('var/lib/etcd/member/snap/db');
const keysOf = ({keys}: ByteScan) => keys.map(({key}) => key);

/** Rewrites what was there before, so that what is in free pages can be told from what is in use. */
async function snapshot(): Promise<ByteScan> {
  const scan = scanner();
  await etcd.snapshot((chunk) => scan.update(chunk), signal);
  return scan.end();
}

test('what was deleted stays in the database file until it is compacted and defragmented, and longer in the log', async () => {
  const api = connectApi(kubeconfig);
  const secrets = '/api/v1/namespaces/default/secrets';
  const names = Array.from({length: 300}, (_, i) => `old-${i}`);
  for (const old of names) {
    await api.send('POST', secrets, {metadata: {name: old}, stringData: {password: 'x'.repeat(old === 'old-7' ? 100_000 : 500)}});
  }
  const before = await etcd.revision(signal);
  for (const old of names) await api.send('DELETE', `${secrets}/${old}`);
  const keys = names.map((old) => `/registry/secrets/default/${old}`);
  await etcd.get('/registry/secrets/default/old-0', signal, before);

  const revision = await etcd.revision(signal);
  await etcd.compact(revision, signal);
  await expect(etcd.get('/registry/secrets/default/old-0', signal, before)).rejects.toBeInstanceOf(Compacted);
  for (const scan of [await database(), await snapshot()]) {
    expect(keysOf(scan).filter((key) => keys.includes(key)).length, 'free pages keep them').toBeGreaterThan(200);
    expect(scan.plaintext).toBeGreaterThan(200);
  }

  const [member] = await etcd.members(signal);
  if (member === undefined) return expect.unreachable();
  await etcd.defragment(member, signal);
  for (const scan of [await database(), await snapshot()]) {
    expect(keysOf(scan).filter((key) => keys.includes(key))).toEqual([]);
    expect(scan.nameless).toBe(0);
  }
  expect(new Set(keysOf(await scanFiles('var/lib/etcd/member/wal/*.wal')))).toEqual(
    new Set([...keys, ...keysOf(await snapshot())]),
  );
}, 120_000);
