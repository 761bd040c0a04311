import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {expect, onTestFinished, test} from 'vitest';
import {failUnlessChosen} from '../../src/cli/decoded.ts';
import {startKops} from '../support/process.ts';

test.each<[string, Parameters<typeof failUnlessChosen>[1], boolean, string | undefined]>([
  ['a name', {name: 'db'}, false, undefined],
  ['labels', {selector: 'app=web'}, false, undefined],
  ['labels in all namespaces', {selector: 'app=web'}, true, undefined],
  ['a manifest', {filename: 'a.yaml'}, false, undefined],
  ['one of a manifest', {filename: 'a.yaml', name: 'db'}, false, undefined],
  ['nothing', {}, false, 'which secret?'],
  ['a name in all namespaces', {name: 'db'}, true, 'db cannot be combined with --all-namespaces'],
  ['a name and labels', {name: 'db', selector: 'a=b'}, false, 'db cannot be combined with --selector'],
  ['a manifest and labels', {filename: 'a.yaml', selector: 'a=b'}, false, '--filename cannot be combined with --selector'],
])('what to decode, by %s', (_case, chosen, everywhere, message) => {
  const choose = () => failUnlessChosen('DecodedSecret', chosen, everywhere);
  if (message === undefined) expect(choose).not.toThrow();
  else expect(choose).toThrow(expect.objectContaining({message, exitCode: 2}));
});

test('what a value would do to a terminal it does in a pipe alone', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'kops-test-'));
  onTestFinished(() => rm(folder, {recursive: true}));
  const file = join(folder, 'evil.yaml');
  await writeFile(file, 'kind: Secret\nmetadata: {name: db}\nstringData: {EVIL: "\\e[2J\\x9b31m"}\n');
  const print = async (tty: boolean) =>
    (await startKops(['secret', 'decode', '-f', file, '-o', 'env'], tty ? {tty: {columns: 80, rows: 24}} : {}).ended).stdout;
  expect(await print(false)).toBe("EVIL='\u001b[2J\u009b31m'\n");
  expect(await print(true)).toContain(String.raw`EVIL=$'\033[2J\302\23331m'`);
});

test('beside assignments for a shell the rest is told on standard error, with the code that belongs to it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'kops-test-'));
  onTestFinished(() => rm(folder, {recursive: true}));
  const file = join(folder, 'web.yaml');
  const env =
    '[{name: A, value: a}, {name: B, value: 8080}, {name: C, valueFrom: {configMapKeyRef: {name: c, key: d, optional: true}}}]';
  const pod = `kind: Pod\nmetadata: {name: web}\nspec: {enableServiceLinks: false, containers: [{name: web, env: ${env}}]}\n`;
  await writeFile(file, `kind: ConfigMap\nmetadata: {name: c}\n---\n${pod}`);
  expect(await startKops(['env', '-f', file, '-o', 'env']).ended).toMatchObject({
    code: 3,
    stdout: "A='a'\n",
    stderr: expect.stringMatching(
      /^✗ B: its value is a number.*the container will not start; write it in quotes\n⚠ skipped C of configmap\/c d: .*\n/,
    ),
  });
});
