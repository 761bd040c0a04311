import {existsSync, lstatSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, beforeEach, expect, test} from 'vitest';
import {addToKubeconfig, kubeconfigFiles, removeFromKubeconfig} from '../../../src/lab/kubeconfig/file.ts';

const root = mkdtempSync(join(tmpdir(), 'kops-kubeconfig-'));
afterAll(() => rmSync(root, {recursive: true}));
let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(root, 'case-'));
});
const signal = new AbortController().signal;

const LAB = `apiVersion: v1
kind: Config
clusters: [{name: kops-x, cluster: {certificate-authority-data: TEFC, server: "https://127.0.0.1:20001"}}]
contexts: [{name: kops-x, context: {cluster: kops-x, user: kops-x}}]
current-context: kops-x
users: [{name: kops-x, user: {client-key-data: QQ==}}]
`;

test.each([
  ['the flag before all', '/f', {KUBECONFIG: '/a:/b'}, ['/f']],
  ['the list of KUBECONFIG without its holes', undefined, {KUBECONFIG: ':/a::/b:'}, ['/a', '/b']],
  ['~/.kube/config where KUBECONFIG is empty', undefined, {KUBECONFIG: ''}, [expect.stringMatching(/\/\.kube\/config$/)]],
])('%s', (_case, flag, env, expected) => {
  expect(kubeconfigFiles(flag, env)).toEqual(expected);
});

test('a new file and its folder are the user’s alone', async () => {
  const file = join(folder, 'new/config');
  expect(await addToKubeconfig([file], LAB, signal)).toEqual({file, context: 'kops-x', before: undefined});
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

test('the first file that exists is changed, and says what was current before', async () => {
  const [missing, present] = [join(folder, 'a'), join(folder, 'b')];
  writeFileSync(present, 'current-context: prod\n', {mode: 0o640});
  expect(await addToKubeconfig([missing, present], LAB, signal)).toEqual({file: present, context: 'kops-x', before: 'prod'});
  expect(existsSync(missing)).toBe(false);
  expect(statSync(present).mode & 0o777).toBe(0o640);
});

test('a symlink stays one', async () => {
  const [target, link] = [join(folder, 'target'), join(folder, 'link')];
  writeFileSync(target, '');
  symlinkSync(target, link);
  await addToKubeconfig([link], LAB, signal);
  expect(lstatSync(link).isSymbolicLink()).toBe(true);
  expect(readFileSync(target, 'utf8')).toContain('kops-x');
});

test('a lab is taken out of every file that has it, and no other file is written', async () => {
  const files = ['a', 'b', 'c'].map((name) => join(folder, name));
  await addToKubeconfig([files[0] ?? ''], LAB, signal);
  await addToKubeconfig([files[1] ?? ''], LAB, signal);
  writeFileSync(files[2] ?? '', 'current-context: prod\n');
  expect(await removeFromKubeconfig([...files, join(folder, 'missing')], LAB, signal)).toEqual(files.slice(0, 2));
  expect(readFileSync(files[0] ?? '', 'utf8')).not.toContain('kops-x:');
  expect(readFileSync(files[2] ?? '', 'utf8')).toBe('current-context: prod\n');
});

test('the lock of kubectl is waited for', async () => {
  const file = join(folder, 'config');
  writeFileSync(`${file}.lock`, '');
  const added = addToKubeconfig([file], LAB, signal);
  rmSync(`${file}.lock`);
  expect((await added).file).toBe(file);
  expect(existsSync(`${file}.lock`)).toBe(false);
});

test('a file that is no kubeconfig stays as it is, and unlocked', async () => {
  const file = join(folder, 'config');
  writeFileSync(file, 'clusters: [');
  await expect(addToKubeconfig([file], LAB, signal)).rejects.toThrow(`${file} is not a kubeconfig`);
  expect(readFileSync(file, 'utf8')).toBe('clusters: [');
  expect(existsSync(`${file}.lock`)).toBe(false);
});
