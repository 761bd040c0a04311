import {describe, expect, test, vi} from 'vitest';
import type {RolloutStatus} from '../../src/rollout/status.ts';
import {mayOnWorkloads} from '../support/connection.ts';
import {statusUntil} from '../support/diagnosis.ts';
import {fault, pace} from '../support/faults.ts';
import {namespace, type TestNamespace} from '../support/live.ts';
import {aDaemonSet, aDeployment, aStatefulSet, rolledOut} from '../support/rollouts.ts';

vi.setConfig({testTimeout: 90_000});

/** Milliseconds within which a doomed rollout must be called that. */
const SOON = 5000;
const slowly = {templateAnnotations: pace({ready: 2})};

async function withApp(): Promise<TestNamespace> {
  const shop = await namespace();
  await shop.apply(aDeployment('app', 'web:1.0'));
  await rolledOut(shop, 'deployments', 'app');
  return shop;
}
/** The documents of a watch under `-o json`. */
const events = (stdout: string) =>
  stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as RolloutStatus & {ending?: string; clock?: string});

test.each([
  ['Deployment', 'deployments', 'deploy/app', aDeployment],
  ['StatefulSet', 'statefulsets', 'sts/app', aStatefulSet],
  ['DaemonSet', 'daemonsets', 'ds/app', aDaemonSet],
] as const)('a rollout of a %s is followed to its end', async (kind, resource, words, make) => {
  const shop = await namespace();
  await shop.apply(make('app', 'web:1.0', slowly));
  await rolledOut(shop, resource, 'app');
  const watch = shop.watchKops(['rollout', 'watch', words, '--revision', '2']);
  await watch.saw(/revision 1/);
  await shop.setImage(resource, 'app', 'web:2.0');
  const {code, stdout, stderr} = await watch.ended;
  expect({code, stderr}).toEqual({code: 0, stderr: ''});
  const lines = stdout.trimEnd().split('\n');
  const name = `${kind.toLowerCase()}/app`;
  expect(lines.length).toBeGreaterThan(1);
  expect(lines.filter((line) => !/^\d\d:\d\d:\d\d /.test(line))).toEqual([]);
  expect(lines.filter((line, i) => line.slice(9) === lines[i - 1]?.slice(9))).toEqual([]);
  expect(lines[1]).toMatch(new RegExp(`${name} revision 2 \\(web:2\\.0\\): \\d+/\\d+ updated, \\d+ available`));
  expect(lines.at(-1)).toMatch(new RegExp(`${name} rolled out: revision 2 \\(web:2\\.0\\), (\\d+) of \\1 available.*, \\d+s`));
});

test('one that is rolled out already ends it at once', async () => {
  const shop = await namespace();
  await shop.apply(aDeployment('app', 'web:1.0', {container: {readinessProbe: {tcpSocket: {port: 80}}}}));
  await rolledOut(shop, 'deployments', 'app');
  const {code, stdout} = await shop.kops(['rollout', 'watch', 'deploy/app']);
  expect(code).toBe(0);
  expect(stdout.trimEnd().split('\n')).toHaveLength(1);
});

test.each([
  ['an image that is not there', fault('image-not-found'), 'ImageNotFound'],
  ['a container that crashes again and again', fault('crash-loop', {backoff: 1}), 'CrashLoopBackOff'],
  ['a ConfigMap that does not exist', fault('config-missing-configmap'), 'MissingConfigMap'],
])('a doomed rollout is called that soon: %s', async (_case, templateAnnotations, reason) => {
  const shop = await withApp();
  const watch = shop.watchKops(['rollout', 'watch', 'deploy/app', '--revision', '2', '-o', 'json']);
  await watch.saw(/waiting for revision 2/);
  const env = {envFrom: [{configMapRef: {name: 'settings'}}]};
  await shop.apply(aDeployment('app', 'web:2.0', {templateAnnotations, ...(reason.startsWith('Missing') && {container: env})}));
  await statusUntil(shop, 'deploy/app', ({causes}) => causes.some((cause) => cause.doomed && cause.reason === reason));
  const appeared = Date.now();
  const {code, stdout} = await watch.ended;
  expect(Date.now() - appeared).toBeLessThan(SOON);
  expect(code).toBe(3);
  const last = events(stdout).at(-1);
  expect(last).toMatchObject({phase: 'failed', ending: 'failed', revision: 2, desired: 2});
  expect(last?.causes[0]).toMatchObject({reason, doomed: true});
});

test.each([
  ['a registry that answers late', fault('registry-timeout', {seconds: 6})],
  ['a probe that fails at first', fault('readiness-failing', {seconds: 6})],
])('a transient trouble is not doom: %s', async (_case, templateAnnotations) => {
  const shop = await withApp();
  const watch = shop.watchKops(['rollout', 'watch', 'deploy/app', '--revision', '2', '-o', 'json']);
  await watch.saw(/waiting for revision 2/);
  const container = {readinessProbe: {tcpSocket: {port: 80}, periodSeconds: 1}};
  await shop.apply(aDeployment('app', 'web:2.0', {templateAnnotations, container}));
  const {code, stdout} = await watch.ended;
  expect(code).toBe(0);
  expect(new Set(events(stdout).map(({phase}) => phase))).toEqual(new Set(['progressing', 'healthy']));
  expect(events(stdout).some(({causes}) => causes.length > 0)).toBe(true);
});

test('off a terminal a failure ends with its cause and the way back', async () => {
  const shop = await withApp();
  await shop.apply(aDeployment('app', 'web:9.9', {templateAnnotations: fault('image-not-found')}));
  const {code, stdout} = await shop.kops(['rollout', 'watch', 'deploy/app']);
  expect(code).toBe(3);
  expect(stdout).toMatch(/pod\/app-\S+ image not found: web:9\.9/);
  expect(stdout).toMatch(/\n✗ deployment\/app is stuck: revision 2.*\n\n {2}1 {2}image not found/);
  expect(stdout).toContain(`kops rollout undo deploy/app -n ${shop.name}`);
});

describe('which clock ran out', async () => {
  const shop = await withApp();
  const stuck = {templateAnnotations: fault('readiness-failing'), container: {readinessProbe: {tcpSocket: {port: 80}}}};

  test('our own timeout: 4', async () => {
    await shop.apply(aDeployment('app', 'web:2.0', stuck));
    const {code, stdout} = await shop.kops(['rollout', 'watch', 'deploy/app', '--timeout', '2s']);
    expect(code).toBe(4);
    expect(stdout).toMatch(/timed out after 2s: that is --timeout; progressDeadlineSeconds has 9m\d+s left\n$/);
  });

  test('under -o json the last document says so too', async () => {
    const {code, stdout} = await shop.kops(['rollout', 'watch', 'deploy/app', '--timeout', '1s', '-o', 'json']);
    expect(code).toBe(4);
    expect(events(stdout).at(-1)).toMatchObject({phase: 'progressing', clock: 'timeout'});
  });

  test('our own timeout too where nobody is in a hurry to call it doomed', async () => {
    await shop.apply(aDeployment('app', 'web:9.9', {templateAnnotations: fault('image-not-found')}));
    const {code, stdout} = await shop.kops(['rollout', 'watch', 'deploy/app', '--no-fail-fast', '--timeout', '6s']);
    expect(code).toBe(4);
    expect(stdout).toMatch(/will not finish, 1\/2 updated/);
    expect(stdout).toMatch(/✗ deployment\/app is stuck.*timed out after 6s: that is --timeout/s);
  });

  test("the Deployment's own deadline: 3", async () => {
    await shop.apply(aDeployment('app', 'web:3.0', {...stuck, spec: {progressDeadlineSeconds: 3}}));
    const {code, stdout} = await shop.kops(['rollout', 'watch', 'deploy/app', '-o', 'json', '--no-fail-fast']);
    expect(code).toBe(3);
    expect(events(stdout).at(-1)).toMatchObject({phase: 'failed', ending: 'failed', clock: 'progressDeadlineSeconds'});
  });

  test('a duration that is none: 2', async () => {
    const {code, stderr} = await shop.kops(['rollout', 'watch', 'deploy/app', '--timeout', 'soon']);
    expect({code, stderr}).toMatchObject({code: 2, stderr: expect.stringMatching(/^✗ --timeout cannot be soon\n/)});
  });
});

test('--revision waits for that revision, and ends with 3 when a newer one takes its place', async () => {
  const shop = await withApp();
  const second = shop.watchKops(['rollout', 'watch', 'deploy/app', '--revision', '2']);
  const third = shop.watchKops(['rollout', 'watch', 'deploy/app', '--revision', '3']);
  await Promise.all([second.saw(/revision 1/), third.saw(/revision 1/)]);
  await shop.apply(aDeployment('app', 'web:2.0', {templateAnnotations: pace({ready: 30})}));
  await second.saw(/revision 2 \(web:2\.0\)/);
  await shop.apply(aDeployment('app', 'web:3.0'));
  const [superseded, done] = await Promise.all([second.ended, third.ended]);
  expect(superseded.code).toBe(3);
  expect(superseded.stdout).toContain('revision 2 was superseded by revision 3');
  expect(done).toMatchObject({code: 0, stdout: expect.stringContaining('rolled out: revision 3 (web:3.0)')});
});

test('several workloads are done when all are', async () => {
  const shop = await withApp();
  const never = {templateAnnotations: pace({ready: 300})};
  await shop.apply(aStatefulSet('db', 'db:1.0', never), aDeployment('api', 'api:1.0', never));
  const watch = shop.watchKops(['rollout', 'watch']);
  await watch.saw(/deployment\/api revision 1.*statefulset\/db revision 1/s);
  await shop.apply(aStatefulSet('db', 'db:2.0', {spec: {podManagementPolicy: 'OrderedReady'}}), aDeployment('api', 'api:2.0'));
  await shop.delete('pods', 'db-0');
  const {code, stdout} = await watch.ended;
  expect(code).toBe(0);
  expect(stdout).toMatch(/deployment\/api rolled out.*statefulset\/db rolled out/s);
  const again = await shop.kops(['rollout', 'watch']);
  expect(again).toMatchObject({code: 0, stdout: '✓ all 3 workloads are healthy\n'});
});

test('-l watches what has the labels; nothing that has them is an error', async () => {
  const shop = await withApp();
  await shop.patch('deployments', 'app', {metadata: {labels: {team: 'a'}}});
  expect(await shop.kops(['rollout', 'watch', '-l', 'team=a'])).toMatchObject({
    code: 0,
    stdout: '✓ the one workload is healthy\n',
  });
  const none = await shop.kops(['rollout', 'watch', '-l', 'team=b']);
  expect(none).toMatchObject({code: 5, stdout: ''});
  expect(none.stderr).toMatch(
    /^✗ nothing to watch in namespace \S+\n {2}no Deployment, StatefulSet or DaemonSet has the labels team=b\n/,
  );
});

test('a workload that is made anew under the watch is followed on; one that is deleted for good ends it with 3', async () => {
  const shop = await withApp();
  await shop.apply(aDeployment('app', 'web:2.0', {templateAnnotations: pace({ready: 60})}));
  const watch = shop.watchKops(['rollout', 'watch', 'deploy/app']);
  const other = shop.watchKops(['rollout', 'watch', 'deploy/app']);
  await Promise.all([watch.saw(/revision 2/), other.saw(/revision 2/)]);
  await shop.delete('deployments', 'app');
  await watch.saw(/deployment\/app was deleted; waiting for it to be made anew/);
  await shop.apply(aDeployment('app', 'web:3.0', slowly));
  expect(await watch.ended).toMatchObject({code: 0, stdout: expect.stringContaining('rolled out: revision 1 (web:3.0)')});
  await other.ended;

  await shop.apply(aDeployment('app', 'web:4.0', {templateAnnotations: pace({ready: 60})}));
  const last = shop.watchKops(['rollout', 'watch', 'deploy/app']);
  await last.saw(/revision 2/);
  await shop.delete('deployments', 'app');
  expect(await last.ended).toMatchObject({code: 3, stdout: expect.stringMatching(/✗ deployment\/app was deleted\n$/)});
});

test('Ctrl-C ends it with 130 and says how to come back', async () => {
  const shop = await withApp();
  await shop.apply(aDeployment('app', 'web:2.0', {templateAnnotations: pace({ready: 60})}));
  const watch = shop.watchKops(['rollout', 'watch', 'deploy/app']);
  await watch.saw(/revision 2/);
  watch.process.kill('SIGINT');
  const {code, stderr} = await watch.ended;
  expect(code).toBe(130);
  expect(stderr).toBe(
    `stopped watching; the rollout of deployment/app goes on in the cluster\nto come back: kops rollout watch deploy/app -n ${shop.name}\n`,
  );
});

describe('on a terminal', () => {
  const tty = {columns: 80, rows: 24};
  const SHOW_CURSOR = '\x1b[?25h';
  const HIDE_CURSOR = '\x1b[?25l';

  test('a live tree, and one line that stays', async () => {
    const shop = await withApp();
    const watch = shop.watchKops(['rollout', 'watch', 'deploy/app', '--revision', '2'], {tty, env: {TERM: 'xterm-256color'}});
    await watch.saw(/RollingUpdate 25%\/25%/);
    await shop.apply(aDeployment('app', 'web:2.0', slowly));
    await watch.saw(/elapsed \d+s · deadline in 9m\d+s · timeout in 9m\d+s/);
    const {code, stdout} = await watch.ended;
    expect(code).toBe(0);
    expect(stdout).toMatch(/revision 1 → 2 {3}web:1\.0 → web:2\.0/);
    expect(stdout.lastIndexOf(SHOW_CURSOR)).toBeGreaterThan(stdout.lastIndexOf(HIDE_CURSOR));
    expect(stdout.slice(stdout.lastIndexOf('elapsed'))).toMatch(/✓.*deployment\/app rolled out: revision 2/s);
  });

  test('Ctrl-C gives the terminal back', async () => {
    const shop = await withApp();
    await shop.apply(aDeployment('app', 'web:2.0', {templateAnnotations: pace({ready: 60})}));
    const watch = shop.watchKops(['rollout', 'watch', 'deploy/app'], {tty, env: {TERM: 'xterm-256color'}});
    await watch.saw(/elapsed/);
    watch.type('\x03');
    const {code, stdout} = await watch.ended;
    expect(code).toBe(130);
    expect(stdout).toContain('stopped watching; the rollout of deployment/app goes on in the cluster');
    expect(stdout.lastIndexOf(SHOW_CURSOR)).toBeGreaterThan(stdout.lastIndexOf(HIDE_CURSOR));
  });

  test('in CI it is lines all the same', async () => {
    const shop = await withApp();
    const {stdout} = await shop.kops(['rollout', 'watch', 'deploy/app'], {tty, env: {CI: 'true'}});
    expect(stdout).toMatch(/(^|\n)\d\d:\d\d:\d\d deployment\/app rolled out/);
    expect(stdout).not.toContain('\x1b');
  });
});

test('who may not watch polls, and is told once; who may only see workloads still gets the verdict', async () => {
  const shop = await withApp();
  const reader = {apiGroups: ['', 'apps'], resources: ['pods', 'events', 'replicasets'], verbs: ['list']};
  await shop.apply(...mayOnWorkloads('polly', ['get', 'list'], [reader]), ...mayOnWorkloads('jane', ['get', 'list', 'watch']));
  await shop.apply(aDeployment('app', 'web:2.0', {templateAnnotations: pace({ready: 300})}));
  const watches = ['polly', 'jane'].map((user) => shop.watchKops(['rollout', 'watch', 'deploy/app', '--as', user]));
  await Promise.all(watches.map((watch) => watch.saw(/no right to|may not list/)));
  await shop.apply(aDeployment('app', 'web:3.0'));
  const [polly, jane] = await Promise.all(watches.map(({ended}) => ended));
  expect(polly).toMatchObject({code: 0, stderr: ''});
  expect(polly?.stdout.match(/no right to watch pods in namespace \S+: they are asked for again and again/g)).toHaveLength(1);
  expect(jane).toMatchObject({code: 0, stderr: ''});
  expect(jane?.stdout).toContain(`jane may not list pods in namespace ${shop.name}: what they would tell is missing here`);
  expect(jane?.stdout).not.toContain('reconnecting');
});

test('who may not even see workloads is told so', async () => {
  const shop = await withApp();
  const {code, stdout, stderr} = await shop.kops(['rollout', 'watch', 'deploy/app', '--as', 'nobody']);
  expect({code, stdout}).toEqual({code: 5, stdout: ''});
  expect(stderr).toMatch(/^✗ nobody may not get deployments/);
});
