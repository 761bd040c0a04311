import {hostname} from 'node:os';
import {expect, test} from 'vitest';
import {exclusively} from '../../src/encryption/exclusive.ts';
import {takeLock} from '../../src/encryption/transaction/lock.ts';
import {LOCK_FOLDER} from '../../src/encryption/transaction/record.ts';
import {readFile} from '../../src/nodes/files.ts';
import {playControlPlane} from '../support/played-control-plane.ts';

const {signal} = new AbortController();

test('what another kops must not disturb is refused while that is at work, and names it; afterwards it is done', async () => {
  const {plane} = playControlPlane([undefined, undefined]);
  const {node} = plane.nodes[0] ?? expect.unreachable();
  const done: string[] = [];
  const task = () => exclusively(plane.nodes, signal, async () => done.push('done'));
  const lock = await takeLock(node, signal);
  await expect(task()).rejects.toMatchObject({
    message: 'another kops is changing the encryption of this cluster',
    why: expect.stringContaining(`@${hostname()}, process ${process.pid}, since `),
    exitCode: 3,
  });
  expect(done).toEqual([]);
  await lock.release();
  await task();
  expect(done).toEqual(['done']);
  expect(await readFile(node, `${LOCK_FOLDER}/holder`, signal)).toBeUndefined();
});

test('it is itself not disturbed meanwhile, and lets go when it fails', async () => {
  const {plane} = playControlPlane([undefined]);
  const {node} = plane.nodes[0] ?? expect.unreachable();
  const failing = exclusively(plane.nodes, signal, async () => {
    await expect(takeLock(node, signal)).rejects.toThrow('another kops');
    throw new Error('failed');
  });
  await expect(failing).rejects.toThrow('failed');
  await (await takeLock(node, signal)).release();
});
