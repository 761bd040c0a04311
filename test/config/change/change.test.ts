import {expect, test} from 'vitest';
import {applyKept, type Desk, type EditContext, editConfig, type Proposal} from '../../../src/config/change/edit.ts';
import {replaced} from '../../../src/config/change/report.ts';
import {readConfig} from '../../../src/config/change/save.ts';
import {applyPlan, planSet, planUnset} from '../../../src/config/change/set.ts';
import {renderChange, renderProposal, renderSeen} from '../../../src/config/change/view.ts';
import type {ConfigObject} from '../../../src/config/create/object.ts';
import type {KubeObject} from '../../../src/kube/json.ts';
import {ExitCode, Problem} from '../../../src/problem.ts';
import {createTheme} from '../../../src/text/screen.ts';
import {FakeCluster, type FakeOptions} from '../../support/fake-cluster.ts';
import {refusalOf} from '../../support/refusal.ts';

const {signal} = new AbortController();
const screen = {theme: createTheme(false), width: 80, now: 0};
const base64 = (text: string) => Buffer.from(text).toString('base64');

const object = (kind: string, name: string, fields: object): KubeObject =>
  ({apiVersion: 'v1', kind, metadata: {name, namespace: 'shop', uid: name}, ...fields}) as KubeObject;
const secret = (data: Readonly<Record<string, string>>, fields: object = {}): KubeObject =>
  object('Secret', 'db', {
    type: 'Opaque',
    data: Object.fromEntries(Object.entries(data).map(([key, value]) => [key, base64(value)])),
    ...fields,
  });
const deployment = (name: string, container: object, volumes: object[] = []): KubeObject =>
  object('Deployment', name, {spec: {template: {spec: {containers: [{name: 'c', ...container}], volumes}}}});
const env = (key: string) => ({env: [{name: 'P', valueFrom: {secretKeyRef: {name: 'db', key}}}]});

const clusterWith = (objects: readonly KubeObject[], options: FakeOptions = {}) => new FakeCluster(objects, options);
const dataOf = (cluster: FakeCluster, name = 'db') =>
  Object.fromEntries(
    Object.entries(cluster.read<{data?: Record<string, string>} & KubeObject>('secrets', name)?.data ?? {}).map(
      ([key, value]) => [key, Buffer.from(value, 'base64').toString()],
    ),
  );

/** An editor that makes one text of another, once for each time it opens. */
function desk(...edits: ((text: string) => string | Problem)[]): Desk & {seen: string[]; kept: string[]} {
  const seen: string[] = [];
  const kept: string[] = [];
  return {
    seen,
    kept,
    async edit(text) {
      seen.push(text);
      const made = edits.shift()?.(text) ?? text;
      return typeof made === 'string' ? {text: made} : {text, failure: made};
    },
    async keep(text) {
      kept.push(text);
      return '/dev/shm/kops-1/db.kept.yaml';
    },
  };
}

function context(decide: EditContext['decide'] = async () => 'save', dryRun: EditContext['dryRun'] = 'none') {
  const proposals: Proposal[] = [];
  const ask: EditContext['decide'] = (proposal) => {
    proposals.push(proposal);
    return decide(proposal);
  };
  return {proposals, dryRun, decide: ask, signal};
}
const target = {kind: 'Secret', name: 'db'} as const;
const setting = (from: string, to: string) => (text: string) => text.replace(from, to);

test('what is edited is saved, with a precondition, and who sees it when is told', async () => {
  const cluster = clusterWith([
    secret({password: 's3cr3t', user: 'admin'}),
    deployment('web', env('password')),
    deployment('other', env('user')),
    deployment('files', {volumeMounts: [{name: 'v', mountPath: '/p'}]}, [{name: 'v', secret: {secretName: 'db'}}]),
    deployment('part', {volumeMounts: [{name: 'v', mountPath: '/p', subPath: 'password'}]}, [
      {name: 'v', secret: {secretName: 'db'}},
    ]),
    object('CronJob', 'nightly', {
      spec: {jobTemplate: {spec: {template: {spec: {containers: [{name: 'c', ...env('password')}]}}}}},
    }),
  ]);
  const {proposals, ...rest} = context();
  const report = await editConfig(cluster, target, desk(setting('s3cr3t', 'n3w')), rest);
  expect(dataOf(cluster)).toEqual({password: 'n3w', user: 'admin'});
  expect(report).toMatchObject({outcome: 'changed', keys: [{key: 'password', change: 'changed', before: 6, after: 3}]});
  expect(report.restart.map(({name}) => name)).toEqual(['part', 'web']);
  expect(JSON.stringify(report)).not.toMatch(/s3cr3t|n3w/);
  const [proposal] = proposals as [Proposal];
  expect(renderProposal(proposal, {where: 'shop · kind-kops', reveal: false}, screen)).toMatchInlineSnapshot(`
    "secret/db  shop · kind-kops
      ~ password  6 bytes → 3 bytes"
  `);
  expect(renderProposal(proposal, {where: 'shop · kind-kops', reveal: true}, screen)).toContain('- s3cr3t');
  expect(renderChange(report, {restarts: false}, screen)).toMatchInlineSnapshot(`
    "✓ secret/db  shop · kind-kops  changed: 1 key
      ~ password  6 bytes → 3 bytes
      what it held before is not kept: --backup FILE would have
      seen in about a minute by deployment/files
      seen from the next start of a pod by cronjob/nightly
      seen only after a restart by deployment/part and deployment/web
      → kops rollout restart deploy/part -n shop
      → kops rollout restart deploy/web -n shop"
  `);
});

test('nothing saved, or nothing but comments, changes nothing', async () => {
  const cluster = clusterWith([secret({password: 's3cr3t'})]);
  expect(await editConfig(cluster, target, desk(), context())).toMatchObject({outcome: 'unchanged', keys: []});
  expect(
    await editConfig(
      cluster,
      target,
      desk(() => '# all gone\n'),
      context(),
    ),
  ).toMatchObject({outcome: 'unchanged'});
  expect(
    await editConfig(
      cluster,
      target,
      desk((text) => `${text}# note\n`),
      context(),
    ),
  ).toMatchObject({outcome: 'unchanged'});
  expect(cluster.requests.filter((request) => request.startsWith('patch'))).toEqual([]);
});

test.each([
  ['what is no YAML', 's3cr3t', '"s3cr3t', /^#! line 6: /m],
  ['an invalid key', 'password:', 'pass/word:', /^#! line 5: "pass\/word" cannot be a key/m],
  ['too much', 's3cr3t', 'x'.repeat(1024 * 1024 + 1), /^#! the values are too large/m],
  ['a key that the type needs', 'password: s3cr3t', 'x: y', /^#! a Secret of type .*basic-auth needs the key/m],
])('%s opens the editor again with the reason', async (_case, from, to, reason) => {
  const cluster = clusterWith([secret({password: 's3cr3t'}, {type: 'kubernetes.io/basic-auth'})]);
  const at = desk(setting(from, to), () => '# better not\n');
  expect(await editConfig(cluster, target, at, context())).toMatchObject({outcome: 'unchanged'});
  expect(at.seen[1]).toMatch(reason);
  expect(at.seen[1]).toContain(to);
});

test('who leaves it wrong is told where the edit is kept', async () => {
  const cluster = clusterWith([secret({password: 's3cr3t'})]);
  const at = desk((text) => `${text}*\n`);
  const problem = await refusalOf(editConfig(cluster, target, at, context()), Problem);
  expect(problem).toMatchObject({
    exitCode: ExitCode.usage,
    why: expect.stringContaining('your edit is kept in /dev/shm/kops-1/db.kept.yaml'),
    next: 'kops secret edit db -n shop --from /dev/shm/kops-1/db.kept.yaml',
  });
  expect(at.kept[0]).toContain('password: s3cr3t\n*\n');
});

test('another key that somebody writes meanwhile stays, the same key is a conflict that loses nothing', async () => {
  const cluster = clusterWith([secret({password: 's3cr3t', user: 'admin'})]);
  const others = (data: Readonly<Record<string, string>>) => (text: string) => {
    cluster.put(secret(data));
    return setting('s3cr3t', 'n3w')(text);
  };
  const report = await editConfig(cluster, target, desk(others({password: 's3cr3t', user: 'root'})), context());
  expect(dataOf(cluster)).toEqual({password: 'n3w', user: 'root'});
  expect(report.theirs).toEqual(['user']);

  cluster.put(secret({password: 's3cr3t'}));
  const at = desk(others({password: 'theirs'}));
  const problem = await refusalOf(editConfig(cluster, target, at, context()), Problem);
  expect(problem).toMatchObject({message: 'password of secret/db changed meanwhile', exitCode: ExitCode.negative});
  expect(dataOf(cluster)).toEqual({password: 'theirs'});
  expect(at.kept[0]).toMatchInlineSnapshot(`
    "# What you changed in secret/db  shop  kind-kops
    # kops secret edit db -n shop --from THIS_FILE
    password: n3w
    "
  `);

  const kept = {text: at.kept[0] ?? '', file: 'db.kept.yaml'};
  await applyKept(cluster, target, kept, context());
  expect(dataOf(cluster)).toEqual({password: 'n3w'});
});

test('a kept edit deletes what was deleted, and nothing else', async () => {
  const cluster = clusterWith([secret({a: '1', b: '2'})], {forbidden: ['patch secrets']});
  const at = desk(setting('b: "2"\n', ''));
  await refusalOf(editConfig(cluster, target, at, context()), Problem);
  const other = clusterWith([secret({a: '1', b: '2', c: '3'})]);
  await applyKept(other, target, {text: at.kept[0] ?? '', file: 'f'}, context());
  expect(dataOf(other)).toEqual({a: '1', c: '3'});
});

test.each([
  ['another key stays as others made it', {a: 'gone', b: '2', c: 'theirs', d: 'new'}, {b: 'mine', c: 'theirs', d: 'new'}],
  ['a key that others took away stays away', {a: 'gone', b: '2'}, {b: 'mine'}],
])('an edit that is kept while it has flaws is applied as what it changed: %s', async (_case, now, expected) => {
  const cluster = clusterWith([secret({a: 'gone', b: '2', c: '3'})]);
  const wrong = desk((text) => text.replace('a: gone\n', '').replace('b: "2"', 'b: *mine'));
  await refusalOf(editConfig(cluster, target, wrong, context()), Problem);
  const file = (wrong.kept[0] ?? '').replace('*mine', 'mine');
  expect(file).not.toContain('gone');
  cluster.put(secret(now));
  await applyKept(cluster, target, {text: file, file: 'f'}, context());
  expect(dataOf(cluster)).toEqual(expected);
});

test('a kept edit that nobody can tell the changes of is refused', async () => {
  const cluster = clusterWith([secret({a: '1'})]);
  const problem = await refusalOf(applyKept(cluster, target, {text: '#= {\na: "2"\n', file: 'f'}, context()), Problem);
  expect(problem).toMatchObject({exitCode: ExitCode.usage, why: expect.stringContaining('line 1 ')});
  expect(dataOf(cluster)).toEqual({a: '1'});
});

test('between the question and the save somebody writes: their key stays, or it is a conflict', async () => {
  const cluster = clusterWith([secret({password: 's3cr3t', user: 'admin'})]);
  cluster.meanwhile = () => cluster.put(secret({password: 's3cr3t', user: 'root'}));
  await editConfig(cluster, target, desk(setting('s3cr3t', 'n3w')), context());
  expect(dataOf(cluster)).toEqual({password: 'n3w', user: 'root'});
  cluster.meanwhile = () => cluster.put(secret({password: 'theirs'}));
  await refusalOf(editConfig(cluster, target, desk(setting('n3w', 'mine')), context()), Problem);
  expect(dataOf(cluster)).toEqual({password: 'theirs'});
});

test('a no changes nothing; who wants to go on gets the editor again', async () => {
  const cluster = clusterWith([secret({password: 's3cr3t'})]);
  const refused = await refusalOf(
    editConfig(
      cluster,
      target,
      desk(setting('s3cr3t', 'n3w')),
      context(async () => 'leave'),
    ),
    Problem,
  );
  expect(refused).toMatchObject({message: 'nothing changed', exitCode: ExitCode.usage});
  const answers = ['again', 'save'] as const;
  let asked = 0;
  const at = desk(setting('s3cr3t', 'first'), setting('first', 'second'));
  await editConfig(
    cluster,
    target,
    at,
    context(async () => answers[asked++] ?? 'leave'),
  );
  expect(at.seen[1]).toContain('password: first');
  expect(dataOf(cluster)).toEqual({password: 'second'});
});

test('an editor that fails changes nothing', async () => {
  const cluster = clusterWith([secret({password: 's3cr3t'})]);
  const failure = new Problem('the editor failed', {exitCode: ExitCode.usage});
  const at = desk(() => failure);
  expect(await refusalOf(editConfig(cluster, target, at, context()), Problem)).toBe(failure);
  expect(at.kept).toEqual([]);

  const crashed: Desk = {...at, edit: async (text) => ({text: setting('s3cr3t', 'n3w')(text), failure})};
  const problem = await refusalOf(editConfig(cluster, target, crashed, context()), Problem);
  expect(problem).toMatchObject({message: 'the editor failed', why: expect.stringContaining('your edit is kept in')});
  expect(at.kept[0]).toMatch(/\npassword: n3w\n$/);
  expect(dataOf(cluster)).toEqual({password: 's3cr3t'});
});

test("of an immutable one a new one is made, with kubectl's hash in the place of the old", async () => {
  const cluster = clusterWith([secret({password: 's3cr3t'}, {immutable: true}), deployment('web', env('password'))]);
  const report = await editConfig(cluster, target, desk(setting('s3cr3t', 'n3w')), context());
  expect(report.object.name).toMatch(/^db-[2456789bcdfghkmt]{10}$/);
  expect(dataOf(cluster)).toEqual({password: 's3cr3t'});
  expect(dataOf(cluster, report.object.name)).toEqual({password: 'n3w'});
  expect(cluster.read<ConfigObject>('secrets', report.object.name)).toMatchObject({immutable: true});
  expect(renderChange(report, {restarts: false}, screen)).toMatchInlineSnapshot(`
    "✓ secret/db-5dd95c94mg  shop · kind-kops  created, immutable; secret/db stays as it is
      undo  kubectl delete secret/db-5dd95c94mg -n shop
      still using db: deployment/web
      → let them use db-5dd95c94mg, then delete db"
  `);
});

test.each([
  ['with these values is taken for it', 'n3w', {outcome: 'exists'}],
  ['with other values is not', 'theirs', {message: 'secret/db-5dd95c94mg is there already, with other values', exitCode: 3}],
])('one that has the new name already %s', async (_case, password, expected) => {
  const renewed = {...secret({password}), metadata: {name: 'db-5dd95c94mg', namespace: 'shop'}};
  const cluster = clusterWith([secret({password: 's3cr3t'}, {immutable: true}), renewed]);
  const at = desk(setting('s3cr3t', 'n3w'));
  const end = await editConfig(cluster, target, at, context()).catch((problem: Problem) => problem);
  expect(end).toMatchObject(expected);
  expect([at.kept.length, dataOf(cluster, 'db-5dd95c94mg')]).toEqual([end instanceof Problem ? 1 : 0, {password}]);
});

test('who sees what was put in the place of another one is told, and who only after a restart', async () => {
  const before = secret({password: 's3cr3t', user: 'admin'}) as ConfigObject;
  const after = secret({password: 'n3w', user: 'admin'}) as ConfigObject;
  const cluster = clusterWith([after, deployment('web', env('password')), deployment('other', env('user'))]);
  const report = await replaced(cluster, before, after, {dryRun: 'none', signal});
  expect(renderSeen(report, {restarts: false}, screen)).toMatchInlineSnapshot(`
    "  seen only after a restart by deployment/web
      → kops rollout restart deploy/web -n shop"
  `);
  expect(renderSeen(report, {restarts: true}, screen)).not.toContain('→');
  const same = await replaced(cluster, before, before, {dryRun: 'none', signal});
  expect([same.restart, renderSeen(same, {restarts: false}, screen)]).toEqual([[], '']);
});

test('bytes stay as they are, and cannot be written over by text', async () => {
  const cluster = clusterWith([secret({text: 'x'}, {data: {text: base64('x'), store: '/wA='}})]);
  const at = desk(
    (text) => text.replace('text: x', 'text: y\nstore: z'),
    (text) => text.replace('\nstore: z', ''),
  );
  await editConfig(cluster, target, at, context());
  expect(at.seen[0]).toContain('#   store  2 bytes');
  expect(at.seen[1]).toContain('store is there already and no text');
  expect(cluster.read<ConfigObject>('secrets', 'db').data).toEqual({text: base64('y'), store: '/wA='});
});

test('a dry run sends nothing, and does not ask', async () => {
  const cluster = clusterWith([secret({password: 's3cr3t'})]);
  const {proposals, ...rest} = context(undefined, 'client');
  const report = await editConfig(cluster, target, desk(setting('s3cr3t', 'n3w')), rest);
  expect({proposals, data: dataOf(cluster), undo: report.undoCommand}).toEqual({
    proposals: [],
    data: {password: 's3cr3t'},
    undo: null,
  });
});

const read = (cluster: FakeCluster, kind: ConfigObject['kind'] = 'Secret', name = 'db') =>
  readConfig(cluster, {kind, name}, {verb: 'set'}, signal);
const writing = {dryRun: 'none', signal} as const;

test('a key is set beside what others write, and never over it', async () => {
  const cluster = clusterWith([secret({a: '1'})]);
  const plan = planSet(await read(cluster), 'b', Buffer.from('2'));
  cluster.put(secret({a: '1', c: '3'}));
  const report = await applyPlan(cluster, plan, writing);
  expect(dataOf(cluster)).toEqual({a: '1', b: '2', c: '3'});
  expect(report).toMatchObject({theirs: ['c'], undoCommand: 'kops secret unset db b -n shop'});
  const late = planSet(await read(cluster), 'b', Buffer.from('mine'));
  cluster.put(secret({b: 'theirs'}));
  await refusalOf(applyPlan(cluster, late, writing), Problem);
  expect(dataOf(cluster)).toEqual({b: 'theirs'});
});

test('an unset key is gone; one that is not there is told with the nearest', async () => {
  const cluster = clusterWith([secret({password: 'x', user: 'y'})]);
  const object = await read(cluster);
  expect(() => planUnset(object, ['pasword'])).toThrow(
    expect.objectContaining({exitCode: ExitCode.noAccess, next: 'kops secret unset db password -n shop'}),
  );
  await applyPlan(cluster, planUnset(object, ['password']), writing);
  expect(dataOf(cluster)).toEqual({user: 'y'});
});

test('the old value of a ConfigMap is in the command that undoes it, that of a Secret never', async () => {
  const cluster = clusterWith([secret({a: 'old'}), object('ConfigMap', 'app', {data: {level: 'in fo'}})]);
  const map = await applyPlan(cluster, planSet(await read(cluster, 'ConfigMap', 'app'), 'level', Buffer.from('x')), writing);
  expect(map.undoCommand).toBe("kops configmap set app level 'in fo' -n shop");
  const changed = await applyPlan(cluster, planSet(await read(cluster), 'a', Buffer.from('x')), writing);
  expect(changed.undoCommand).toBeNull();
  expect(renderChange(changed, {restarts: false}, screen)).toContain('--backup FILE would have');
});

test('an immutable one is refused, and who may not list workloads is told so', async () => {
  const frozen = clusterWith([secret({a: '1'}, {immutable: true})]);
  const object = await read(frozen);
  expect(() => planSet(object, 'a', Buffer.from('2'))).toThrow(expect.objectContaining({exitCode: ExitCode.negative}));
  const cluster = clusterWith([secret({a: '1'}), deployment('web', env('a'))], {forbidden: ['list deployments']});
  const report = await applyPlan(cluster, planSet(await read(cluster), 'a', Buffer.from('2')), writing);
  expect(report).toMatchObject({outcome: 'changed', users: [], notes: [expect.stringContaining('may not list deployments')]});
});
