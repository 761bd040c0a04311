import {expect, test} from 'vitest';
import {fakeApiServer, json, list} from '../support/apiserver.ts';
import {deployment, template} from '../support/builders.ts';
import {type Running, runKops, startKops} from '../support/process.ts';

const before = {apiVersion: 'v1', kind: 'ConfigMap', metadata: {name: 'app', namespace: 'shop', resourceVersion: '1'}};
const using = template({container: {envFrom: [{configMapRef: {name: 'app'}}]}});
const workload = (name: string, paused: boolean) => {
  const made = deployment({template: using, paused});
  return {...made, metadata: {...made.metadata, name}};
};

/** `a` and `b` take all of configmap/app; `onPatch` hears of each patch by its path. */
const cluster = (paused: boolean, onPatch: (path: string) => void = () => {}) =>
  fakeApiServer(({method, path}, response) => {
    const name = /\/(deployments|configmaps)\/(.*)$/.exec(path);
    if (method === 'PATCH') onPatch(path);
    if (name?.[1] === 'configmaps') return json(response, {...before, data: {level: method === 'PATCH' ? 'new' : 'old'}});
    if (name !== null) return json(response, workload(name[2] ?? '', paused));
    return list(response, path.endsWith('/deployments') ? [workload('a', paused), workload('b', paused)] : []);
  });
const replace = ['configmap', 'create', 'app', '--from-literal=level=new', '--if-exists=replace', '--yes', '-n', 'shop'];

test('who replaces values is told who sees them after a restart, which --restart does', async () => {
  const env = {KUBECONFIG: await (await cluster(true)).kubeconfig()};
  const told = await runKops(replace, {env});
  expect(told).toMatchObject({code: 0, stdout: expect.stringContaining('→ kops rollout restart deploy/a -n shop\n')});
  const refused = await runKops([...replace, '--restart'], {env});
  expect(refused).toMatchObject({code: 3, stderr: expect.stringContaining('deployment/a was not restarted: ')});
  expect(refused.stdout).not.toContain('→ kops rollout restart');
  expect(await runKops([...replace, '--restart', '-o', 'json'], {env})).toMatchObject({code: 2, stdout: ''});
});

test('who interrupts the restarts is told which were made, and which were not', async () => {
  let running: Running | undefined;
  const api = await cluster(false, (path) => path.endsWith('/deployments/a') && running?.process.kill('SIGINT'));
  running = startKops([...replace, '--restart'], {env: {KUBECONFIG: await api.kubeconfig()}});
  expect(await running.ended).toMatchObject({
    code: 130,
    stdout: expect.stringMatching(/✓ deployment\/a .* restarts/),
    stderr: expect.stringMatching(/⚠ interrupted: these were not restarted.*\n {2}→ kops rollout restart deploy\/b -n shop\n$/),
  });
});
