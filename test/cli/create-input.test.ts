import {execFileSync} from 'node:child_process';
import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {expect, onTestFinished, test} from 'vitest';
import {localInputs} from '../../src/cli/local-inputs.ts';
import {gather} from '../../src/config/create/gather.ts';
import {runKops, startKops} from '../support/process.ts';

const nowhere = {env: {KUBECONFIG: '/nowhere'}};
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

test('nobody is asked where there is no terminal', async () => {
  const asked = localInputs(new AbortController().signal).ask('password', 'pipe it in');
  await expect(asked).rejects.toMatchObject({message: 'nobody can be asked for password', next: 'pipe it in', exitCode: 2});
});

test('who waits for a pipe that nobody writes to can be interrupted', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'kops-test-'));
  onTestFinished(() => rm(folder, {recursive: true}));
  const pipe = join(folder, 'pipe');
  execFileSync('mkfifo', [pipe]);
  const interruption = new AbortController();
  const local = localInputs(interruption.signal);
  const read: typeof local.read = (...args) => {
    const content = local.read(...args);
    interruption.abort();
    return content;
  };
  const gathered = gather([{via: 'file', key: 'a', path: pipe}], {...local, read});
  await expect(gathered).rejects.toThrow(expect.objectContaining({name: 'AbortError'}));
  await writeFile(pipe, ''); // lets go of the thread that waits for it
});

test('of a file no more is read than can be used, be it endless', async () => {
  const {read} = localInputs(new AbortController().signal);
  expect(await read('/dev/zero', 70_000)).toHaveLength(70_001);
  const folder = await mkdtemp(join(tmpdir(), 'kops-test-'));
  onTestFinished(() => rm(folder, {recursive: true}));
  await writeFile(join(folder, 'file'), 'abc');
  expect([await read(join(folder, 'file'), 3), await read(join(folder, 'file'), 1)].map(String)).toEqual(['abc', 'ab']);
});
