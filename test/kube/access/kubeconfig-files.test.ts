import {mkdir, mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, expect, test} from 'vitest';
import {inClusterKubeconfig} from '../../../src/kube/access/in-cluster.ts';
import {readKubeconfig} from '../../../src/kube/access/kubeconfig-files.ts';

const home = await mkdtemp(join(tmpdir(), 'kops-test-'));
afterAll(() => rm(home, {recursive: true, force: true}));
const file = async (name: string, text: string) => {
  await writeFile(join(home, name), text);
  return join(home, name);
};
const one = await file('one', 'current-context: one\ncontexts: [{name: one, context: {namespace: first}}]');
const two = await file('two', 'current-context: two\ncontexts: [{name: one, context: {}}, {name: two, context: {}}]');
const missing = join(home, 'missing');
const read = async (KUBECONFIG: string | undefined, explicit?: string) => {
  const {currentContext, contexts} = await readKubeconfig(explicit, {env: {KUBECONFIG}, home});
  return [currentContext, [...contexts.keys()].sort().join(' '), contexts.get('one')?.namespace];
};

test.each([
  ['one file', one, ['one', 'one', 'first']],
  ['two files', `${one}:${two}`, ['one', 'one two', 'first']],
  ['two files, the other way round', `${two}:${one}`, ['two', 'one two', undefined]],
  ['a file that is missing, one twice, and nothing between two colons', `${missing}:${one}::${one}`, ['one', 'one', 'first']],
])('$KUBECONFIG with %s', async (_case, kubeconfig, expected) => {
  expect(await read(kubeconfig)).toEqual(expected);
});

test('--kubeconfig goes alone, and must exist', async () => {
  expect(await read(one, two)).toEqual(['two', 'one two', undefined]);
  await expect(read(one, missing)).rejects.toMatchObject({message: `the kubeconfig ${missing} does not exist`, exitCode: 2});
});

test('without $KUBECONFIG, or with an empty one, ~/.kube/config', async () => {
  await mkdir(join(home, '.kube'));
  await file('.kube/config', 'current-context: home');
  expect((await read(undefined))[0]).toBe('home');
  expect((await read(''))[0]).toBe('home');
});

test('where there is no file at all, what to do is said', async () => {
  await expect(read(missing)).rejects.toMatchObject({
    message: 'there is no cluster to talk to',
    why: `no kubeconfig was found: there is no ${missing}`,
    next: 'kops lab up',
    exitCode: 5,
  });
});

test('a directory is no kubeconfig', async () => {
  await expect(read(home)).rejects.toMatchObject({message: `the kubeconfig ${home} cannot be read`, why: 'it is a directory'});
});

test('a pod finds its own cluster by its service account', async () => {
  const env = {KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: '443'};
  await file('token', 't');
  await file('namespace', 'shop\n');
  const {currentContext = '', clusters, users, contexts} = (await inClusterKubeconfig(env, home)) ?? {};
  expect(clusters?.get(currentContext)).toEqual({server: 'https://[fd00::1]:443', 'certificate-authority': join(home, 'ca.crt')});
  expect(users?.get(currentContext)).toEqual({tokenFile: join(home, 'token')});
  expect(contexts?.get(currentContext)?.namespace).toBe('shop');
  expect(await inClusterKubeconfig({}, home)).toBeUndefined();
  expect(await inClusterKubeconfig(env, missing)).toBeUndefined();
});
