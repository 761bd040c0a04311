import {expect, test} from 'vitest';
import {API_SERVER_MANIFEST, observe} from '../../src/encryption/control-plane.ts';
import {findOpenTransaction, refuseOpen} from '../../src/encryption/open-transaction.ts';
import {encryptionStatus, exitCodeOfStatus} from '../../src/encryption/status.ts';
import {appendToJournal} from '../../src/encryption/transaction/journal.ts';
import {takeLock} from '../../src/encryption/transaction/lock.ts';
import {LOCK_FOLDER, RECORD_FILE, serialiseTransaction, type Transaction} from '../../src/encryption/transaction/record.ts';
import {readFile, removeFile, writeFile} from '../../src/nodes/files.ts';
import {Problem} from '../../src/problem.ts';
import {playControlPlane} from '../support/played-control-plane.ts';

const {signal} = new AbortController();
const digests = {manifest: {original: '1', enabled: '2', final: '2'}, configuration: 'absent'};
const transaction: Transaction = {
  version: 1,
  id: '20261123-143012-3f9c',
  operation: 'setup',
  startedAt: '2026-11-23T14:30:12Z',
  startedBy: 'jane@laptop',
  lead: 'cp-1',
  resources: ['secrets'],
  writeKey: {provider: 'secretbox', keyName: 'key1'},
  retires: [],
  configurationFile: '/etc/kubernetes/enc/encryption.yaml',
  stages: {read: '3', write: '4', final: undefined},
  rewrite: true,
  clusterConfiguration: undefined,
  snapshot: undefined,
  confirmWithin: 90,
  nodes: {'cp-1': digests, 'cp-2': digests},
};
const holder = {user: 'jane', host: 'laptop', pid: 4711, boot: 'b', pids: 'p', since: '2026-11-23T14:35:00Z', token: 't'};

/** Two control planes with an open change at its second step. `running`: another kops is at work on it. */
async function openChange({running}: {readonly running: boolean}) {
  const {plane} = playControlPlane([undefined, undefined]);
  const [{node: lead} = expect.unreachable()] = plane.nodes;
  const own = await takeLock(lead, signal);
  const entry = {transaction: transaction.id, at: '2026-11-23T14:30:13Z'};
  await appendToJournal(lead, {...entry, step: 'enable', node: 'cp-1', state: 'begun'}, own, signal);
  await own.release();
  for (const {node} of plane.nodes) await writeFile(node, RECORD_FILE, serialiseTransaction(transaction), {mode: '600'}, signal);
  const file = `${LOCK_FOLDER}/holder`;
  if (running) await writeFile(lead, file, Buffer.from(JSON.stringify(holder)), {mode: '600'}, signal);
  const age = (seconds: number) =>
    lead.run(`touch -d "@$(( $(date +%s) - $2 ))" "$1"`, [lead.root + file, `${seconds}`], {}, signal);
  return {plane, lead, age};
}

test('a change that another kops is at work on is told as running, with who and since when', async () => {
  const {plane} = await openChange({running: true});
  expect(await findOpenTransaction(plane.nodes, signal)).toMatchObject({
    operation: 'setup',
    lastStep: 'enable on cp-1',
    lastState: 'begun',
    runningBy: {user: 'jane', host: 'laptop', pid: 4711, since: '2026-11-23T14:35:00Z'},
  });
  await expect(refuseOpen(plane.nodes, signal)).rejects.toMatchObject({
    message: 'a change of the encryption is running now: setup 20261123-143012-3f9c',
    why: expect.stringMatching(/^jane@laptop, process 4711, since 2026-11-23T14:35:00Z; last heard of \d s ago$/),
    next: expect.stringMatching(/^wait for it: kops encrypt-at-rest status tells how far it is/),
    exitCode: 3,
  });
});

test.each([
  ['nobody holds its lock', async () => openChange({running: false})],
  [
    'whoever holds its lock gave no sign of life for a minute',
    async () => {
      const change = await openChange({running: true});
      await change.age(61);
      return change;
    },
  ],
  [
    'this process holds its lock, about to look whether it may begin',
    async () => {
      const change = await openChange({running: false});
      await takeLock(change.lead, signal);
      return change;
    },
  ],
])('it was interrupted where %s', async (_case, given) => {
  const {plane} = await given();
  expect(await findOpenTransaction(plane.nodes, signal)).toMatchObject({runningBy: null});
  await expect(refuseOpen(plane.nodes, signal, 'kops encrypt-at-rest sync cp-2')).rejects.toMatchObject({
    message: 'a change of the encryption is open: setup 20261123-143012-3f9c',
    why: 'jane@laptop began it at 2026-11-23T14:30:12Z, and no kops is at work on it now: it was interrupted',
    next: 'kops encrypt-at-rest resume, or back: kops encrypt-at-rest abort; then kops encrypt-at-rest sync cp-2',
  });
});

test('a server that does not answer, and an etcd out of reach, do not hide that a change is open', async () => {
  const {plane} = await openChange({running: false});
  const sources = {
    context: 'x',
    nodes: plane.nodes.map((server) => ({name: server.name, server})),
    apiOf: () => Promise.reject(new Problem('cannot reach the API server', {exitCode: 5})),
    openEtcd: () => Promise.reject(new Problem('no way to etcd', {exitCode: 5})),
    expand: async (entries: readonly string[]) => entries,
  };
  const status = await encryptionStatus(sources, signal);
  expect(status).toMatchObject({
    transaction: {id: transaction.id},
    objectsProblem: 'no way to etcd',
    next: 'kops encrypt-at-rest resume, or back: kops encrypt-at-rest abort',
  });
  expect(exitCodeOfStatus(status)).toBe(4);
});

test('while a guard swaps a manifest, what it takes away for some seconds is still the manifest', async () => {
  const {plane} = playControlPlane([undefined]);
  const [server = expect.unreachable()] = plane.nodes;
  const {node} = server;
  const before = await observe(server, signal);
  const {content} = (await readFile(node, API_SERVER_MANIFEST, signal)) ?? expect.unreachable();
  await removeFile(node, API_SERVER_MANIFEST, {}, signal);
  await expect(observe(server, signal)).rejects.toThrow(`cp-1 has no ${API_SERVER_MANIFEST}`);
  await writeFile(node, '/etc/kubernetes/manifests/.kops-guard-2.out', content, {mode: '600'}, signal);
  expect(await observe(server, signal)).toMatchObject({endpoint: before.endpoint, manifest: {sha256: before.manifest.sha256}});
});
