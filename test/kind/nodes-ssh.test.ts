import {mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterAll, beforeAll, beforeEach, expect, onTestFinished, test, vi} from 'vitest';
import {readFile, writeFile} from '../../src/nodes/files.ts';
import {confirm, guardedSwap, guardState} from '../../src/nodes/guard/guard.ts';
import type {Node} from '../../src/nodes/node.ts';
import {sshNode} from '../../src/nodes/ssh.ts';
import {liveCluster} from '../support/live.ts';
import {start} from '../support/process.ts';
import {type SshHost, startSshHost} from '../support/sshd.ts';

const {signal} = new AbortController();
let host: SshHost;

beforeAll(async () => {
  const node = `${liveCluster().name}-control-plane`;
  const {stdout} = await start('docker', ['inspect', '--format', '{{.Config.Image}}', node]).ended;
  host = await startSshHost(stdout.trim());
});
afterAll(() => host?.stop());
beforeEach(() => {
  vi.stubEnv('PATH', `${host.programs}:${process.env.PATH}`);
  return () => vi.unstubAllEnvs();
});

function nodeAt(target: string): Node {
  const node = sshNode('cp', target);
  onTestFinished(() => node.close());
  return node;
}

test.each(['root', 'ops'])('%s writes and reads files of root', async (user) => {
  const node = nodeAt(`${user}@${host.address}`);
  const content = Buffer.from(Array.from({length: 1_000_000}, (_, i) => (i * 7919) & 0xff));
  await writeFile(node, `/root/${user}'s file`, content, {mode: '600', expect: 'absent'}, signal);
  const file = await readFile(node, `/root/${user}'s file`, signal);
  expect(file).toMatchObject({mode: '600', owner: 'root:root'});
  expect(file?.content.equals(content)).toBe(true);
});

test('many scripts go through one connection, which is gone in the end', async () => {
  const folder = mkdtempSync('/tmp/kops-test-'); // another test may have a connection of its own
  onTestFinished(() => rmSync(folder, {recursive: true}));
  vi.stubEnv('TMPDIR', folder);
  const node = nodeAt(host.address);
  await node.run('true', [], {}, signal);
  await Promise.all(Array.from({length: 5}, () => node.run('sleep 0.2', [], {}, signal)));
  const connections = async () => Number(await host.sh("grep -c ':0016 .* 01 ' /proc/net/tcp"));
  expect(await connections()).toBe(1);
  await node.close();
  await vi.waitFor(async () => expect(await connections()).toBe(0), {timeout: 20_000});
  expect(readdirSync(folder)).toEqual([]);
});

test.each([
  ['a user of whom sudo wants a password', () => `guest@${host.address}`, 'sudo asks for a password there'],
  ['a user who is not there', () => `nobody-here@${host.address}`, 'it takes none of the keys that ssh offers'],
  ['a port where no server listens', () => `ssh://root@${host.address}:2222`, 'no ssh server listens there'],
  ['a host of no name', () => 'root@kops-test.invalid', 'the name of the host is not known here'],
])('%s is told', async (_case, target, why) => {
  await expect(nodeAt(target()).run('true', [], {}, signal)).rejects.toMatchObject({why, started: false, exitCode: 5});
});

test.each([
  ['no', '', 'its host key is not known'],
  [
    'another',
    'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMrYFzu1vYHRBqTLmvMGxdlQRtC5WQd1Z7JMp0lXsO0b',
    'its host key is another one than before',
  ],
])('a host of which %s key is known is not entered', async (_case, key, why) => {
  const known = join(host.programs, 'other_hosts');
  writeFileSync(known, key && `${host.address} ${key}\n`);
  const ssh = join(host.programs, 'ssh');
  const original = readFileSync(ssh, 'utf8');
  writeFileSync(ssh, original.replace('"$@"', `-o UserKnownHostsFile=${known} "$@"`));
  onTestFinished(() => writeFileSync(ssh, original));
  await expect(nodeAt(host.address).run('true', [], {}, signal)).rejects.toMatchObject({
    why: expect.stringContaining(why),
    started: false,
  });
});

test('a server that dies in the middle of a script is a lost connection, and the next script has a new one', async () => {
  const node = nodeAt(host.address);
  const running = node.run('sleep 60', [], {}, signal).catch((error: unknown) => error);
  await vi.waitFor(async () => expect(await host.sh('pgrep -fx "sleep 60"')).not.toBe(''), {timeout: 10_000});
  await host.sh('pkill -KILL sshd');
  expect(await running).toMatchObject({message: expect.stringContaining('was lost'), started: true});
  await vi.waitFor(async () => expect((await node.run('echo here', [], {}, signal)).stdout.toString()).toBe('here\n'), {
    timeout: 20_000,
  });
});

test('a host that falls silent in the middle of a script is given up within half a minute', async () => {
  const node = nodeAt(host.address);
  const running = node.run('sleep 300', [], {}, signal).catch((error: unknown) => error);
  await vi.waitFor(async () => expect(await host.sh('pgrep -fx "sleep 300"')).not.toBe(''), {timeout: 10_000});
  await start('docker', ['pause', host.container.getId()]).ended;
  try {
    const since = performance.now();
    expect(await running).toMatchObject({message: expect.stringContaining('was lost'), started: true});
    expect(performance.now() - since).toBeLessThan(30_000);
  } finally {
    await start('docker', ['unpause', host.container.getId()]).ended;
  }
});

test('the guard goes on when the connection, the server and all its sessions are gone', async () => {
  const node = nodeAt(host.address);
  const played = {...node, root: '/srv/node'};
  const swap = {path: '/etc/x', expect: 'absent', content: Buffer.from('new'), mode: '600'};
  await guardedSwap(played, {id: 'one', swaps: [swap], confirmWithin: 2}, signal);
  await host.sh('pkill -KILL sshd');
  await vi.waitFor(
    async () => expect(await host.sh('find /srv/node/etc -type f')).toBe('/srv/node/etc/kubernetes/kops/guard/last\n'),
    {
      timeout: 20_000,
    },
  );
  await vi.waitFor(async () => expect(await guardState(played, signal)).toMatchObject({state: 'reverted'}), {timeout: 20_000});
  await guardedSwap(played, {id: 'two', swaps: [swap], confirmWithin: 60}, signal);
  await confirm(played, 'two', signal);
  expect((await readFile(played, '/etc/x', signal))?.content.toString()).toBe('new');
});
