import {cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {expect, onTestFinished, test} from 'vitest';
import {start} from '../support/process.ts';

/** A clone on which nothing is installed yet, whose test script prints what it was given and ends with 7. */
async function freshClone(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'kops-clone-'));
  onTestFinished(() => rm(folder, {recursive: true, force: true}));
  await mkdir(join(folder, 'scripts'));
  await cp('scripts/bootstrap.mjs', join(folder, 'scripts/bootstrap.mjs'));
  await cp('package-lock.json', join(folder, 'package-lock.json'));
  await cp('package.json', join(folder, 'package.json'));
  await writeFile(join(folder, 'scripts/test.ts'), 'console.log(process.argv.slice(2).join()); process.exit(7);');
  return folder;
}

const bootstrap = (folder: string, args: readonly string[], env: Record<string, string> = {}) =>
  start(process.execPath, [join(folder, 'scripts/bootstrap.mjs'), ...args], {env: {npm_execpath: undefined, ...env}}).ended;

test('where all is installed, it hands over at once: arguments in, exit code out', async () => {
  const folder = await freshClone();
  await symlink(join(process.cwd(), 'node_modules'), join(folder, 'node_modules'));
  expect(await bootstrap(folder, ['test', '--project', 'unit'])).toEqual({code: 7, stdout: '--project,unit\n', stderr: ''});
});

test('a package of another version than package-lock.json names is installed again; no network is one clear line', async () => {
  const folder = await freshClone();
  const installed = JSON.parse(await readFile('node_modules/.package-lock.json', 'utf8'));
  installed.packages['node_modules/yaml'].version = '0.0.1';
  await mkdir(join(folder, 'node_modules'));
  await writeFile(join(folder, 'node_modules/.package-lock.json'), JSON.stringify(installed));

  const nowhere = {npm_config_registry: 'http://127.0.0.1:9', npm_config_cache: join(folder, 'cache')};
  const {code, stderr} = await bootstrap(folder, ['test'], nowhere);
  expect(code).toBe(1);
  expect(stderr).toMatch(/^installing dependencies \(npm ci\)\n/);
  expect(stderr).toMatch(/\n✗ cannot install the dependencies: the npm registry cannot be reached \(ECONNREFUSED\)\n$/);
}, 60_000);

test('without npm it says so', async () => {
  const folder = await freshClone();
  const {code, stderr} = await bootstrap(folder, ['test'], {PATH: '/nonexistent'});
  expect(code).toBe(1);
  expect(stderr).toContain('✗ npm cannot be run (ENOENT): install npm, which comes with Node\n');
});

test('it knows two scripts', async () => {
  const {code, stderr} = await bootstrap(await freshClone(), ['tset']);
  expect(code).toBe(2);
  expect(stderr).toBe('✗ usage: node scripts/bootstrap.mjs test|demo [arguments]\n');
});
