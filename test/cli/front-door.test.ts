import {cp, mkdir, mkdtemp, rm, symlink, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {expect, onTestFinished, test} from 'vitest';
import {start} from '../support/process.ts';

/** An installed kops of which only the front door is real: what lies behind it prints what it was called with. */
async function installed(requiredNode: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'kops-front-door-'));
  onTestFinished(() => rm(folder, {recursive: true, force: true}));
  await mkdir(join(folder, 'bin'));
  await mkdir(join(folder, 'dist'));
  await cp('bin/kops.js', join(folder, 'bin/kops.js'));
  await writeFile(
    join(folder, 'package.json'),
    JSON.stringify({type: 'module', version: '1.2.3', engines: {node: requiredNode}}),
  );
  await writeFile(join(folder, 'dist/main.js'), 'export const main = (argv) => console.log(argv.join());');
  return folder;
}

test('on a Node that is too old it says so in one line and exits with 2', async () => {
  const folder = await installed('>=99.1');
  const {code, stdout, stderr} = await start(process.execPath, [join(folder, 'bin/kops.js'), '--version']).ended;
  expect({code, stdout}).toEqual({code: 2, stdout: ''});
  expect(stderr).toBe(`✗ kops needs Node 99.1 or newer; this is ${process.versions.node} (${process.execPath})\n`);
});

test.each(['>=22.22', `>=${process.versions.node}`])('on a Node that is new enough (%s) it opens', async (required) => {
  const folder = await installed(required);
  expect(await start(process.execPath, [join(folder, 'bin/kops.js'), 'lab', 'up']).ended).toMatchObject({
    code: 0,
    stdout: 'lab,up\n',
  });
});

test('--version is answered at the door, as oclif would', async () => {
  const folder = await installed('>=22.22');
  const {stdout} = await start(process.execPath, [join(folder, 'bin/kops.js'), '--version']).ended;
  expect(stdout).toBe(`kops/1.2.3 ${process.platform}-${process.arch} node-${process.version}\n`);
});

test('behind the link that npm makes, it finds its package', async () => {
  const folder = await installed('>=22.22');
  await symlink(join(folder, 'bin/kops.js'), join(folder, 'kubectl-kops'));
  expect(await start(process.execPath, [join(folder, 'kubectl-kops'), '--help']).ended).toMatchObject({stdout: '--help\n'});
});
