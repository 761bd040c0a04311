import {execFileSync} from 'node:child_process';
import {constants} from 'node:fs';
import {mkdtemp, open, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {expect, onTestFinished, test, vi} from 'vitest';
import {localInputs} from '../../src/cli/local-inputs.ts';
import {runKops, start, startKops} from '../support/process.ts';

const nowhere = {env: {KUBECONFIG: '/nowhere'}};
const never = new AbortController().signal;
const create = ['secret', 'create', 'generic', 'db', '--dry-run=client', '-o', 'json'];

test('on a terminal it asks for a value twice, and shows nothing of it', async () => {
  const terminal = {columns: 80, rows: 24};
  const running = startKops([...create, '--prompt', 'password'], {...nowhere, tty: terminal});
  await running.saw(/password:/);
  running.type('hunter2\r');
  await running.saw(/password, again:/);
  running.type('hunter2\r');
  const {code, stdout} = await running.ended;
  expect({code, stdout}).toEqual({code: 0, stdout: expect.stringContaining(`"password": "${btoa('hunter2')}"`)});
  expect(stdout).not.toContain('hunter2');
});

test('bytes are piped in as they are; who prints a Secret is told what base64 is', async () => {
  const {code, stdout, stderr} = await runKops([...create, '--from-stdin', 'key'], {
    ...nowhere,
    stdin: Buffer.from([0xff, 0, 0x0a]),
  });
  expect({code, stderr}).toEqual({code: 0, stderr: expect.stringMatching(/^⚠ base64 is an encoding, not encryption.*\n$/)});
  expect(JSON.parse(stdout)).toEqual({apiVersion: 'v1', kind: 'Secret', metadata: {name: 'db'}, data: {key: '/wAK'}});
});

test.each(['password=hunter2', '--from-literal password= hunter2'])(
  'a value among the words is refused, and not shown: %s',
  async (words) => {
    const {code, stdout, stderr} = await runKops([...create, ...words.split(' ')], nowhere);
    expect({code, stdout}).toEqual({code: 2, stdout: ''});
    expect(stderr).toMatch(/^✗ a Secret takes no value as an argument$/m);
    expect(stderr).not.toContain('hunter2');
  },
);

test('nobody is asked where there is no terminal', async () => {
  const asked = localInputs(never).ask('password', 'pipe it in');
  await expect(asked).rejects.toMatchObject({message: 'nobody can be asked for password', next: 'pipe it in', exitCode: 2});
});

async function aPipe(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'kops-test-'));
  onTestFinished(() => rm(folder, {recursive: true}));
  const pipe = join(folder, 'pipe');
  execFileSync('mkfifo', [pipe]);
  return pipe;
}

test.each([
  ['a value', (pipe: string) => [...create, '--from-file', `key=${pipe}`]],
  ['a manifest', (pipe: string) => ['env', '-f', pipe]],
])('who waits for %s in a pipe that nobody writes to can be interrupted', async (_case, words) => {
  const pipe = await aPipe();
  const running = startKops(words(pipe), nowhere);
  // Without O_NONBLOCK this would wait, too; with it there is an error until somebody reads.
  const writer = await vi.waitFor(() => open(pipe, constants.O_WRONLY | constants.O_NONBLOCK), {timeout: 20_000, interval: 20});
  onTestFinished(() => writer.close());
  running.process.kill('SIGTERM');
  expect(await running.ended).toMatchObject({code: 130, stdout: ''});
});

test('nor does it take a writer to be interrupted', async () => {
  const pipe = await aPipe();
  const interruption = new AbortController();
  const content = localInputs(interruption.signal).read(pipe, 10);
  interruption.abort();
  await expect(content).rejects.toThrow(expect.objectContaining({name: 'AbortError'}));
});

test('a pipe is read until the last of its writers is done', async () => {
  const pipe = await aPipe();
  const [bytes] = await Promise.all([
    localInputs(never).read(pipe, 1_000_000),
    start('sh', ['-c', `exec >"$0"; printf a; head -c 200000 /dev/zero; printf z`, pipe]).ended,
  ]);
  expect([bytes.length, bytes.at(0), bytes.at(-1)]).toEqual([200_002, 0x61, 0x7a]);
});

test('what a shell substitutes is taken as kubectl takes it', async () => {
  const line = `exec "$0" "$@" --from-file=a=<(printf one) --from-file=b=<(sleep 0.1; printf two) --from-file=c=/dev/stdin <<<three`;
  const kops = fileURLToPath(new URL('../../bin/dev.js', import.meta.url));
  const {stdout} = await start('bash', ['-c', line, process.execPath, kops, ...create], nowhere).ended;
  expect(JSON.parse(stdout)).toMatchObject({data: {a: btoa('one'), b: btoa('two'), c: btoa('three\n')}});
});

test('a terminal is no file: what is typed there would show', async () => {
  const {code, stdout} = await runKops([...create, '--from-file', 'key=/dev/tty'], {...nowhere, tty: {columns: 80, rows: 24}});
  expect({code, stdout}).toEqual({code: 2, stdout: expect.stringContaining('/dev/tty is a terminal')});
});

test('of a file no more is read than can be used, be it endless', async () => {
  const {read} = localInputs(never);
  expect(await read('/dev/zero', 70_000)).toHaveLength(70_001);
  const folder = await mkdtemp(join(tmpdir(), 'kops-test-'));
  onTestFinished(() => rm(folder, {recursive: true}));
  await writeFile(join(folder, 'file'), 'abc');
  expect([await read(join(folder, 'file'), 3), await read(join(folder, 'file'), 1)].map(String)).toEqual(['abc', 'ab']);
});
