import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {expect, onTestFinished, test} from 'vitest';
import {renderConfiguration} from '../../src/encryption/configuration/configuration.ts';
import {API_SERVER_MANIFEST} from '../../src/encryption/control-plane.ts';
import {enableEncryption} from '../../src/encryption/manifest/manifest.ts';
import {planSync, syncNode} from '../../src/encryption/sync.ts';
import {takeLock} from '../../src/encryption/transaction/lock.ts';

import {ARCHIVE_FOLDER, LOCK_FOLDER} from '../../src/encryption/transaction/record.ts';

import {renderSync} from '../../src/encryption/view/sync.ts';
import {readFile, removeFile, writeFile} from '../../src/nodes/files.ts';
import {localNode} from '../../src/nodes/local.ts';
import type {Node} from '../../src/nodes/node.ts';
import {createTheme} from '../../src/text/screen.ts';
import {kubeadm} from '../support/api-server-manifests.ts';
import type {FakeCluster} from '../support/fake-cluster.ts';
import {CONFIGURATION, playControlPlane} from '../support/played-control-plane.ts';
import {secretboxWith} from '../support/servers.ts';

const {signal} = new AbortController();
const old = renderConfiguration(secretboxWith(['old', 'identity']));
const rotated = renderConfiguration(secretboxWith(['new', 'old', 'identity']));

/** Two control planes that encrypt, the second of which has just joined and has no configuration. `atLock`: when the first is about to be locked. */
async function joining(atLock: (first: Node) => Promise<void> = async () => {}) {
  const {plane, configuration} = playControlPlane([undefined, undefined], {
    [CONFIGURATION]: old,
    [API_SERVER_MANIFEST]: enableEncryption(kubeadm, CONFIGURATION),
  });
  const [first, second] = plane.nodes;
  if (first === undefined || second === undefined) return expect.unreachable();
  await removeFile(second.node, CONFIGURATION, {}, signal);
  let locks = 0;
  const run: Node['run'] = async (script, args, options, s) => {
    if (args[1] === LOCK_FOLDER && ++locks === 1) await atLock(first.node);
    return first.node.run(script, args, options, s);
  };
  const nodes = [{...first, node: {...first.node, run}}, second];
  return {
    plane: {...plane, nodes},
    first: first.node,
    second: second.node,
    given: () => configuration(1),
    sync: () => syncNode({...plane, nodes}, second.node, signal),
    plan: () => planSync({...plane, nodes}, second.node, signal),
  };
}

test('a node that joins gets the configuration of the others, and nobody is locked out afterwards', async () => {
  const {sync, given, first} = await joining();
  expect(await sync()).toMatchObject({node: 'cp-2', from: 'cp-1', outcome: 'written'});
  expect(given()).toBe(old);
  expect(await sync()).toMatchObject({outcome: 'unchanged'});
  expect(await readFile(first, `${LOCK_FOLDER}/holder`, signal)).toBeUndefined();
});

test('what a node would get is told by a dry run, which gives it nothing', async () => {
  const {sync, plan, given} = await joining();
  const screen = {theme: createTheme(false), width: 80, now: 0};
  const report = await plan();
  expect(report).toMatchObject({node: 'cp-2', from: 'cp-1', outcome: 'to write'});
  expect(renderSync(report, screen)).toBe(
    `cp-2 would get the configuration of cp-1: ${CONFIGURATION}, 0600\ndry run: nothing changed`,
  );
  expect(given()).toBeUndefined();
  await sync();
  expect(await plan()).toMatchObject({outcome: 'unchanged'});
});

test('while somebody changes the encryption a node that joins gets nothing', async () => {
  const {sync, given, first} = await joining();
  const lock = await takeLock(first, signal);
  await expect(sync()).rejects.toMatchObject({message: 'another kops is changing the encryption of this cluster', exitCode: 3});
  expect(given()).toBeUndefined();
  await lock.release();
});

test('what changed before the lock was taken counts: a node that joins gets what the others have now', async () => {
  const {sync, given} = await joining((first) => writeFile(first, CONFIGURATION, Buffer.from(rotated), {mode: '600'}, signal));
  expect(await sync()).toMatchObject({outcome: 'written'});
  expect(given()).toBe(rotated);
});

test('a node that joins gets what the others have archived too, also where it has the configuration already', async () => {
  const {sync, first, second} = await joining();
  const archive = (name: string) => `${ARCHIVE_FOLDER}/${name}`;
  await writeFile(first, archive('one.yaml'), Buffer.from(rotated), {mode: '600'}, signal);
  expect(await sync()).toMatchObject({outcome: 'written', archived: 1});
  expect(await readFile(second, archive('one.yaml'), signal)).toMatchObject({content: Buffer.from(rotated), mode: '600'});
  await writeFile(first, archive('two.yaml'), Buffer.from(old), {mode: '600'}, signal);
  const report = await sync();
  expect(report).toMatchObject({outcome: 'unchanged', archived: 1});
  expect(renderSync(report, {theme: createTheme(false), width: 80, now: 0})).toMatchInlineSnapshot(`
    "✓ cp-2 has the configuration already: /etc/kubernetes/enc/encryption.yaml
      archive  1 retired configuration of the others: /etc/kubernetes/kops/archive"
  `);
  expect(await sync()).toMatchObject({outcome: 'unchanged', archived: 0});
});

const CONTROL_PLANE = {'node-role.kubernetes.io/control-plane': ''};
test.each<[string, Record<string, string> | undefined, boolean, 'written' | undefined]>([
  ['is a worker gets no keys', {}, false, undefined],
  ['is not in the cluster yet gets them', undefined, false, 'written'],
  ['has its manifest before its label gets them', {}, true, 'written'],
  ['has its label since a moment ago gets them', CONTROL_PLANE, false, 'written'],
])('a node that %s', async (_case, labels, hasManifest, outcome) => {
  const {plane, second} = await joining();
  await writeFile(second, CONFIGURATION, Buffer.from(old), {mode: '600'}, signal);
  const root = mkdtempSync(join(tmpdir(), 'kops-joins-'));
  onTestFinished(() => rmSync(root, {recursive: true}));
  const node = localNode('cp-3', {root});
  const cluster = plane.cluster as FakeCluster;
  if (labels) cluster.put({apiVersion: 'v1', kind: 'Node', metadata: {name: 'cp-3', labels}});
  if (hasManifest) await writeFile(node, API_SERVER_MANIFEST, Buffer.from(kubeadm), {mode: '600'}, signal);
  const synced = syncNode(plane, node, signal);
  if (outcome) return expect(await synced).toMatchObject({node: 'cp-3', outcome});
  await expect(synced).rejects.toMatchObject({message: 'cp-3 is no control plane', exitCode: 3});
  expect(await readFile(node, CONFIGURATION, signal)).toBeUndefined();
});
