import {mkdtempSync, realpathSync, renameSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {expect, onTestFinished, test, vi} from 'vitest';
import type {LabStatus} from '../../src/lab/driver.ts';
import {connectApi} from '../support/api.ts';
import {writeKubeconfig} from '../support/apiserver.ts';
import {liveAccess} from '../support/connection.ts';
import {pace} from '../support/faults.ts';
import {namespace} from '../support/live.ts';
import {runKops, startKops} from '../support/process.ts';
import {type ForwardProxy, forwardProxy} from '../support/proxy.ts';
import {aDeployment, rolledOut} from '../support/rollouts.ts';

vi.setConfig({testTimeout: 120_000});

const never = {templateAnnotations: pace({ready: 600})};

/** A watch of a rollout that stands still, through a proxy. */
async function throughProxy() {
  const shop = await namespace();
  await shop.apply(aDeployment('app', 'web:1.0'));
  await rolledOut(shop, 'deployments', 'app');
  const proxy: ForwardProxy = await forwardProxy();
  const {cluster, user} = liveAccess();
  const env = {KUBECONFIG: await writeKubeconfig({...cluster, 'proxy-url': proxy.url}, user)};
  await shop.apply(aDeployment('app', 'web:2.0', never));
  const watch = shop.watchKops(['rollout', 'watch', 'deploy/app'], {env});
  await watch.saw(/revision 2 \(web:2\.0\): 1\/2 updated/);
  return {shop, proxy, watch};
}

test('connections that are cut, again and again, lose nothing', async () => {
  const {shop, proxy, watch} = await throughProxy();
  for (let revision = 3; revision < 7; revision++) {
    proxy.cut();
    await shop.apply(aDeployment('app', `web:${revision}.0`, never));
    await watch.saw(new RegExp(`revision ${revision} \\(web:${revision}\\.0\\)`));
  }
  proxy.cut();
  await shop.apply(aDeployment('app', 'web:7.0'));
  expect(await watch.ended).toMatchObject({code: 0, stderr: '', stdout: expect.stringContaining('rolled out: revision 7')});
});

test('a network that drops every packet is noticed, said once, and waited out', async () => {
  const {shop, proxy, watch} = await throughProxy();
  proxy.freeze();
  await shop.apply(aDeployment('app', 'web:3.0'));
  await watch.saw(/\d reconnecting: /, 60_000);
  expect(watch.output()).not.toContain('revision 3');
  proxy.thaw();
  const {code, stdout} = await watch.ended;
  expect(code).toBe(0);
  expect(stdout.match(/reconnecting: /g)).toHaveLength(1);
  expect(stdout).not.toContain('controller not running');
  expect(stdout).toMatch(/connected again\n.*rolled out: revision 3 \(web:3\.0\)/s);
});

test('an API server that is killed and comes back is no more than a line', async () => {
  const root = mkdtempSync(join(realpathSync(tmpdir()), 'kops-labs-'));
  const kubeconfig = join(root, 'kubeconfig');
  const env = {XDG_STATE_HOME: join(root, 'state'), KUBECONFIG: kubeconfig};
  const lab = async (...args: string[]): Promise<LabStatus> => {
    const {stdout, stderr} = await runKops(['lab', ...args, '--name', 'outage', '-o', 'json'], {env});
    expect(stderr).not.toContain('✗');
    return JSON.parse(stdout);
  };
  onTestFinished(async () => {
    await runKops(['lab', 'down', '--name', 'outage'], {env});
    rmSync(root, {recursive: true, force: true});
  });
  const {processes} = await lab('up', '--driver', 'embedded');
  const api = connectApi(kubeconfig);
  await vi.waitFor(() => api.send('GET', '/api/v1/namespaces/default/serviceaccounts/default'), {timeout: 20_000, interval: 100});
  await api.apply('default', aDeployment('app', 'web:1.0', never));
  const watch = startKops(['rollout', 'watch', 'deploy/app'], {env});
  onTestFinished(() => void watch.process.kill('SIGKILL'));
  await watch.saw(/revision 1 \(web:1\.0\): 2\/2 updated/);

  // Without its manifest the kubelet does not bring it back at once.
  const manifest = join(root, 'state/kops/labs/outage/nodes/outage-control-plane/etc/kubernetes/manifests/kube-apiserver.yaml');
  renameSync(manifest, join(root, 'kube-apiserver.yaml'));
  const {pid} = processes.find(({program}) => program === 'kube-apiserver') ?? {};
  if (pid === undefined) throw new Error('no kube-apiserver runs'); // 0 would be this test and all that runs it
  process.kill(pid, 'SIGKILL');
  await watch.saw(/reconnecting: cannot reach the API server/);
  renameSync(join(root, 'kube-apiserver.yaml'), manifest);
  await watch.saw(/connected again/, 60_000);
  await vi.waitFor(() => api.apply('default', aDeployment('app', 'web:2.0')), {timeout: 30_000, interval: 500});
  const {code, stdout, stderr} = await watch.ended;
  expect({code, stderr}).toEqual({code: 0, stderr: ''});
  expect(stdout).toContain('rolled out: revision 2 (web:2.0)');
});
