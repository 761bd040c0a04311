import {chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import {expect, onTestFinished, test, vi} from 'vitest';
import {chosenEditor, editorWords, openDesk, waitingEditor} from '../../src/cli/editor.ts';

const {signal} = new AbortController();

test.each([
  [
    {KUBE_EDITOR: 'a', VISUAL: 'b', EDITOR: 'c'},
    {command: 'a', variable: 'KUBE_EDITOR'},
  ],
  [
    {KUBE_EDITOR: '', VISUAL: 'b', EDITOR: 'c'},
    {command: 'b', variable: 'VISUAL'},
  ],
  [{EDITOR: ' code --wait '}, {command: 'code --wait', variable: 'EDITOR'}],
  [{EDITOR: '  '}, {command: 'vi', variable: undefined}],
])('of %j the editor is %j', (environment, chosen) => {
  expect(chosenEditor(environment)).toEqual(chosen);
});

test.each([
  ['vi', ['vi', ['/f']]],
  ['code --wait', ['code', ['--wait', '/f']]],
  [`sh -c 'x "$0"'`, ['/bin/sh', ['-c', `sh -c 'x "$0"' "$1"`, 'sh', '/f']]],
])('%s is run as %j', (command, words) => {
  expect(editorWords(command, '/f')).toEqual(words);
});

test.each([
  ['code', 'code --wait'],
  ['/usr/bin/subl -n', '/usr/bin/subl -n --wait'],
  ['code --wait', undefined],
  ['zed -w', undefined],
  ['vi', undefined],
])('of an editor that opens a window, %s waits as %s', (command, waiting) => {
  expect(waitingEditor(command)).toBe(waiting);
});

/** An editor that is a shell script: its file is `$1`. */
async function script(text: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'kops-test-'));
  onTestFinished(() => rm(folder, {recursive: true}));
  await writeFile(join(folder, 'editor'), `#!/bin/sh\n${text}\n`);
  await chmod(join(folder, 'editor'), 0o700);
  return join(folder, 'editor');
}

test('a file of mode 0600 in a folder of 0700 is edited, and is gone afterwards; what is kept stays', async () => {
  const EDITOR = await script('stat -c %a "$1" "$(dirname "$1")" > "$1.modes"; cat "$1.modes" >> "$1"');
  const desk = await openDesk({name: 'db', isSecret: true}, {EDITOR}, signal);
  expect(await desk.edit('a: b\n')).toEqual({text: 'a: b\n600\n700\n', failure: undefined});
  await desk.close();
  await expect(stat(dirname(desk.file))).rejects.toThrow('ENOENT');

  const again = await openDesk({name: 'db', isSecret: true}, {EDITOR}, signal);
  await again.edit('');
  const kept = await again.keep('a: c\n');
  await again.close();
  onTestFinished(() => rm(dirname(kept), {recursive: true}));
  expect(await readFile(kept, 'utf8')).toBe('a: c\n');
  expect(((await stat(kept)).mode & 0o777).toString(8)).toBe('600');
  expect(await readdir(dirname(kept))).not.toContain('db.yaml');
});

test.each([
  ['exit 3', 'it ended with exit code 3; $EDITOR names it'],
  ['kill -9 $$', 'it was ended by SIGKILL'],
])('an editor that does %s has failed, and what it saved is not lost', async (line, why) => {
  const EDITOR = await script(`echo more >> "$1"; ${line}`);
  const desk = await openDesk({name: 'app', isSecret: false}, {EDITOR}, signal);
  const {text, failure} = await desk.edit('a: b\n');
  await desk.close();
  expect({text, why: failure?.why, exitCode: failure?.exitCode}).toEqual({
    text: 'a: b\nmore\n',
    why: expect.stringContaining(why),
    exitCode: 2,
  });
});

test('an editor that is not there, and one that saves no UTF-8, change nothing', async () => {
  const none = await openDesk({name: 'app', isSecret: false}, {EDITOR: '/kops/no/editor'}, signal);
  expect((await none.edit('a: b\n')).failure?.why).toContain('there is no such program');
  await none.close();
  const latin = await openDesk({name: 'app', isSecret: false}, {EDITOR: await script(`printf 'a: \\344' > "$1"`)}, signal);
  expect(await latin.edit('a: b\n')).toMatchObject({text: 'a: ä', failure: {message: 'what the editor saved is not UTF-8'}});
  await latin.close();
});

test("Ctrl-C is the editor's while it runs, and ours again afterwards", async () => {
  const ours = () => {};
  process.on('SIGINT', ours);
  onTestFinished(() => void process.off('SIGINT', ours));
  const desk = await openDesk(
    {name: 'app', isSecret: false},
    {EDITOR: await script('until [ -e "$1.go" ]; do sleep 0.02; done')},
    signal,
  );
  const editing = desk.edit('a: b\n');
  await vi.waitFor(() => expect(process.listeners('SIGINT')).not.toContain(ours));
  await writeFile(`${desk.file}.go`, '');
  await editing;
  await desk.close();
  expect(process.listeners('SIGINT')).toContain(ours);
});

test('an editor that is interrupted keeps its recovery file, and it is told where', async () => {
  const interruption = new AbortController();
  const EDITOR = await script('touch "$(dirname "$1")/.db.yaml.swp"; until [ -e "$1.no" ]; do sleep 0.02; done');
  const desk = await openDesk({name: 'db', isSecret: false}, {EDITOR}, interruption.signal);
  const folder = dirname(desk.file);
  onTestFinished(() => rm(folder, {recursive: true, force: true}));
  const editing = desk.edit('a: b\n');
  await vi.waitFor(async () => expect(await readdir(folder)).toContain('.db.yaml.swp'));
  interruption.abort();
  expect((await editing).failure).toMatchObject({
    message: 'interrupted',
    why: `the editor left what may not have been saved: ${folder}/.db.yaml.swp`,
    exitCode: 130,
  });
  await desk.close();
  expect(await readdir(folder)).toEqual(['.db.yaml.swp', 'db.yaml']);
});

test('what cannot be kept in a file of its own stays where it was edited', async () => {
  const desk = await openDesk({name: 'db', isSecret: false}, {EDITOR: await script('echo more >> "$1"')}, signal);
  onTestFinished(() => rm(dirname(desk.file), {recursive: true, force: true}));
  await desk.edit('a: b\n');
  await mkdir(join(dirname(desk.file), 'db.kept.yaml')); // so that nothing can be written there
  expect(await desk.keep('a: c\n')).toBe(desk.file);
  await desk.close();
  expect(await readFile(desk.file, 'utf8')).toBe('a: b\nmore\n');
});

test('a folder that nobody can write to is told before anything is typed', async () => {
  vi.stubEnv('TMPDIR', '/proc');
  onTestFinished(() => void vi.unstubAllEnvs());
  await expect(openDesk({name: 'app', isSecret: false}, {EDITOR: 'true'}, signal)).rejects.toMatchObject({
    message: 'there is no place for what is to be edited',
    why: expect.stringMatching(/^\/proc.*nothing was changed$/),
    exitCode: 2,
  });
});
