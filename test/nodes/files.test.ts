import {mkdirSync, readlinkSync, statSync, symlinkSync} from 'node:fs';
import {join} from 'node:path';
import {describe, expect, test, vi} from 'vitest';
import {listFiles, readFile, removeFile, sha256, writeFile} from '../../src/nodes/files.ts';
import {FileChanged} from '../../src/nodes/problems.ts';
import {availableShells, playNode} from '../support/played-node.ts';

vi.setConfig({testTimeout: 60_000});

const {signal} = new AbortController();
const PATH = '/etc/kubernetes/enc/encryption.yaml';
const anyBytes = Buffer.from(Array.from({length: 70_000}, (_, i) => (i * 7919) & 0xff));

describe.each(availableShells)('under %s', (_name, shell) => {
  test('what is written is what is read: bytes, hash, mode and owner', async () => {
    const {node} = playNode({shell});
    await writeFile(node, PATH, anyBytes, {mode: '640', expect: 'absent'}, signal);
    const file = await readFile(node, PATH, signal);
    expect(file?.content.equals(anyBytes)).toBe(true);
    expect(file).toMatchObject({sha256: sha256(anyBytes), mode: '640', owner: expect.stringMatching(/^\w+:\w+$/)});
  });

  test('a file is replaced only while it is the one that was looked at', async () => {
    const {node, read, write} = playNode({shell});
    write(PATH, 'old');
    const old = await readFile(node, PATH, signal);
    await writeFile(node, PATH, Buffer.from('new'), {mode: '600', expect: old?.sha256 ?? ''}, signal);
    await expect(writeFile(node, PATH, Buffer.from('newer'), {mode: '600', expect: old?.sha256 ?? ''}, signal)).rejects.toThrow(
      FileChanged,
    );
    await expect(writeFile(node, PATH, Buffer.from('newer'), {mode: '600', expect: 'absent'}, signal)).rejects.toThrow(
      FileChanged,
    );
    await expect(removeFile(node, PATH, {expect: old?.sha256 ?? ''}, signal)).rejects.toThrow(FileChanged);
    expect(read(PATH)).toBe('new');
    await removeFile(node, PATH, {expect: sha256(Buffer.from('new'))}, signal);
    await removeFile(node, PATH, {}, signal);
    expect(await readFile(node, PATH, signal)).toBeUndefined();
  });

  test('a list has all there is: hidden files, folders, links, names of any kind', async () => {
    const {node, root, write} = playNode({shell});
    const names = ['a b', 'a\nb', '.hidden', '..more', '*', '-n', 'ü'];
    for (const name of names) write(`/etc/x/${name}`, '');
    mkdirSync(join(root, '/etc/x/folder'));
    symlinkSync('nowhere', join(root, '/etc/x/link'));
    expect(await listFiles(node, '/etc/x', signal)).toEqual([...names, 'folder/', 'link'].sort());
    expect(await listFiles(node, '/etc/none', signal)).toEqual([]);
    mkdirSync(join(root, '/etc/empty'));
    expect(await listFiles(node, '/etc/empty', signal)).toEqual([]);
  });
});

test('folders that are missing are made, for root alone unless said otherwise; others keep their mode', async () => {
  const {node, root} = playNode();
  mkdirSync(join(root, '/etc'), {mode: 0o755});
  await writeFile(node, '/etc/a/b/c', Buffer.from('x'), {mode: '600'}, signal);
  await writeFile(node, '/etc/d/e', Buffer.from('x'), {mode: '600', directoryMode: '755'}, signal);
  const modes = ['/etc', '/etc/a', '/etc/a/b', '/etc/d'].map((path) => (statSync(join(root, path)).mode & 0o777).toString(8));
  expect(modes).toEqual(['755', '700', '700', '755']);
});

test.each([
  ['a symbolic link', 'it is a symbolic link'],
  ['a folder', 'it is not a file'],
])('%s is neither replaced nor removed', async (kind, why) => {
  const {node, root, write} = playNode();
  write('/etc/real', 'old');
  if (kind === 'a folder') mkdirSync(join(root, '/etc/x'));
  else symlinkSync('real', join(root, '/etc/x'));
  const problem = {message: expect.stringContaining('/etc/x on a'), why: expect.stringContaining(why)};
  await expect(writeFile(node, '/etc/x', Buffer.from('new'), {mode: '600'}, signal)).rejects.toMatchObject(problem);
  await expect(removeFile(node, '/etc/x', {}, signal)).rejects.toMatchObject(problem);
  if (kind === 'a folder') await expect(readFile(node, '/etc/x', signal)).rejects.toMatchObject(problem);
  else expect((await readFile(node, '/etc/x', signal))?.content.toString()).toBe('old');
});

test('a link that leads nowhere is not taken for a file that is missing', async () => {
  const {node, root} = playNode();
  mkdirSync(join(root, '/etc'));
  symlinkSync('nowhere', join(root, '/etc/x'));
  await expect(readFile(node, '/etc/x', signal)).rejects.toThrow('cannot read /etc/x on a');
  await expect(writeFile(node, '/etc/x', Buffer.from(''), {mode: '600', expect: 'absent'}, signal)).rejects.toThrow(
    'cannot write /etc/x on a',
  );
  expect(readlinkSync(join(root, '/etc/x'))).toBe('nowhere');
});

test('content that arrives in part replaces nothing', async () => {
  const {node, read, write, files} = playNode();
  write(PATH, 'old');
  const truncating = {
    ...node,
    run: ((script, args, _options, signal) =>
      node.run(script, args, {input: Buffer.from('ne')}, signal)) satisfies typeof node.run,
  };
  await expect(writeFile(truncating, PATH, Buffer.from('new'), {mode: '600'}, signal)).rejects.toMatchObject({
    why: 'its content did not arrive as a whole',
  });
  expect(read(PATH)).toBe('old');
  expect(files()).toEqual([`${PATH} 600 old`]);
});

test('killed before any of its commands, the file is the old one or the new one, and the next write clears what is left', async () => {
  for (let crashAt = 1; ; crashAt++) {
    const {node, read, write, files, changes} = playNode({crashAt});
    write(PATH, 'old');
    const killed = await writeFile(node, PATH, Buffer.from('new'), {mode: '600'}, signal).then(
      () => false,
      () => true,
    );
    if (!killed) return expect(changes()).toBeGreaterThan(4);
    expect(read(PATH)).toBeOneOf(['old', 'new']);
    await writeFile(node, PATH, Buffer.from('newer'), {mode: '600'}, signal);
    expect(files()).toEqual([`${PATH} 600 newer`]);
  }
});

test('content shows in no arguments', async () => {
  const {node, commands} = playNode();
  await writeFile(node, PATH, Buffer.from('secret'), {mode: '600'}, signal);
  await readFile(node, PATH, signal);
  expect(commands().length).toBeGreaterThan(5);
  expect(commands().filter((line) => line.includes('secret'))).toEqual([]);
});

test('what fails for another reason says what the node said of it, in the node’s own paths', async () => {
  const {node, write} = playNode();
  write('/etc/x', '');
  await expect(writeFile(node, '/etc/x/y', Buffer.from(''), {mode: '600'}, signal)).rejects.toMatchObject({
    message: 'cannot write /etc/x/y on a',
    why: expect.stringMatching(/mkdir: .*'\/etc\/x'.*: File exists/),
  });
});
