import {describe, expect, test} from 'vitest';
import {kubectl, liveCluster, namespace} from '../support/live.ts';
import {start} from '../support/process.ts';
import {aDeployment, rolledOut} from '../support/rollouts.ts';

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

  /** What the lines print in a shell, as a user would paste them. */
  async function pasted(...args: string[]): Promise<string> {
    const {stdout: lines, stderr} = await shop.kops(['rollout', ...args, '--show-commands']);
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
