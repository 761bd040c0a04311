import {expect, test} from 'vitest';
import type {RolloutStatus} from '../../src/rollout/status.ts';
import {images} from '../support/images.ts';
import {namespace, type TestNamespace} from '../support/live.ts';
import {aDaemonSet, aDeployment, aStatefulSet, rolledOut} from '../support/rollouts.ts';

const probe = {readinessProbe: {httpGet: {path: '/healthz', port: 8080}, periodSeconds: 1}};

/** The documents of a watch under `-o json`. */
const events = (stdout: string): RolloutStatus[] =>
  stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as RolloutStatus);

/** A watch that has seen the first revision and waits for the second. */
async function waiting(shop: TestNamespace, words: string, ...more: string[]) {
  const watch = shop.watchKops(['rollout', 'watch', words, '--revision', '2', ...more]);
  await watch.saw(/revision 1|waiting for revision 2/);
  return watch;
}

test.each([
  ['Deployment', 'deployments', 'deploy/web', aDeployment],
  ['StatefulSet', 'statefulsets', 'sts/web', aStatefulSet],
  ['DaemonSet', 'daemonsets', 'ds/web', aDaemonSet],
] as const)('a new version of a %s is followed until it serves', async (_kind, resource, words, make) => {
  const shop = await namespace();
  await shop.apply(make('web', images.web10, {container: probe}));
  await rolledOut(shop, resource, 'web');
  for (const [i, image] of [images.web11, images.web20].entries()) {
    const watch = shop.watchKops(['rollout', 'watch', words, '-o', 'json', '--revision', String(i + 2)]);
    await watch.saw(/waiting for revision/);
    await shop.setImage(resource, 'web', image);
    const {code, stdout} = await watch.ended;
    expect(code).toBe(0);
    const last = events(stdout).at(-1);
    expect(last).toMatchObject({phase: 'healthy', revision: i + 2, images: [image], causes: []});
    expect(last?.available).toBe(last?.desired);
    expect(await shop.kops(['rollout', 'status', words])).toMatchObject({code: 0});
  }
});

test('an image that does not exist: the cause and the way back, while the old version serves on', async () => {
  const shop = await namespace();
  await shop.apply(aDeployment('web', images.web10, {container: probe}));
  await rolledOut(shop, 'deployments', 'web');
  const watch = await waiting(shop, 'deploy/web');
  await shop.setImage('deployments', 'web', images.missing);
  const {code, stdout} = await watch.ended;
  expect(code).toBe(3);
  expect(stdout).toMatch(/✗ deployment\/web is stuck: revision 2.*, 1 of 2 updated, still serving 2 of 2/);
  expect(stdout).toContain('1  image not found');
  expect(stdout).toContain(`${images.missing}: not found`);
  expect(stdout).toContain(`kops rollout undo deploy/web -n ${shop.name}`);
  expect(await shop.kops(['rollout', 'status', 'deploy/web'])).toMatchObject({code: 3});
});

test('a version that exits again and again: its last words, though nothing probes it', async () => {
  const shop = await namespace();
  await shop.apply(aDeployment('web', images.web10));
  await rolledOut(shop, 'deployments', 'web');
  const watch = await waiting(shop, 'deploy/web', '-o', 'json');
  await shop.setImage('deployments', 'web', images.broken);
  const {code, stdout} = await watch.ended;
  expect(code).toBe(3);
  const last = events(stdout).at(-1);
  expect(last).toMatchObject({phase: 'failed', causes: [{reason: 'CrashLoopBackOff', container: 'web', doomed: true}]});
  expect(last?.causes[0]?.log?.join('\n')).toContain('panic: DATABASE_URL is not set');
});
