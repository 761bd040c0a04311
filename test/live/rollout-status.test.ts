import {describe, expect, test} from 'vitest';
import type {RolloutOverview} from '../../src/rollout/overview.ts';
import type {RolloutStatus} from '../../src/rollout/status.ts';
import {mayOnWorkloads} from '../support/connection.ts';
import {statusUntil} from '../support/diagnosis.ts';
import {fault, pace} from '../support/faults.ts';
import {namespace, type TestNamespace} from '../support/live.ts';
import {aDaemonSet, aDeployment, aStatefulSet, rolledOut} from '../support/rollouts.ts';

async function statusOf(shop: TestNamespace, ...args: string[]): Promise<{code: number; report: RolloutStatus}> {
  const {code, stdout, stderr} = await shop.kops(['rollout', 'status', ...args, '-o', 'json']);
  expect(stderr).toBe('');
  return {code, report: JSON.parse(stdout) as RolloutStatus};
}

test.each([
  ['Deployment', 'deployments', 'deploy/app', aDeployment],
  ['StatefulSet', 'statefulsets', 'sts/app', aStatefulSet],
  ['DaemonSet', 'daemonsets', 'ds/app', aDaemonSet],
] as const)('a %s that is rolled out ends it with 0', async (kind, resource, words, make) => {
  const shop = await namespace();
  await shop.apply(make('app', 'web:1.0'));
  await rolledOut(shop, resource, 'app');
  const {code, report} = await statusOf(shop, words);
  expect(code).toBe(0);
  const workload = {kind, namespace: shop.name, name: 'app'};
  expect(report).toMatchObject({
    apiVersion: 'kops/v1',
    kind: 'RolloutStatus',
    workload,
    phase: 'healthy',
    revision: 1,
    causes: [],
  });
  expect(report.available).toBe(report.desired);
  const {stdout} = await shop.kops(['rollout', 'status', words]);
  expect(stdout).toBe(`✓ ${kind.toLowerCase()}/app rolled out: revision 1 (web:1.0), ${report.message}\n`);
});

test('one that is on its way ends it with 4', async () => {
  const shop = await namespace();
  await shop.apply(aDeployment('app', 'web:1.0', {templateAnnotations: pace({ready: 120})}));
  await statusUntil(shop, 'deploy/app', ({updated}) => updated === 2);
  expect(await statusOf(shop, 'deploy/app')).toMatchObject({
    code: 4,
    report: {phase: 'progressing', message: '0 of 2 available'},
  });
});

test('a paused one ends it with 4, and says how to go on', async () => {
  const shop = await namespace();
  await shop.apply(aDeployment('app', 'web:1.0'));
  await rolledOut(shop, 'deployments', 'app');
  await shop.patch('deployments', 'app', {spec: {paused: true}});
  await shop.setImage('deployments', 'app', 'web:2.0');
  await statusUntil(shop, 'deploy/app', ({phase}) => phase === 'paused');
  const {code, stdout} = await shop.kops(['rollout', 'status', 'deploy/app']);
  expect(code).toBe(4);
  expect(stdout).toContain(`→ kops rollout resume deploy/app -n ${shop.name}`);
});

test('a StatefulSet that was undone half-way is not done: its revision is the current one again, one of its pods is not', async () => {
  const shop = await namespace();
  await shop.apply(aStatefulSet('db', 'web:1.0', {spec: {updateStrategy: {type: 'OnDelete'}}}));
  await rolledOut(shop, 'statefulsets', 'db');
  await shop.setImage('statefulsets', 'db', 'web:2.0');
  await shop.until('statefulsets', 'db', ({status}) => status?.updateRevision !== status?.currentRevision);
  await shop.delete('pods', 'db-1');
  await shop.until('statefulsets', 'db', ({status}) => status?.updatedReplicas === 1 && status.availableReplicas === 2);
  await shop.setImage('statefulsets', 'db', 'web:1.0');
  await shop.until('statefulsets', 'db', ({status}) => status?.updateRevision === status?.currentRevision);
  expect(await statusOf(shop, 'sts/db')).toMatchObject({code: 4, report: {phase: 'paused', updated: 1, available: 2}});
  await shop.delete('pods', 'db-1');
  await shop.until('statefulsets', 'db', ({status}) => status?.updatedReplicas === 2 && status.availableReplicas === 2);
  expect(await statusOf(shop, 'sts/db')).toMatchObject({code: 0, report: {phase: 'healthy'}});
});

test('a doomed one ends it with 3 long before its deadline, with the cause and the way back', async () => {
  const shop = await namespace();
  await shop.apply(aDeployment('app', 'web:1.0'));
  await rolledOut(shop, 'deployments', 'app');
  await shop.apply(aDeployment('app', 'web:9.9', {templateAnnotations: fault('image-not-found')}));
  await statusUntil(shop, 'deploy/app', ({phase}) => phase === 'failed');
  const {code, stdout} = await shop.kops(['rollout', 'status', 'deploy/app']);
  expect(code).toBe(3);
  expect(stdout).toMatch(/^✗ deployment\/app is stuck: revision 2/);
  expect(stdout).toContain('1  image not found');
  expect(stdout).toContain(`kops rollout undo deploy/app -n ${shop.name}`);
  expect(stdout).toContain('before: revision 1 (web:1.0)');
});

describe('without a workload', async () => {
  const shop = await namespace();
  await shop.apply(
    aDeployment('good', 'web:1.0'),
    aStatefulSet('db', 'db:1.0'),
    aDeployment('broken', 'web:9.9', {templateAnnotations: fault('image-not-found')}),
    aDeployment('slow', 'web:1.0', {templateAnnotations: pace({ready: 300}), spec: {replicas: 1}}),
  );
  await rolledOut(shop, 'deployments', 'good');
  await rolledOut(shop, 'statefulsets', 'db');
  await statusUntil(shop, 'deploy/broken', ({phase}) => phase === 'failed');

  test('it tells only what is unhealthy, worst first, with its cause, and ends with 3', async () => {
    const {code, stdout} = await shop.kops(['rollout', 'status']);
    expect(code).toBe(3);
    const [first, second, last] = stdout.trimEnd().split('\n');
    expect(first).toMatch(/^✗ deploy\/broken {2}0\/2 {2}image not found: web:9\.9.*\(2 pods, \d+s\)$/);
    expect(second).toMatch(/^… deploy\/slow {4}0\/1 {2}/);
    expect(last).toBe(`2 of 4 healthy in namespace ${shop.name}`);
  });

  test('-A takes in all namespaces, -l only what has the labels', async () => {
    const all = JSON.parse((await shop.kops(['rollout', 'status', '-A', '-o', 'json'])).stdout) as RolloutOverview;
    expect(all.namespace).toBeUndefined();
    expect(all.unhealthy.some(({workload}) => workload.namespace === shop.name && workload.name === 'broken')).toBe(true);
    await shop.patch('deployments', 'good', {metadata: {labels: {team: 'a'}}});
    expect(await shop.kops(['rollout', 'status', '-l', 'team=a'])).toMatchObject({
      code: 0,
      stdout: `✓ the one workload is healthy with team=a in namespace ${shop.name}\n`,
    });
  });

  test('several named workloads are judged together', async () => {
    const {code, stdout} = await shop.kops(['rollout', 'status', 'deploy/good', 'deploy/slow', '-o', 'json']);
    expect(code).toBe(4);
    expect(JSON.parse(stdout)).toMatchObject({
      kind: 'RolloutOverview',
      total: 2,
      healthy: 1,
      unhealthy: [{workload: {name: 'slow'}}],
    });
  });
});

test('who may read nothing but workloads gets the verdict, and is told what is missing', async () => {
  const shop = await namespace();
  await shop.apply(aDeployment('app', 'web:1.0', {templateAnnotations: pace({ready: 120})}));
  await shop.apply(...mayOnWorkloads('jane', ['get']));
  const {code, stdout} = await shop.kops(['rollout', 'status', 'deploy/app', '--as', 'jane']);
  expect(code).toBe(4);
  expect(stdout).toContain(`jane may not list pods in namespace ${shop.name}: what they would tell is missing here`);
});

describe('what cannot be told', async () => {
  const shop = await namespace();
  await shop.apply(aDeployment('web', 'web:1.0'));

  test.each<[string, string[], number, RegExp]>([
    [
      'a name that is not there',
      ['deploy/wbe'],
      5,
      /^✗ deployment\/wbe not found in namespace \S+\n {2}the cluster has deployment\/web there\n {2}try: kops rollout status deploy\/web -n \S+\n$/,
    ],
    ['a kind that is another', ['sts/web'], 5, /try: kops rollout status deploy\/web/],
    ['a kind there is not', ['deplyment/web'], 2, /^✗ unknown kind of workload: deplyment\n.*\n {2}did you mean deployment\?\n$/],
    ['a name and a selector', ['deploy/web', '-l', 'app=web'], 2, /^✗ /],
    ['a name and all namespaces', ['deploy/web', '-A'], 2, /^✗ /],
  ])('%s', async (_case, args, code, stderr) => {
    const result = await shop.kops(['rollout', 'status', ...args]);
    expect(result).toMatchObject({code, stdout: ''});
    expect(result.stderr).toMatch(stderr);
  });
});

test('--show-commands needs no cluster', async () => {
  const shop = await namespace();
  const {code, stdout} = await shop.kops(['rollout', 'status', 'deploy/web', '--show-commands'], {
    env: {KUBECONFIG: '/nonexistent'},
  });
  expect(code).toBe(0);
  expect(stdout).toContain(`kubectl rollout status deploy/web --watch=false -n ${shop.name}\n`);
});
