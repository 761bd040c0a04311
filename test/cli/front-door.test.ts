import {cp, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {expect, onTestFinished, test, vi} from 'vitest';
import {type Result, type Running, start} from '../support/process.ts';

interface Installed {
  readonly folder: string;
  readonly cache: string;
  /** Runs it, by the name `bin/kops.cjs` or that of a link to it. */
  run(args: readonly string[], program?: string): Promise<Result>;
  start(args: readonly string[], program?: string): Running;
}

/** An installed kops of which only the front door is real: what lies behind it says who it is and what it was called with. */
async function installed({node = '>=22.22'} = {}): Promise<Installed> {
  const folder = await mkdtemp(join(tmpdir(), 'kops-front-door-'));
  onTestFinished(() => rm(folder, {recursive: true, force: true}));
  await mkdir(join(folder, 'dist/topics'), {recursive: true});
  await cp('bin', join(folder, 'bin'), {recursive: true});
  await writeFile(join(folder, 'package.json'), JSON.stringify({type: 'module', version: '1.2.3', engines: {node}}));
  await writeFile(join(folder, 'dist/help.cjs'), programCalled('help'));
  await writeFile(join(folder, 'dist/topics/lab.cjs'), programCalled('lab'));
  await mkdir(join(folder, 'dist/alone'));
  await writeFile(join(folder, 'dist/alone/env.cjs'), programCalled('env'));
  const cache = join(folder, 'cache');
  const startIt: Installed['start'] = (args, program = 'bin/kops.cjs') =>
    start(process.execPath, [join(folder, program), ...args], {env: {XDG_CACHE_HOME: cache}});
  return {folder, cache: join(cache, 'kops/code'), start: startIt, run: (args, program) => startIt(args, program).ended};
}

/** A program as the build makes them. Ends with the number behind `--code`; with `--wait`, never. */
const programCalled = (name: string): string => `((require, __filename) => ({main(argv) {
  console.log(['${name}', ...argv].join());
  process.exitCode = argv.includes('--code') ? Number(argv.at(-1)) : 0;
  if (argv.includes('--wait')) setInterval(() => {}, 1000);
}}))`;

test('on a Node that is too old it says so in one line and exits with 2', async () => {
  const {run} = await installed({node: '>=99.1'});
  const {code, stdout, stderr} = await run(['--version']);
  expect({code, stdout}).toEqual({code: 2, stdout: ''});
  expect(stderr.split('\n')).toEqual([
    '✗ kops needs Node 99.1 or newer',
    `  this is ${process.versions.node}, ${process.execPath}`,
    '  install a newer one from https://nodejs.org or by your package manager, and see that it comes first on the PATH',
    '',
  ]);
});

test.each(['>=22.22', `>=${process.versions.node}`])('on a Node that is new enough (%s) it opens', async (node) => {
  const {run} = await installed({node});
  expect(await run(['lab', 'up'])).toMatchObject({code: 0, stdout: 'lab,lab,up\n'});
});

test('--version is answered at the door, as oclif would', async () => {
  const {run} = await installed();
  const {stdout} = await run(['--version']);
  expect(stdout).toBe(`kops/1.2.3 ${process.platform}-${process.arch} node-${process.version}\n`);
});

test('behind the link that npm makes, it finds its package', async () => {
  const {folder, run} = await installed();
  await symlink(join(folder, 'bin/kops.cjs'), join(folder, 'kubectl-kops'));
  expect(await run(['--help'], 'kubectl-kops')).toMatchObject({stdout: 'help,--help\n'});
});

test.each([
  [['lab', 'up', '--workers', '2'], 'lab'],
  [['lab', 'up', '--help'], 'help'],
  [['lab', '--help'], 'help'],
  [['lab'], 'help'],
  [['help', 'lab', 'up'], 'help'],
  [['env', 'deploy/web'], 'env'],
  [['env', 'web'], 'env'],
  [['env'], 'env'],
  [['env', 'deploy/web', '--help'], 'help'],
  [['labb', 'up'], 'help'],
  [['../topics/lab', 'up'], 'help'],
  [['--debug', 'lab', 'up'], 'help'],
  [[], 'help'],
])('%j is for the program %s', async (args, program) => {
  const {run} = await installed();
  expect((await run(args)).stdout).toBe(`${[program, ...args].join()}\n`);
});

/** Each file of the cache, and when it was written. */
const kept = async ({cache}: Installed): Promise<Record<string, number>> => {
  const names = await readdir(cache).catch(() => []);
  return Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, (await stat(join(cache, name))).mtimeMs] as const)),
  );
};

test('what a run compiled is kept for the next of the same command, and no more written then', async () => {
  const kops = await installed();
  await kops.run(['lab', 'up']);
  const first = await kept(kops);
  expect(Object.keys(first)).toEqual([expect.stringMatching(/^lab-up-1\.2\.3-/)]);
  expect(await kops.run(['lab', 'up', '-x'])).toMatchObject({code: 0, stdout: 'lab,lab,up,-x\n'});
  expect(await kept(kops)).toEqual(first);
  await kops.run(['lab', 'down']);
  expect(Object.keys(await kept(kops))).toHaveLength(2);
});

test('a command without a topic has one cache, whatever it is asked about', async () => {
  const kops = await installed();
  for (const name of ['web', 'api', 'deploy/web']) await kops.run(['env', name]);
  expect(Object.keys(await kept(kops))).toEqual([expect.stringMatching(/^env-1\.2\.3-/)]);
});

test.each([
  ['its first half', (data: Buffer) => data.subarray(0, data.length / 2)],
  ['nothing', () => Buffer.alloc(0)],
  ['something else', (data: Buffer) => Buffer.alloc(data.length, 'x')],
])('a cache that holds %s is made anew', async (_case, damage) => {
  const kops = await installed();
  await kops.run(['lab', 'up']);
  const [name = ''] = Object.keys(await kept(kops));
  const whole = await readFile(join(kops.cache, name));
  await writeFile(join(kops.cache, name), damage(whole));
  expect(await kops.run(['lab', 'up'])).toMatchObject({code: 0, stdout: 'lab,lab,up\n', stderr: ''});
  expect((await readFile(join(kops.cache, name))).length).toBe(whole.length);
});

test('another build is not run with the code of the last', async () => {
  const kops = await installed();
  await kops.run(['lab', 'up']);
  await writeFile(join(kops.folder, 'dist/topics/lab.cjs'), programCalled('bal')); // as long as the other
  expect(await kops.run(['lab', 'up'])).toMatchObject({stdout: 'bal,lab,up\n'});
});

test.each([2, 5, 70, 130])('of a run that ended with %i nothing is kept', async (code) => {
  const kops = await installed();
  expect(await kops.run(['lab', 'up', '--code', `${code}`])).toMatchObject({code});
  expect(await kept(kops)).toEqual({});
});

test('of a long run it is kept while that goes on: later, V8 has forgotten how it began', async () => {
  const kops = await installed();
  const running = kops.start(['lab', 'up', '--wait']);
  await vi.waitFor(async () => expect(Object.keys(await kept(kops))).toHaveLength(1), {timeout: 15_000});
  expect(running.process.exitCode).toBeNull();
  running.process.kill();
  await running.ended;
}, 20_000);

test('where nothing can be kept it works all the same', async () => {
  const kops = await installed();
  await writeFile(join(kops.folder, 'cache'), '');
  expect(await kops.run(['lab', 'up'])).toMatchObject({code: 0, stdout: 'lab,lab,up\n', stderr: ''});
});
