import {mkdtemp, readFile, rm, stat, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {expect, onTestFinished, test} from 'vitest';
import {createConfig, findExisting, replaceConfig} from '../../src/config/create/create.ts';
import {MOST_BYTES} from '../../src/config/create/keys.ts';
import {buildObject, type ConfigObject, type Draft} from '../../src/config/create/object.ts';
import {SERVICE_ACCOUNT_ANNOTATION} from '../../src/config/create/secret-types.ts';
import type {Cluster} from '../../src/kube/cluster.ts';
import {connect} from '../../src/kube/connect.ts';
import type {KubeObject} from '../../src/kube/json.ts';
import {kubectl, liveCluster, namespace} from '../support/live.ts';
import {start} from '../support/process.ts';

const shop = await namespace();
const cluster: Cluster = await connect({kubeconfig: liveCluster().kubeconfig, namespace: shop.name});
const {signal} = new AbortController();
const context = {dryRun: 'none', scope: {}, signal} as const;

const hasKubectl = await kubectl(['version', '--client']).then(
  () => true,
  () => false,
);
const hasTools =
  hasKubectl &&
  (await start('jq', ['--version']).ended.then(
    () => true,
    () => false,
  ));
/** Runs what kops printed, on the cluster of the tests. */
const shell = (lines: string) => start('bash', ['-c', `set -e\n${lines}`], {env: {KUBECONFIG: liveCluster().kubeconfig}}).ended;

const entries = (data: Readonly<Record<string, string | Buffer>>) =>
  Object.entries(data).map(([key, value]) => ({key, value: Buffer.from(value), origin: ''}));
const secret = (name: string, data: Readonly<Record<string, string | Buffer>>, draft: Partial<Draft> = {}): ConfigObject =>
  buildObject({kind: 'Secret', name, ...draft}, entries(data));

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'kops-test-'));
  onTestFinished(() => rm(path, {recursive: true}));
  return path;
}

async function replace(wanted: ConfigObject) {
  const existing = await findExisting(cluster, wanted, signal);
  if (existing === undefined) throw new Error(`${wanted.metadata.name} is not there`);
  return replaceConfig(cluster, wanted, existing, {...context, undoCommand: null});
}

test('a ConfigMap of files and literals, replaced with a backup, and brought back by what it prints', async () => {
  const path = await folder();
  await writeFile(join(path, 'text'), 'hello\n');
  await writeFile(join(path, 'bytes'), Buffer.from([0xff, 0]));
  const made = await shop.kops([
    'configmap',
    'create',
    'app',
    '--from-file',
    path,
    '--from-literal=__proto__=x',
    '--label',
    'team=shop',
  ]);
  expect(made).toEqual({
    code: 0,
    stderr: '',
    stdout: expect.stringMatching(
      /^✓ configmap\/app {2}.* created: 3 keys, 9 bytes\n {2}undo {2}kubectl delete configmap\/app -n kops-test-/,
    ),
  });
  const before = await shop.get('configmaps', 'app');
  expect(Object.entries(before.data ?? {})).toEqual([
    ['__proto__', 'x'],
    ['text', 'hello\n'],
  ]);
  expect(before).toMatchObject({metadata: {labels: {team: 'shop'}}, binaryData: {bytes: '/wA='}});

  const backup = join(path, 'kept.json');
  const args = ['configmap', 'create', 'app', '--from-literal=text=other', '--if-exists=replace'];
  expect(await shop.kops(args)).toMatchObject({code: 2, stderr: expect.stringContaining('add --yes to go on without asking')});
  const {code, stdout} = await shop.kops([...args, '--yes', '--backup', backup]);
  expect({code, stdout}).toEqual({
    code: 0,
    stdout: expect.stringMatching(/ replaced\n {2}~ text\n {2}- __proto__\n {2}- bytes\n {2}undo {2}kubectl replace -f /),
  });
  const after = await shop.get('configmaps', 'app');
  expect(after).toMatchObject({metadata: {labels: {team: 'shop'}}, data: {text: 'other'}});
  expect(after.metadata?.managedFields?.map(({manager}) => manager)).toEqual(['kops']);
  expect((await stat(backup)).mode & 0o777).toBe(0o600);
  expect(JSON.parse(await readFile(backup, 'utf8'))).toMatchObject({
    kind: 'ConfigMap',
    data: before.data,
    binaryData: before.binaryData,
  });

  if (!hasKubectl) return;
  expect(await shell(/undo {2}(.*)/.exec(stdout)?.[1] ?? '')).toMatchObject({code: 0});
  const {metadata, data, binaryData} = await shop.get('configmaps', 'app');
  expect({labels: metadata?.labels, data, binaryData}).toEqual({
    labels: before.metadata?.labels,
    data: before.data,
    binaryData: before.binaryData,
  });
});

const pem = (file: string) => readFile(new URL(`../fixtures/create/pem/${file}`, import.meta.url));

test('the API server takes every type as kops makes it', async () => {
  const registry = '{"auths":{"r.test":{"auth":"YTpi"}}}';
  const all = [
    secret('opaque', {a: 'b', binary: Buffer.from([0xff])}),
    secret('tls', {'tls.crt': await pem('ec.crt'), 'tls.key': await pem('ec.key')}, {type: 'kubernetes.io/tls'}),
    secret('pull', {'.dockerconfigjson': registry}, {type: 'kubernetes.io/dockerconfigjson'}),
    secret('basic', {password: 'x'}, {type: 'kubernetes.io/basic-auth'}),
    secret('ssh', {'ssh-privatekey': 'x'}, {type: 'kubernetes.io/ssh-auth', immutable: true}),
    secret('mine', {}, {type: 'example.com/mine', labels: {'a.b/c': 'D_e'}, annotations: {note: 'any\ntext'}, appendHash: true}),
    secret('large', {most: Buffer.alloc(MOST_BYTES)}),
  ];
  for (const wanted of all) {
    const {object} = await createConfig(cluster, wanted, 'fail', context);
    expect(object).toMatchObject({...wanted, metadata: wanted.metadata});
  }
});

test.each([
  ['a key with a space', secret('app', {}), {data: {'a b': ''}}],
  ['a key of two dots', secret('app', {}), {data: {'..a': ''}}],
  ['one byte more than a mebibyte', secret('app', {}), {data: {a: Buffer.alloc(MOST_BYTES + 1).toString('base64')}}],
  ['tls without a key', secret('app', {}), {type: 'kubernetes.io/tls', data: {'tls.crt': ''}}],
  ['basic-auth without any', secret('app', {}), {type: 'kubernetes.io/basic-auth'}],
  ['ssh-auth with an empty key', secret('app', {}), {type: 'kubernetes.io/ssh-auth', data: {'ssh-privatekey': ''}}],
  [
    'a registry that is no JSON',
    secret('app', {}),
    {type: 'kubernetes.io/dockerconfigjson', data: {'.dockerconfigjson': 'eA=='}},
  ],
  ['a token of nobody', secret('app', {}), {type: 'kubernetes.io/service-account-token'}],
  ['an upper-case name', secret('app', {}), {metadata: {name: 'App'}}],
  ['a label of two words', secret('app', {}), {metadata: {name: 'app', labels: {a: 'b c'}}}],
  ['an annotation with a slash too many', secret('app', {}), {metadata: {name: 'app', annotations: {'a/b/c': ''}}}],
])('what kops refuses the API server would refuse, too: %s', async (_case, object, other) => {
  const raw = {...object, ...other} as ConfigObject & {kind: 'Secret'};
  await expect(cluster.create('secrets', shop.name, raw, {dryRun: true}, signal)).rejects.toMatchObject({exitCode: 2});
  const {metadata, type} = raw;
  const values = Object.fromEntries(Object.entries(raw.data ?? {}).map(([key, value]) => [key, Buffer.from(value, 'base64')]));
  expect(() => secret(metadata.name, values, {type, labels: metadata.labels, annotations: metadata.annotations})).toThrow();
});

test('who wrote in between keeps what was written; immutable and type stay', async () => {
  await createConfig(cluster, secret('contested', {a: '1'}), 'fail', context);
  const wanted = secret('contested', {a: 'ours'});
  const existing = await findExisting(cluster, wanted, signal);
  await shop.patch('secrets', 'contested', {data: {a: btoa('theirs')}});
  if (existing === undefined) throw new Error('it is not there');
  await expect(replaceConfig(cluster, wanted, existing, {...context, undoCommand: null})).rejects.toMatchObject({
    reason: 'Conflict',
    exitCode: 3,
  });
  expect((await shop.get('secrets', 'contested')).data).toEqual({a: btoa('theirs')});

  await replace(secret('contested', {a: 'ours'}, {immutable: true}));
  await expect(replace(secret('contested', {a: 'again'}))).rejects.toMatchObject({
    exitCode: 3,
    next: expect.stringContaining('--append-hash'),
  });
  await expect(replace(secret('contested', {a: 'ours'}, {type: 'a/b'}))).rejects.toMatchObject({exitCode: 3});
  expect(await replace(secret('contested', {a: 'ours'}, {labels: {still: 'labelled'}}))).toMatchObject({outcome: 'replaced'});
});

test('a token is filled by its controller, and a replacement leaves it there', async () => {
  const token = (labels = {}) =>
    secret(
      'token',
      {},
      {type: 'kubernetes.io/service-account-token', annotations: {[SERVICE_ACCOUNT_ANNOTATION]: 'default'}, labels},
    );
  await createConfig(cluster, token(), 'fail', context);
  const filled = await shop.until('secrets', 'token', ({data}) => data?.token !== undefined);
  await replace(token({a: 'b'}));
  expect(await shop.get('secrets', 'token')).toMatchObject({metadata: {labels: {a: 'b'}}, data: filled.data});
});

test('without the right to create them nothing is made, and no value is told', async () => {
  const {code, stdout, stderr} = await shop.kops([
    'secret',
    'create',
    'generic',
    'x',
    '--from-literal=a=hunter2',
    '--as',
    'jane',
  ]);
  expect({code, stdout}).toEqual({code: 5, stdout: ''});
  expect(stderr).toMatch(/^✗ jane may not create secrets in namespace .*\n.*\n {2}try: kubectl auth can-i create secrets /m);
  expect(stderr).not.toContain('hunter2');
});

test.runIf(hasKubectl)('the commands that it shows make the same object', async () => {
  const args = ['--from-literal=a=b c', '--label=team=shop', '--annotation=note=any text', '--immutable', '--append-hash'];
  const {stdout} = await shop.kops(['configmap', 'create', 'shown', ...args, '--show-commands']);
  expect(await shell(stdout)).toMatchObject({code: 0, stderr: ''});
  const [made] = (await shop.list('configmaps')).filter(({metadata}) => metadata?.name?.startsWith('shown-'));
  expect(made).toMatchObject({
    metadata: {labels: {team: 'shop'}, annotations: {note: 'any text'}},
    immutable: true,
    data: {a: 'b c'},
  });
});

test.runIf(hasTools)('and where one is there, put other values into it that keep what others wrote beside them', async () => {
  const beside = {labels: {tier: 'db'}, annotations: {note: 'kept'}};
  const both = {apiVersion: 'v1', kind: 'Secret', metadata: {name: 'both', ...beside}, stringData: {old: 'x', b: 'x'}};
  await shop.apply(both as KubeObject);
  for (const name of ['both', 'fresh']) {
    const args = ['secret', 'create', 'generic', name, '--from-literal=b=', '--label=team=shop', '--if-exists=replace'];
    const {stdout} = await shop.kops([...args, '--show-commands']);
    expect(await shell(`set -o pipefail\n${stdout}`)).toMatchObject({code: 0, stderr: ''});
  }
  const [replaced, fresh] = [await shop.get('secrets', 'both'), await shop.get('secrets', 'fresh')];
  expect(replaced.metadata).toMatchObject({labels: {tier: 'db', team: 'shop'}, annotations: beside.annotations});
  expect(replaced.data).toEqual({b: ''});
  expect(fresh).toMatchObject({metadata: {labels: {team: 'shop'}}, data: {b: ''}});
});
