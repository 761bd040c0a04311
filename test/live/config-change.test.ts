import {chmod, mkdtemp, readFile, rm, stat, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import {expect, onTestFinished, test} from 'vitest';
import {openDesk} from '../../src/cli/editor.ts';
import {type EditContext, editConfig} from '../../src/config/change/edit.ts';
import {setCommands} from '../../src/config/change/kubectl.ts';
import {readConfig} from '../../src/config/change/save.ts';
import {applyPlan, planSet, planUnset} from '../../src/config/change/set.ts';
import type {Cluster} from '../../src/kube/cluster.ts';
import {connect} from '../../src/kube/connect.ts';
import type {KubeObject} from '../../src/kube/json.ts';
import {Problem} from '../../src/problem.ts';
import {mayOnWorkloads} from '../support/connection.ts';
import {images} from '../support/images.ts';
import {kubectl, liveCluster, namespace} from '../support/live.ts';
import {start} from '../support/process.ts';
import {refusalOf} from '../support/refusal.ts';
import {aDaemonSet, aDeployment, aStatefulSet, rolledOut} from '../support/rollouts.ts';

const {signal} = new AbortController();
const shop = await namespace();
const {kubeconfig} = liveCluster();
const cluster = await connect({kubeconfig, namespace: shop.name});
const hasKubectl = await kubectl(['version', '--client']).then(
  () => true,
  () => false,
);

const object = (kind: string, name: string, fields: object): KubeObject =>
  ({apiVersion: 'v1', kind, metadata: {name}, ...fields}) as KubeObject;
const encoded = (text: string) => Buffer.from(text).toString('base64');
async function secretValue(name: string, key: string): Promise<string | undefined> {
  const value = (await shop.get('secrets', name)).data?.[key];
  return value && Buffer.from(value, 'base64').toString();
}

/** An editor that is a shell script: its file is `$1`. */
async function editor(script: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'kops-test-'));
  onTestFinished(() => rm(folder, {recursive: true}));
  await writeFile(join(folder, 'editor'), `#!/bin/sh\n${script}\n`);
  await chmod(join(folder, 'editor'), 0o700);
  return join(folder, 'editor');
}

/** Where a Problem says that an edit is kept; removed when the test ends. */
function keptFile(text = ''): string {
  const file = /kept in (\S+), which/.exec(text)?.[1] ?? '';
  onTestFinished(() => rm(dirname(file), {recursive: true}));
  return file;
}

/** Edits a Secret with a scripted editor, and says yes. */
async function edit(
  name: string,
  EDITOR: string,
  {on = cluster, meanwhile}: {on?: Cluster; meanwhile?: () => Promise<unknown>} = {},
) {
  const decide: EditContext['decide'] = async () => {
    await meanwhile?.();
    return 'save';
  };
  const context: EditContext = {dryRun: 'none', decide, signal};
  const desk = await openDesk({name, isSecret: true}, {EDITOR}, signal);
  try {
    return await editConfig(on, {kind: 'Secret', name}, desk, context);
  } finally {
    await desk.close();
  }
}

const from = (key: string) => ({env: [{name: 'P', valueFrom: {secretKeyRef: {name: 'used', key}}}]});
const mounted = (mount: object) => ({
  template: {
    metadata: {labels: {app: 'agent'}},
    spec: {
      containers: [{name: 'agent', image: images.web10, volumeMounts: [{name: 'v', mountPath: '/p', ...mount}]}],
      volumes: [{name: 'v', secret: {secretName: 'used'}}],
    },
  },
});

test('--restart restarts exactly those that would not see it, and watches them; without it kops says how', async () => {
  await shop.apply(
    object('Secret', 'used', {stringData: {password: 'old', user: 'admin'}}),
    aDeployment('web', images.web10, {container: from('password'), spec: {replicas: 1}}),
    aDeployment('other', images.web10, {container: from('user'), spec: {replicas: 1}}),
    aStatefulSet('db', images.web10, {container: {envFrom: [{secretRef: {name: 'used'}}], ports: []}, spec: {replicas: 1}}),
    aDaemonSet('agent', images.web10, {spec: mounted({})}),
  );
  await Promise.all([
    rolledOut(shop, 'deployments', 'web'),
    rolledOut(shop, 'deployments', 'other'),
    rolledOut(shop, 'statefulsets', 'db'),
    rolledOut(shop, 'daemonsets', 'agent'),
  ]);
  const backup = join(dirname(await editor('')), 'backup.json');
  const args = ['secret', 'set', 'used', 'password', '--yes', '--restart', '--backup', backup];
  expect(await shop.kops(args, {stdin: ''})).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("an empty value is asked for with --from-literal ''"),
  });
  const {code, stdout, stderr} = await shop.kops(args, {stdin: 'n3w'});
  expect({code, stderr}).toEqual({code: 0, stderr: ''});
  expect(stdout).toContain(`undo  kubectl replace -f ${backup} -n ${shop.name}`);
  expect(JSON.parse(await readFile(backup, 'utf8')).data.password).toBe(encoded('old'));
  expect(((await stat(backup)).mode & 0o777).toString(8)).toBe('600');
  expect(stdout).toMatch(/changed: 1 key\n {2}~ password {2}3 bytes, other ones\n/);
  expect(stdout).toContain('seen in about a minute by daemonset/agent');
  expect(stdout).toContain('seen only after a restart by deployment/web and statefulset/db');
  expect(stdout).toMatch(/deployment\/web rolled out/);
  expect(stdout).toMatch(/statefulset\/db rolled out/);
  const generations = await Promise.all([
    shop.get('deployments', 'web'),
    shop.get('deployments', 'other'),
    shop.get('statefulsets', 'db'),
    shop.get('daemonsets', 'agent'),
  ]);
  expect(generations.map(({metadata}) => metadata?.generation)).toEqual([2, 1, 2, 1]);

  const again = await readConfig(cluster, {kind: 'Secret', name: 'used'}, {verb: 'set'}, signal);
  const report = await applyPlan(cluster, planSet(again, 'user', Buffer.from('root')), {dryRun: 'none', signal});
  expect(report.restart.map(({name}) => name)).toEqual(['other', 'db']);
});

test('a Secret is edited on a terminal: shown without its values, asked for, and saved', async () => {
  await shop.apply(object('Secret', 'plain', {data: {text: encoded('old\n'), store: '/wA='}}));
  const EDITOR = await editor(`sed -i 's/old/n3w/' "$1"`);
  const running = shop.watchKops(['secret', 'edit', 'plain'], {tty: {columns: 120, rows: 30}, env: {EDITOR, CI: undefined}});
  await running.saw(/Change secret\/plain\?/);
  running.type('y\n');
  const {code} = await running.ended;
  expect({code, text: await secretValue('plain', 'text')}).toEqual({code: 0, text: 'n3w\n'});
  expect((await shop.get('secrets', 'plain')).data?.store).toBe('/wA=');
  expect(running.output()).toMatch(/in \/(dev\/shm|run)\S*\/plain\.yaml, in memory/);
  expect(running.output()).not.toMatch(/old|n3w/);
  await expect(stat(/in (\S+)\/plain\.yaml/.exec(running.output())?.[1] ?? '/')).rejects.toThrow('ENOENT');
});

test('what somebody writes meanwhile is not lost: another key stays, the same one is a conflict', async () => {
  await shop.apply(object('Secret', 'shared', {stringData: {password: 'old', user: 'admin'}}));
  const values = async () => [await secretValue('shared', 'password'), await secretValue('shared', 'user')];
  const mine = `sed -i 's/password: .*/password: mine/' "$1"`;
  const others = (stringData: object) => () => shop.patch('secrets', 'shared', {stringData});
  const merged = await edit('shared', await editor(mine), {meanwhile: others({user: 'root'})});
  expect({theirs: merged.theirs, values: await values()}).toEqual({theirs: ['user'], values: ['mine', 'root']});

  await others({password: 'old'})();
  const EDITOR = await editor(`${mine}; : > "$0.open"; until [ -e "$0.go" ]; do sleep 0.05; done`);
  const running = shop.watchKops(['secret', 'edit', 'shared', '--yes'], {env: {EDITOR}});
  const isOpen = () =>
    stat(`${EDITOR}.open`).then(
      () => true,
      () => false,
    );
  await expect.poll(isOpen, {timeout: 20_000}).toBe(true);
  await others({password: 'theirs'})();
  await writeFile(`${EDITOR}.go`, '');
  const {code, stderr} = await running.ended;
  expect({code, stderr}).toEqual({code: 3, stderr: expect.stringContaining('password of secret/shared changed meanwhile')});
  expect(await values()).toEqual(['theirs', 'root']);
  const kept = keptFile(stderr);
  expect(((await stat(kept)).mode & 0o777).toString(8)).toBe('600');
  expect(await readFile(kept, 'utf8')).toContain('password: mine');
  expect((await shop.kops(['secret', 'edit', 'shared', '--from', kept, '--yes'])).code).toBe(0);
  expect(await values()).toEqual(['mine', 'root']);
});

test('an editor that fails, and garbage that it saves, change nothing', async () => {
  await shop.apply(object('Secret', 'safe', {stringData: {password: 'old'}}));
  const failing = await shop.kops(['secret', 'edit', 'safe', '--yes'], {env: {EDITOR: await editor('exit 7')}});
  expect(failing.code).toBe(2);
  expect(failing.stderr).toMatch(/^✗ the editor failed: .*\n {2}it ended with exit code 7; .*\n {2}name one that works.*\n$/);
  const problem = await refusalOf(
    edit('safe', await editor(`echo ': [' >> "$1.x"; grep -q '#!' "$1" || cp "$1.x" "$1"`)),
    Problem,
  );
  expect(await readFile(keptFile(problem.why), 'utf8')).toMatch(/^# .*\n#= .*\n: \[\n$/);
  expect(await secretValue('safe', 'password')).toBe('old');
  const nobody = {EDITOR: undefined, VISUAL: undefined, KUBE_EDITOR: undefined};
  expect(await shop.kops(['secret', 'edit', 'safe', '--yes'], {env: nobody, stdin: ''})).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('vi needs a terminal'),
  });
});

test('of an immutable Secret a new one is made, and the old one stays', async () => {
  await shop.apply(object('Secret', 'fixed', {stringData: {password: 'old'}, immutable: true}));
  const report = await edit('fixed', await editor(`sed -i 's/old/n3w/' "$1"`));
  expect(report).toMatchObject({outcome: 'created', insteadOf: 'fixed'});
  expect([await secretValue('fixed', 'password'), await secretValue(report.object.name, 'password')]).toEqual(['old', 'n3w']);
  expect(await shop.get('secrets', report.object.name)).toMatchObject({immutable: true, type: 'Opaque'});
  expect(await edit('fixed', await editor(`sed -i 's/old/n3w/' "$1"`))).toMatchObject({outcome: 'exists'});
});

test('who may read and not write keeps the edit; who may not list workloads changes it all the same', async () => {
  await shop.apply(
    object('Secret', 'guarded', {stringData: {password: 'old'}}),
    ...(mayOnWorkloads('jane', ['watch'], [{apiGroups: [''], resources: ['secrets'], verbs: ['get']}]) as KubeObject[]),
    ...(mayOnWorkloads('joe', ['watch'], [{apiGroups: [''], resources: ['secrets'], verbs: ['get', 'patch']}]) as KubeObject[]),
  );
  const jane = await connect({kubeconfig, namespace: shop.name, as: 'jane'});
  const problem = await refusalOf(edit('guarded', await editor(`sed -i 's/old/n3w/' "$1"`), {on: jane}), Problem);
  expect(problem).toMatchObject({exitCode: 5, message: expect.stringContaining('jane may not patch secrets')});
  expect(await readFile(keptFile(problem.why), 'utf8')).toContain('password: n3w');
  const joe = await connect({kubeconfig, namespace: shop.name, as: 'joe'});
  const report = await edit('guarded', await editor(`sed -i 's/old/n3w/' "$1"`), {on: joe});
  expect(report).toMatchObject({
    outcome: 'changed',
    notes: expect.arrayContaining([expect.stringContaining('may not list deployments')]),
  });
  expect(await secretValue('guarded', 'password')).toBe('n3w');
});

test('a ConfigMap is set and unset, text and bytes, and its undo brings it back', async () => {
  await shop.apply(object('ConfigMap', 'app', {data: {level: 'info'}}));
  const read = () => readConfig(cluster, {kind: 'ConfigMap', name: 'app'}, {verb: 'set'}, signal);
  const change = {dryRun: 'none', signal} as const;
  await applyPlan(cluster, planSet(await read(), 'level', Buffer.from([0xff, 0])), change);
  expect(await shop.get('configmaps', 'app')).toMatchObject({binaryData: {level: '/wA='}});
  await applyPlan(cluster, planUnset(await read(), ['level']), change);
  expect((await shop.get('configmaps', 'app')).data ?? {}).toEqual({});
  await applyPlan(cluster, planSet(await read(), 'level', Buffer.from('info')), change);
  const {code, stdout} = await shop.kops(['configmap', 'set', 'app', 'level', 'debug', '--yes', '-o', 'json']);
  expect({code, ...JSON.parse(stdout)}).toMatchObject({
    code: 0,
    kind: 'ConfigChange',
    outcome: 'changed',
    undoCommand: `kops configmap set app level info -n ${shop.name}`,
  });
  const asked = await shop.kops(['configmap', 'unset', 'app', 'level', 'level']);
  expect(asked).toMatchObject({code: 2, stdout: '', stderr: expect.stringContaining('- level\n    - debug')});
  expect(asked.stderr).toContain('add --yes to go on without asking');
  expect(await shop.get('configmaps', 'app')).toMatchObject({data: {level: 'debug'}});
});

test.runIf(hasKubectl)('the lines of --show-commands do the same', async () => {
  await shop.apply(object('Secret', 'typed', {stringData: {password: 'old'}}));
  const typed = {kind: 'Secret', name: 'typed'} as const;
  const scope = {namespace: shop.name, kubeconfig};
  const [line = ''] = setCommands(typed, {key: 'password', source: {via: 'stdin', key: 'password'}}, scope);
  await start('bash', ['-c', line], {stdin: 'n3w'}).ended;
  expect(await secretValue('typed', 'password')).toBe('n3w');
});
