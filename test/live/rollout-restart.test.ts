import {expect, test} from 'vitest';
import type {RolloutRestart} from '../../src/rollout/restart.ts';
import {namespace, type TestNamespace} from '../support/live.ts';
import {aDaemonSet, aDeployment, aStatefulSet, rolledOut} from '../support/rollouts.ts';

async function restart(shop: TestNamespace, ...args: string[]): Promise<RolloutRestart> {
  const {code, stdout, stderr} = await shop.kops(['rollout', 'restart', ...args, '-o', 'json']);
  expect({code, stderr}).toEqual({code: 0, stderr: ''});
  return JSON.parse(stdout) as RolloutRestart;
}
const uids = async (shop: TestNamespace) => (await shop.list('pods', 'app=app')).map(({metadata}) => metadata?.uid).sort();

test.each([
  ['deployments', 'deploy/app', aDeployment],
  ['statefulsets', 'sts/app', aStatefulSet],
  ['daemonsets', 'ds/app', aDaemonSet],
] as const)('a restart replaces every pod of %s', async (resource, words, make) => {
  const shop = await namespace();
  await shop.apply(make('app', 'web:1.0'));
  await rolledOut(shop, resource, 'app');
  const before = await uids(shop);
  expect(await restart(shop, words)).toMatchObject({from: 1, newRevision: 2, warnings: []});
  await rolledOut(shop, resource, 'app');
  const left = async () => (await uids(shop)).filter((uid) => before.includes(uid));
  await expect.poll(left, {timeout: 20_000}).toEqual([]); // the last of them may still be stopping
});

test('two restarts within a second are two revisions, foretold with their numbers', async () => {
  const shop = await namespace();
  await shop.apply(aDeployment('app', 'web:1.0'));
  await rolledOut(shop, 'deployments', 'app');
  const both = await Promise.all([restart(shop, 'deploy/app'), restart(shop, 'deploy/app')]);
  expect(new Set(both.map(({restartedAt}) => restartedAt)).size).toBe(2);
  await shop.until('deployments', 'app', ({metadata}) => metadata?.annotations?.['deployment.kubernetes.io/revision'] === '3');
});

test('of OnDelete it says what to delete, and deletes nothing', async () => {
  const shop = await namespace();
  await shop.apply(aStatefulSet('app', 'web:1.0', {spec: {updateStrategy: {type: 'OnDelete'}}}));
  await rolledOut(shop, 'statefulsets', 'app');
  const before = await uids(shop);
  const {stdout} = await shop.kops(['rollout', 'restart', 'sts/app']);
  expect(stdout).toContain(`→ one after another: kubectl delete pod app-0 -n ${shop.name}`);
  expect(await uids(shop)).toEqual(before);
});

test('--dry-run=server restarts nothing', async () => {
  const shop = await namespace();
  const [made] = await shop.apply(aDeployment('app', 'web:1.0'));
  expect(await restart(shop, 'deploy/app', '--dry-run=server')).toMatchObject({dryRun: 'server', newRevision: 2});
  expect((await shop.get('deployments', 'app')).metadata?.generation).toBe(made?.metadata?.generation);
});

test('--watch sees it through', async () => {
  const shop = await namespace();
  await shop.apply(aDeployment('app', 'web:1.0'));
  await rolledOut(shop, 'deployments', 'app');
  const {code, stdout} = await shop.kops(['rollout', 'restart', 'deploy/app', '--watch']);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^✓ deployment\/app {2}.* restarts as revision 2\n.*deployment\/app rolled out: revision 2/s);
});

test('as JSON, a restart with --watch is one stream of documents', async () => {
  const shop = await namespace();
  await shop.apply(aDeployment('app', 'web:1.0'));
  await rolledOut(shop, 'deployments', 'app');
  const {code, stdout} = await shop.kops(['rollout', 'restart', 'deploy/app', '--watch', '-o', 'json']);
  const documents = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as {kind: string; phase?: string});
  expect(code).toBe(0);
  expect(documents[0]).toMatchObject({kind: 'RolloutRestart', newRevision: 2});
  expect(documents.at(-1)).toMatchObject({kind: 'RolloutStatus', phase: 'healthy', revision: 2});
});

test('a paused Deployment keeps its change back and refuses to restart; resumed, it rolls out what waited', async () => {
  const shop = await namespace();
  await shop.apply(aDeployment('app', 'web:1.0'));
  await rolledOut(shop, 'deployments', 'app');
  const run = async (...args: string[]) => {
    const {code, stdout, stderr} = await shop.kops(['rollout', ...args]);
    return {code, text: stdout + stderr};
  };

  expect(await run('pause', 'deploy/app')).toMatchObject({code: 0, text: expect.stringContaining('undo  kops rollout resume')});
  await shop.setImage('deployments', 'app', 'web:2.0');
  expect(await run('pause', 'deploy/app')).toMatchObject({
    code: 0,
    text: expect.stringMatching(/is paused already\n {2}waiting:\n.*\n- {3}image: web:1\.0\n\+ {3}image: web:2\.0\n/),
  });
  expect(await run('restart', 'deploy/app')).toMatchObject({code: 3, text: expect.stringContaining('it is paused')});
  expect((await shop.list('pods', 'app=app')).map(({spec}) => spec?.containers[0]?.image)).toEqual(['web:1.0', 'web:1.0']);

  const {code, text} = await run('resume', 'deploy/app', '--watch');
  expect(code).toBe(0);
  expect(text).toMatch(/resumed: rolls out now\n.*\+ {3}image: web:2\.0\n.*rolled out: revision 2/s);
  expect(await run('resume', 'deploy/app')).toMatchObject({code: 0, text: expect.stringContaining('is not paused')});
});

test('other kinds are told what they have instead of a pause', async () => {
  const shop = await namespace();
  const {code, stderr} = await shop.kops(['rollout', 'pause', 'sts/app']);
  expect({code, stderr}).toEqual({code: 2, stderr: expect.stringContaining('partition')});
});
