import {expect, test} from 'vitest';
import {renderConfiguration} from '../../src/encryption/configuration/configuration.ts';
import {API_SERVER_MANIFEST} from '../../src/encryption/control-plane.ts';
import {enableEncryption} from '../../src/encryption/manifest/manifest.ts';
import {planSync, syncNode} from '../../src/encryption/sync.ts';
import {takeLock} from '../../src/encryption/transaction/lock.ts';
import {LOCK_FOLDER} from '../../src/encryption/transaction/record.ts';
import {renderSync} from '../../src/encryption/view/sync.ts';
import {readFile, removeFile, writeFile} from '../../src/nodes/files.ts';
import type {Node} from '../../src/nodes/node.ts';
import {createTheme} from '../../src/text/screen.ts';
import {kubeadm} from '../support/api-server-manifests.ts';
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
    first: first.node,
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
