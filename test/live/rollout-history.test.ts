import {describe, expect, test} from 'vitest';
import type {RolloutDiff} from '../../src/rollout/diff.ts';
import type {RolloutHistory} from '../../src/rollout/history.ts';
import {namespace} from '../support/live.ts';
import {aDaemonSet, aDeployment, aStatefulSet, rolledOut} from '../support/rollouts.ts';

describe.each([
  ['Deployment', 'deployments', 'deploy/app', aDeployment],
  ['StatefulSet', 'statefulsets', 'sts/app', aStatefulSet],
  ['DaemonSet', 'daemonsets', 'ds/app', aDaemonSet],
] as const)('the revisions of a %s', async (kind, resource, words, make) => {
  const shop = await namespace();
  const limits = (cpu: string) => ({resources: {limits: {cpu}}});
  await shop.apply(make('app', 'web:1.0', {container: limits('0.1'), annotations: {'kubernetes.io/change-cause': 'first'}}));
  await rolledOut(shop, resource, 'app');
  await shop.apply(make('app', 'web:2.0', {container: limits('100m'), annotations: {'kubernetes.io/change-cause': 'second'}}));
  await rolledOut(shop, resource, 'app');
  await shop.setImage(resource, 'app', 'web:3.0');
  await rolledOut(shop, resource, 'app');

  const json = async <T>(...args: string[]): Promise<T> => {
    const {code, stdout, stderr} = await shop.kops(['rollout', ...args, '-o', 'json']);
    expect({code, stderr}).toEqual({code: 0, stderr: ''});
    return JSON.parse(stdout) as T;
  };

  test('its history has them oldest first, with their pods on the current one', async () => {
    const {revisions, workload, pending} = await json<RolloutHistory>('history', words);
    expect(workload).toEqual({kind, namespace: shop.name, name: 'app'});
    expect(pending).toBe(false);
    expect(revisions.map(({number, images, changeCause, current}) => ({number, images, changeCause, current}))).toEqual([
      {number: 1, images: ['web:1.0'], changeCause: 'first', current: false},
      {number: 2, images: ['web:2.0'], changeCause: 'second', current: false},
      {number: 3, images: ['web:3.0'], changeCause: 'second', current: true},
    ]);
    const pods = await shop.list('pods', 'app=app');
    expect(revisions.map(({replicas}) => replicas)).toEqual([0, 0, pods.length]);
  });

  test('by itself a diff compares the previous with the current', async () => {
    const diff = await json<RolloutDiff>('diff', words);
    const changes = [{path: 'template.spec.containers[app].image', before: 'web:2.0', after: 'web:3.0'}];
    expect(diff).toMatchObject({kind: 'RolloutDiff', from: 2, to: 3, changes});
    expect(diff.unified).toContain('-    image: web:2.0\n+    image: web:3.0\n');
  });
});

describe('two revisions of a Deployment', async () => {
  const shop = await namespace();
  await shop.apply(aDeployment('app', 'web:1.0'));
  await rolledOut(shop, 'deployments', 'app');
  await shop.setImage('deployments', 'app', 'web:2.0');
  await rolledOut(shop, 'deployments', 'app');
  const difference = '-    image: web:1.0\n+    image: web:2.0\n';

  test('differ, which the exit code tells where that is asked for; the unified form is a patch', async () => {
    expect(
      await shop.kops(['rollout', 'diff', 'deploy/app', '--from', '1', '--to', '2', '--exit-code', '-o', 'unified']),
    ).toMatchObject({
      code: 1,
      stdout: expect.stringContaining(difference),
    });
    expect(await shop.kops(['rollout', 'diff', 'deploy/app', '--from', '2', '--exit-code'])).toMatchObject({code: 0});
  });

  test('are shown with their templates', async () => {
    const {stdout} = await shop.kops(['rollout', 'history', 'deployment', 'app', '--revision', '1']);
    expect(stdout).toContain(`deployment/app  ${shop.name}  revision 1\n`);
    expect(stdout).toContain('    - name: app\n      image: web:1.0\n');
  });

  test('are what there is: a third is told not to exist', async () => {
    expect(await shop.kops(['rollout', 'diff', 'deploy/app', '--from', '9'])).toMatchObject({
      code: 5,
      stdout: '',
      stderr: [
        '✗ deployment/app has no revision 9',
        '  the cluster keeps revisions 1, 2',
        `  try: kops rollout history deploy/app -n ${shop.name}`,
        '',
      ].join('\n'),
    });
  });
});

test('a change that is not rolled out yet is compared with the last one that is', async () => {
  const shop = await namespace();
  await shop.apply(aDeployment('app', 'web:1.0'));
  await rolledOut(shop, 'deployments', 'app');
  await shop.patch('deployments', 'app', {spec: {paused: true}});
  await shop.setImage('deployments', 'app', 'web:2.0');
  const {stdout} = await shop.kops(['rollout', 'diff', 'deploy/app', '-o', 'json']);
  expect(JSON.parse(stdout)).toMatchObject({from: 1, to: 'live', changes: [{before: 'web:1.0', after: 'web:2.0'}]});
  const history = await shop.kops(['rollout', 'history', 'deploy/app']);
  expect(history.stdout).toContain(`the live template is not rolled out yet: kops rollout diff deploy/app -n ${shop.name}`);
});
