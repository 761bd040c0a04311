import {execFileSync} from 'node:child_process';
import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, expect, test} from 'vitest';
import {trackedBy} from '../../src/cli/git.ts';
import {readManifests} from '../../src/cli/manifests.ts';
import {startKops} from '../support/process.ts';

const folder = mkdtempSync(join(tmpdir(), 'kops-lint-'));
afterAll(() => rmSync(folder, {recursive: true}));
const write = (name: string, text: string) => writeFileSync(join(folder, name), text);
const git = (...args: string[]) => execFileSync('git', ['-C', folder, ...args]);
const secret = 'kind: Secret\nmetadata: {name: db}\nstringData: {password: p@ssw0rd}\n';
const never = new AbortController().signal;

test('a folder is read as a whole, and git is asked which of its files it has', async () => {
  for (const name of ['sub', '.hidden', 'node_modules']) mkdirSync(join(folder, name));
  for (const name of ['a.yaml', 'sub/b.yml', '.hidden/c.yaml', 'node_modules/d.yaml', 'README.md']) write(name, secret);
  expect((await readManifests(folder, never)).map(({file}) => file)).toEqual([join(folder, 'a.yaml'), join(folder, 'sub/b.yml')]);

  expect(await trackedBy(folder, never)).toEqual(new Set());
  git('init', '-q');
  git('add', 'sub/b.yml');
  expect(await trackedBy(folder, never)).toEqual(new Set([join(folder, 'sub/b.yml')]));

  const {code, stdout, stderr} = await startKops(['secret', 'lint', '-f', folder, '-o', 'json']).ended;
  const finding = {rule: 'tracked-by-git', file: join(folder, 'sub/b.yml'), line: 1, object: 'secret/db'};
  expect({code, stderr, ...JSON.parse(stdout)}).toMatchObject({
    code: 3,
    stderr: '',
    apiVersion: 'kops/v1',
    kind: 'SecretLint',
    files: 2,
    secrets: 2,
    findings: [finding],
  });
});

test('a folder without manifests is wrong usage', async () => {
  mkdirSync(join(folder, 'empty'));
  await expect(readManifests(join(folder, 'empty'), never)).rejects.toMatchObject({
    message: `${join(folder, 'empty')} holds no manifest`,
    exitCode: 2,
  });
});
