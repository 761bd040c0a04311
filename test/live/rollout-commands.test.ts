import {describe, expect, test} from 'vitest';
import type {KubeObject} from '../../src/kube/json.ts';
import {kops, kubectl, liveCluster, namespace} from '../support/live.ts';
import {type Result, start} from '../support/process.ts';
import {aDeployment, aStatefulSet, rolledOut} from '../support/rollouts.ts';

const hasKubectl = await kubectl(['version', '--client']).then(
  () => true,
  () => false,
);

describe.runIf(hasKubectl)('the lines of --show-commands work as they stand', async () => {
  const shop = await namespace();
  await shop.apply(aDeployment('app', 'web:1.0'));
  await rolledOut(shop, 'deployments', 'app');
  await shop.setImage('deployments', 'app', 'web:2.0');
  await rolledOut(shop, 'deployments', 'app');

  const pasted = (...args: string[]) => pastedFrom(shop.kops(['rollout', ...args, '--show-commands']));

  /** What the lines print in a shell, as a user would paste them. */
  async function pastedFrom(shown: Promise<Result>): Promise<string> {
    const {stdout: lines, stderr} = await shown;
    expect({lines, stderr}).toEqual({lines: expect.stringContaining('kubectl '), stderr: ''});
    const shell = start('bash', ['-uo', 'pipefail', '-c', lines], {env: {KUBECONFIG: liveCluster().kubeconfig}});
    const result = await shell.ended;
    expect(result.stderr).not.toMatch(/error|unknown|usage/i);
    return result.stdout;
  }

  test('diff', async () => {
    expect(await pasted('diff', 'deploy/app')).toMatch(/-\s+Image:\s+web:1\.0\n\+\s+Image:\s+web:2\.0\n/);
  });

  test('status and history', async () => {
    expect(await pasted('status', 'deploy/app')).toContain('deployment "app" successfully rolled out');
    expect(await pasted('history', 'deploy/app', '--revision', '1')).toContain('web:1.0');
  });

  test('status and watch of what labels select', async () => {
    const other = aDeployment('other', 'web:1.0');
    await shop.apply({...other, metadata: {...other.metadata, labels: {team: 'x'}}} as KubeObject);
    await rolledOut(shop, 'deployments', 'other');
    expect(await pasted('status', '-l', 'team=x')).toMatch(/deployment\.apps\/other(?!.*deployment\.apps\/app)/s);
    expect(await pasted('watch', '-l', 'team=x')).toBe('deployment "other" successfully rolled out\n');
    const everywhere = kops(['rollout', 'watch', '-A', '-l', 'team=x', '--timeout', '30s', '--show-commands']);
    expect(await pastedFrom(everywhere)).toContain('deployment "other" successfully rolled out\n');
    await shop.delete('deployments', 'other');
  });

  test('status and watch of a manifest with a namespace of its own', async () => {
    const {name} = shop;
    const stdin = `{kind: Deployment, metadata: {name: app, namespace: ${name}}}`;
    for (const verb of ['status', 'watch']) {
      const lines = kops(['rollout', verb, '-f', '-', '--show-commands'], {stdin});
      expect(await pastedFrom(lines)).toContain('deployment "app" successfully rolled out');
    }
  });

  test('undo, and delete the pod that holds it up', async () => {
    await shop.apply(aStatefulSet('db', 'web:1.0'), aStatefulSet('cache', 'web:1.0'));
    await rolledOut(shop, 'statefulsets', 'db');
    await shop.apply(aStatefulSet('db', 'web:2.0', {templateAnnotations: {'lab.kops.dev/fault': 'image-not-found'}}));
    await shop.until('pods', 'db-1', ({status}) => status?.containerStatuses?.[0]?.state?.waiting?.reason === 'ErrImagePull');
    expect(await pasted('undo', 'sts/db', '--delete-stuck-pod')).toMatch(/rolled back\npod "db-1" deleted[^\n]*\n$/);
    await rolledOut(shop, 'statefulsets', 'db');
  });

  test('a dry run changes nothing, neither of pause nor of restart', async () => {
    const before = (await shop.get('deployments', 'app')).metadata?.generation;
    expect(await pasted('pause', 'deploy/app', '--dry-run=server')).toContain('deployment.apps/app patched');
    expect(await pasted('restart', 'deploy/app', '--dry-run=server')).toContain('deployment.apps/app patched');
    expect((await shop.get('deployments', 'app')).metadata?.generation).toBe(before);
  });

  test('undo, and watch it', async () => {
    const printed = await pasted('undo', 'deploy/app', '--to-revision', '1', '--watch');
    expect(printed).toMatch(/web:1\.0.*deployment\.apps\/app rolled back\n.*successfully rolled out/s);
    expect((await shop.get('deployments', 'app')).spec?.template?.spec?.containers[0]?.image).toBe('web:1.0');
  });
});
