import {describe, expect, test} from 'vitest';
import type {KubeObject} from '../../src/kube/json.ts';
import type {RolloutUndo} from '../../src/rollout/undo.ts';
import {kops, namespace, type TestNamespace} from '../support/live.ts';
import type {Shape} from '../support/rollouts.ts';
import {aDaemonSet, aDeployment, aStatefulSet, rolledOut} from '../support/rollouts.ts';

const BAD = {templateAnnotations: {'lab.kops.dev/fault': 'image-not-found'}};
const terminal = {columns: 80, rows: 40};

async function undo(shop: TestNamespace, ...args: string[]): Promise<RolloutUndo> {
  const {code, stdout, stderr} = await shop.kops(['rollout', 'undo', ...args, '-o', 'json']);
  expect({code, stderr: stderr.includes('✗') ? stderr : ''}).toEqual({code: 0, stderr: ''});
  return JSON.parse(stdout) as RolloutUndo;
}

async function imageOf(
  shop: TestNamespace,
  resource: 'deployments' | 'statefulsets' | 'daemonsets',
): Promise<string | undefined> {
  return (await shop.get(resource, 'app')).spec?.template?.spec?.containers[0]?.image;
}

/** A Deployment of web:1.0, then web:2.0. */
async function twoReleases(shop: TestNamespace, first: Shape = {}, second: Shape = {}): Promise<void> {
  await shop.apply(aDeployment('app', 'web:1.0', first));
  await rolledOut(shop, 'deployments', 'app');
  await shop.apply(aDeployment('app', 'web:2.0', second));
  await rolledOut(shop, 'deployments', 'app');
}

test.each([
  ['deployments', 'deploy/app', aDeployment],
  ['statefulsets', 'sts/app', aStatefulSet],
  ['daemonsets', 'ds/app', aDaemonSet],
] as const)('%s go back and forth, with the numbers that undo foretells', async (resource, words, make) => {
  const shop = await namespace();
  await shop.apply(make('app', 'web:1.0'));
  await rolledOut(shop, resource, 'app');
  await shop.setImage(resource, 'app', 'web:2.0');
  await rolledOut(shop, resource, 'app');

  const back = await undo(shop, words, '--yes');
  expect(back).toMatchObject({from: 2, to: 1, newRevision: 3, outcome: 'undone'});
  expect(await imageOf(shop, resource)).toBe('web:1.0');
  await rolledOut(shop, resource, 'app');

  const {stdout} = await shop.kops(['rollout', 'history', words, '-o', 'json']);
  expect((JSON.parse(stdout) as {revisions: object[]}).revisions).toMatchObject([
    {number: 2, current: false},
    {number: back.newRevision, images: ['web:1.0'], current: true},
  ]);
  const undoing = await kops([...(back.undoCommand?.split(' ').slice(1) ?? []), '--yes', '-o', 'json']);
  expect(JSON.parse(undoing.stdout)).toMatchObject({from: 3, to: 2, newRevision: 4});
  expect(await imageOf(shop, resource)).toBe('web:2.0');
});

test('what is there already needs no undo, and what is paused refuses it', async () => {
  const shop = await namespace();
  await twoReleases(shop);
  expect(await undo(shop, 'deploy/app', '--to-revision', '2')).toMatchObject({outcome: 'unchanged', newRevision: null});
  await shop.patch('deployments', 'app', {spec: {paused: true}});
  expect(await shop.kops(['rollout', 'undo', 'deploy/app', '--yes'])).toMatchObject({
    code: 3,
    stdout: '',
    stderr: expect.stringMatching(
      /^✗ cannot undo deployment\/app: it is paused\n.*\n {2}try: kops rollout resume deploy\/app -n /,
    ),
  });
});

test('off a terminal and without --yes it shows the difference, refuses, and does not hang', async () => {
  const shop = await namespace();
  await twoReleases(shop);
  expect(await shop.kops(['rollout', 'undo', 'deploy/app'])).toMatchObject({
    code: 2,
    stdout: '',
    stderr: expect.stringMatching(/- {3}image: web:2\.0\n\+ {3}image: web:1\.0\n.*✗ refused:.*add --yes/s),
  });
  const dry = await shop.kops(['rollout', 'undo', 'deploy/app', '--dry-run=server']);
  expect(dry).toMatchObject({code: 0, stdout: expect.stringContaining('dry run, the API server would take it')});
  expect(await imageOf(shop, 'deployments')).toBe('web:2.0');
});

describe('at the prompt', () => {
  test('a yes undoes and watches to the end; a scale in between stays', async () => {
    const shop = await namespace();
    await twoReleases(shop);
    const running = shop.watchKops(['rollout', 'undo', 'deploy/app', '--watch'], {tty: terminal});
    await running.saw(/Go back to revision 1\?/);
    await shop.patch('deployments', 'app', {spec: {replicas: 4}});
    running.type('y\r');
    const {code, stdout} = await running.ended;
    expect(code).toBe(0);
    expect(stdout).toMatch(/deployment\/app rolled out: revision 3 .*4 of 4 available/);
    expect((await shop.get('deployments', 'app')).spec).toMatchObject({
      replicas: 4,
      template: {spec: {containers: [{image: 'web:1.0'}]}},
    });
  });

  test("another's release in between is not lost", async () => {
    const shop = await namespace();
    await twoReleases(shop);
    const running = shop.watchKops(['rollout', 'undo', 'deploy/app'], {tty: terminal});
    await running.saw(/Go back to revision 1\?/);
    await shop.setImage('deployments', 'app', 'web:3.0');
    running.type('y\r');
    expect(await running.ended).toMatchObject({
      code: 3,
      stdout: expect.stringContaining('was changed in the meantime: nothing was undone'),
    });
    expect(await imageOf(shop, 'deployments')).toBe('web:3.0');
  });

  test('a pause in between is respected', async () => {
    const shop = await namespace();
    await twoReleases(shop);
    const running = shop.watchKops(['rollout', 'undo', 'deploy/app'], {tty: terminal});
    await running.saw(/Go back to revision 1\?/);
    await shop.patch('deployments', 'app', {spec: {paused: true}});
    running.type('y\r');
    expect(await running.ended).toMatchObject({code: 3, stdout: expect.stringContaining('it is paused')});
    expect(await imageOf(shop, 'deployments')).toBe('web:2.0');
  });

  test.each([
    ['a no', 'n\r', 2],
    ['Ctrl-C', '\x03', 130],
  ])('%s changes nothing', async (_case, keys, code) => {
    const shop = await namespace();
    await twoReleases(shop);
    const running = shop.watchKops(['rollout', 'undo', 'deploy/app'], {tty: terminal});
    await running.saw(/Go back to revision 1\?/);
    running.type(keys);
    expect(await running.ended).toMatchObject({code});
    expect(await imageOf(shop, 'deployments')).toBe('web:2.0');
  });
});

test('annotations that are newer than the revision stay, its change cause comes back, and kops owns what it wrote', async () => {
  const shop = await namespace();
  const cause = (text: string) => ({annotations: {'kubernetes.io/change-cause': text}});
  await twoReleases(shop, cause('first'), cause('second'));
  await shop.patch('deployments', 'app', {metadata: {annotations: {team: 'checkout'}}});
  await undo(shop, 'deploy/app', '--yes');
  const {metadata} = await shop.get('deployments', 'app');
  expect(metadata?.annotations).toMatchObject({'kubernetes.io/change-cause': 'first', team: 'checkout'});
  expect(metadata?.managedFields?.map(({manager}) => manager)).toContain('kops');
});

test('who would bring the bad version back is named, and so is configuration that is not what it was', async () => {
  const shop = await namespace();
  const configMap = (mode: string) =>
    ({apiVersion: 'v1', kind: 'ConfigMap', metadata: {name: 'app'}, data: {mode}}) as KubeObject;
  const secret = {apiVersion: 'v1', kind: 'Secret', metadata: {name: 'gone'}, stringData: {a: 'b'}} as KubeObject;
  await shop.apply(configMap('old'), secret);
  const container = {envFrom: [{configMapRef: {name: 'app'}}, {secretRef: {name: 'gone'}}]};
  await shop.apply(aDeployment('app', 'web:1.0', {container}));
  await rolledOut(shop, 'deployments', 'app');
  const {metadata} = await shop.get('deployments', 'app');
  const later = new Date(Date.parse(metadata?.creationTimestamp ?? '') + 2000).getTime();
  await shop.until('deployments', 'app', () => Date.now() > later); // these times are whole seconds
  await shop.apply(configMap('new'));
  await shop.delete('secrets', 'gone');
  await shop.apply(aDeployment('app', 'web:2.0'));
  await rolledOut(shop, 'deployments', 'app');

  const {warnings} = await undo(shop, 'deploy/app', '--dry-run=client');
  expect(warnings.map(({reason, message}) => [reason, message])).toEqual([
    ['ManifestDiffers', 'kops-test will bring web:2.0 back: it holds spec.template.spec.containers[app].image'],
    ['ConfigChanged', 'configmap/app was changed after revision 1'],
    ['ConfigMissing', 'secret/gone does not exist any more: pods of revision 1 will not start'],
  ]);
});

test('a StatefulSet pod that undo alone does not unstick is deleted where that is wished', async () => {
  const shop = await namespace();
  await shop.apply(aStatefulSet('app', 'web:1.0'));
  await rolledOut(shop, 'statefulsets', 'app');
  await shop.apply(aStatefulSet('app', 'web:2.0', BAD));
  await shop.until('pods', 'app-1', ({status}) => status?.containerStatuses?.[0]?.state?.waiting?.reason === 'ErrImagePull');

  expect(await undo(shop, 'sts/app', '--yes')).toMatchObject({stuckPods: ['app-1'], deletedPods: []});
  const {metadata} = await shop.get('pods', 'app-1');
  const again = ['sts/app', '--to-revision', '3', '--yes', '--delete-stuck-pod'];
  expect(await undo(shop, ...again, '--dry-run=server')).toMatchObject({outcome: 'unchanged', deletedPods: []});
  expect(await undo(shop, ...again)).toMatchObject({outcome: 'unchanged', stuckPods: ['app-1'], deletedPods: ['app-1']});
  await rolledOut(shop, 'statefulsets', 'app');
  expect((await shop.get('pods', 'app-1')).metadata?.uid).not.toBe(metadata?.uid);
  expect(await imageOf(shop, 'statefulsets')).toBe('web:1.0');
});

test('who may undo but not delete pods is told what was done and what was not', async () => {
  const shop = await namespace();
  await shop.apply(aStatefulSet('app', 'web:1.0'));
  await rolledOut(shop, 'statefulsets', 'app');
  await shop.apply(aStatefulSet('app', 'web:2.0', BAD));
  await shop.until('pods', 'app-1', ({status}) => status?.containerStatuses?.[0]?.state?.waiting?.reason === 'ErrImagePull');
  const metadata = {name: 'editor'};
  const rules = [
    {apiGroups: ['apps'], resources: ['*'], verbs: ['get', 'list', 'patch']},
    {apiGroups: [''], resources: ['pods', 'events', 'configmaps', 'secrets'], verbs: ['get', 'list']},
  ];
  const subjects = [{kind: 'User', name: 'jane', apiGroup: 'rbac.authorization.k8s.io'}];
  const roleRef = {kind: 'Role', name: 'editor', apiGroup: 'rbac.authorization.k8s.io'};
  const apiVersion = 'rbac.authorization.k8s.io/v1';
  await shop.apply({apiVersion, kind: 'Role', metadata, rules} as KubeObject);
  await shop.apply({apiVersion, kind: 'RoleBinding', metadata, subjects, roleRef} as KubeObject);

  const args = ['rollout', 'undo', 'sts/app', '--yes', '--delete-stuck-pod', '--as', 'jane'];
  const {code, stdout} = await shop.kops(args);
  expect({code, stdout}).toEqual({
    code: 3,
    stdout: expect.stringMatching(/back at revision 1, now numbered 3\n⚠ pod\/app-1 holds it up.*undo {2}kops rollout undo/s),
  });
  expect(await imageOf(shop, 'statefulsets')).toBe('web:1.0');
});
