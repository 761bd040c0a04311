import {expect, test} from 'vitest';
import type {RolloutStatus} from '../../src/rollout/status.ts';
import {mayOnWorkloads} from '../support/connection.ts';
import {statusUntil} from '../support/diagnosis.ts';
import {fault} from '../support/faults.ts';
import {namespace} from '../support/live.ts';
import {aDeployment, aStatefulSet, rolledOut} from '../support/rollouts.ts';

const mayList = (...resources: string[]) => ({apiGroups: ['', 'apps'], resources, verbs: ['list']});

test('who may only get and patch workloads may restart, pause and resume them', async () => {
  const shop = await namespace();
  await shop.apply(aDeployment('app', 'web:1.0'), aStatefulSet('db', 'web:1.0'), ...mayOnWorkloads('jane', ['get', 'patch']));
  await rolledOut(shop, 'deployments', 'app');
  for (const args of [
    ['restart', 'deploy/app'],
    ['restart', 'sts/db'],
    ['pause', 'deploy/app'],
    ['resume', 'deploy/app'],
  ]) {
    expect(await shop.kops(['rollout', ...args, '--as', 'jane'])).toMatchObject({code: 0, stdout: expect.stringContaining('✓')});
  }
});

test('the revisions of a Deployment need no right to its pods', async () => {
  const shop = await namespace();
  await shop.apply(aDeployment('app', 'web:1.0'), ...mayOnWorkloads('jane', ['get', 'patch'], [mayList('replicasets')]));
  await rolledOut(shop, 'deployments', 'app');
  await shop.setImage('deployments', 'app', 'web:2.0');
  await rolledOut(shop, 'deployments', 'app');
  const as = ['--as', 'jane'];
  expect(await shop.kops(['rollout', 'history', 'deploy/app', ...as])).toMatchObject({code: 0});
  expect((await shop.kops(['rollout', 'diff', 'deploy/app', ...as])).stdout).toContain('web:2.0');
  expect(await shop.kops(['rollout', 'undo', 'deploy/app', '--yes', ...as])).toMatchObject({code: 0});
});

test('a doomed Deployment is doomed without the right to its ReplicaSets, an overview goes without a kind', async () => {
  const shop = await namespace();
  const broken = aDeployment('app', 'web:1.0', {templateAnnotations: fault('image-not-found')});
  await shop.apply(broken, ...mayOnWorkloads('jane', ['get'], [mayList('deployments', 'pods', 'events')]));
  await statusUntil(shop, 'deploy/app', ({phase}) => phase === 'failed');
  const one = await shop.kops(['rollout', 'status', 'deploy/app', '--as', 'jane', '-o', 'json']);
  expect({code: one.code, ...(JSON.parse(one.stdout) as RolloutStatus)}).toMatchObject({
    code: 3,
    phase: 'failed',
    revision: null,
    causes: [{reason: 'ImageNotFound', doomed: true}],
    notes: [`jane may not list replicasets.apps in namespace ${shop.name}: what they would tell is missing here`],
  });
  const all = await shop.kops(['rollout', 'status', '--as', 'jane']);
  expect(all.code).toBe(3);
  expect(all.stdout).toContain('jane may not list daemonsets');
});
