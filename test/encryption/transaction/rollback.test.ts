import {readFileSync} from 'node:fs';
import {expect, test} from 'vitest';
import {applyChange, observeForChange, prepareChange} from '../../../src/encryption/change.ts';
import {renderConfiguration} from '../../../src/encryption/configuration/configuration.ts';
import {API_SERVER_MANIFEST} from '../../../src/encryption/control-plane.ts';
import {withEncryption} from '../../../src/encryption/manifest/kubeadm-config.ts';
import {enableEncryption} from '../../../src/encryption/manifest/manifest.ts';
import type {Operation} from '../../../src/encryption/transaction/record.ts';
import {disableStages, rotateStages, type Stages, setupStages} from '../../../src/encryption/transaction/stages.ts';
import type {EncryptionRun} from '../../../src/encryption/transaction/transact.ts';
import {ConnectionProblem} from '../../../src/kube/errors.ts';
import type {KubeObject} from '../../../src/kube/json.ts';
import type {Progress} from '../../../src/progress.ts';
import {kubeadm} from '../../support/api-server-manifests.ts';
import type {FakeCluster} from '../../support/fake-cluster.ts';
import {CONFIGURATION, type Fault, type PlayedControlPlane, playControlPlane} from '../../support/played-control-plane.ts';
import {secretboxWith} from '../../support/servers.ts';
import {keyNamed, plainSecret, secretbox} from '../../support/stored.ts';

const {signal} = new AbortController();
const progress: Progress = {
  async run(steps) {
    for (const step of steps) await step.run(() => {});
  },
};
const neverAsked = () => Promise.reject(new Error('nothing is rewritten here'));
const choice = {provider: 'secretbox', key: keyNamed('new')} as const;
const setup = setupStages(undefined, ['secrets'], choice, false);

/** Changes, and rewrites nothing unless it is told how. A restart has `confirmWithin` seconds, less 4 in which the node does not interfere; a reload 75 more. */
async function change(
  {plane}: PlayedControlPlane,
  operation: Operation,
  stages: Stages,
  confirmWithin: number,
  rewrite?: () => Promise<void>,
  resources: readonly string[] = ['secrets'],
): Promise<EncryptionRun> {
  const observed = await observeForChange(plane, signal);
  const options = {rewrite: rewrite !== undefined, snapshot: undefined, confirmWithin, now: new Date(0)};
  const prepared = await prepareChange(plane, observed, {operation, resources, stages}, options, signal);
  return applyChange(plane, prepared, {rewrite: rewrite ?? neverAsked, snapshot: neverAsked}, progress, signal);
}

const failedStep = ({steps}: EncryptionRun) => steps.find(({state}) => state === 'failed');

test('two control planes that are well encrypt', async () => {
  const played = playControlPlane([undefined, undefined]);
  expect(await change(played, 'setup', setup, 30)).toMatchObject({outcome: 'done', why: null});
  expect(played.configuration(1)).toBe(renderConfiguration(setup.write));
});

const refused = (path: string, status: number, reason: string): Fault => ({
  answer: (request, {configuration}) =>
    configuration && request.path === path ? {status, body: {reason, message: 's3cr3t'}} : undefined,
});
const SECRET = '/api/v1/namespaces/shop/secrets/db';

test.each<[string, Fault, string]>([
  [
    'does not come up',
    {
      answer: (_request, {configuration}) => {
        if (configuration) throw new ConnectionProblem('cannot reach it', {passing: true});
        return undefined;
      },
    },
    'does not answer (cannot reach it)',
  ],
  [
    'comes up, and does not let anybody list',
    refused('/api/v1/secrets?limit=1', 403, 'Forbidden'),
    'it could not list secrets: 403 Forbidden',
  ],
  ['lists what it cannot read', refused(SECRET, 500, 'InternalError'), 'it could not read secret shop/db: 500 InternalError'],
  [
    'comes up, and is not ready',
    {
      answer: ({path}, {configuration}) =>
        configuration && path.startsWith('/readyz') ? {status: 500, body: '[-]kms-providers failed: x\n'} : undefined,
    },
    'is not ready: kms-providers',
  ],
  [
    'runs with something else than its file',
    {
      answer: ({path}, {configuration, startTime}) =>
        configuration && path === '/metrics' ? {body: `process_start_time_seconds ${startTime}\n`} : undefined,
    },
    'has not read its new configuration yet',
  ],
])('a server that %s takes all files back, byte for byte, also those of the servers before it', async (_case, fault, why) => {
  const played = playControlPlane([undefined, fault]);
  const before = played.files();
  const run = await change(played, 'setup', setup, 5);
  expect(run).toMatchObject({
    outcome: 'rolled back',
    why: {what: 'the API server on cp-2 did not take its new configuration', why: expect.stringMatching(/^after \d s: /)},
  });
  expect(run.why?.why).toContain(why);
  expect(run.why?.why).not.toContain('s3cr3t');
  expect(failedStep(run)).toMatchObject({name: 'enable', node: 'cp-2'});
  expect(played.files()).toEqual(before);
});

test.each(['an operator wrote its flags there before', 'nobody did'])(
  'what kubeadm is told stays as it is when a change is taken back that had not come to it: %s',
  async (before) => {
    const text = readFileSync('test/fixtures/encryption/cluster-configuration.txt', 'utf8');
    const ClusterConfiguration = before === 'nobody did' ? text : withEncryption(text, CONFIGURATION);
    const played = playControlPlane([refused('/api/v1/secrets?limit=1', 403, 'Forbidden')]);
    const cluster = played.plane.cluster as FakeCluster;
    const metadata = {namespace: 'kube-system', name: 'kubeadm-config'};
    const told = cluster.put({kind: 'ConfigMap', metadata, data: {ClusterConfiguration}} as KubeObject);
    const run = await change(played, 'setup', setup, 5);
    expect(run.outcome).toBe('rolled back');
    expect(run.steps.map(({name}) => name)).not.toContain('restore kubeadm-config');
    expect(await cluster.find('configmaps', metadata)).toEqual(told);
  },
);

/** Of the Secret that is written for the purpose. */
const isCanary = (path: string) => path.includes('/secrets/kops-canary-');

test.each<[string, Fault, string]>([
  [
    'writes with another key than it says',
    {reads: () => renderConfiguration(secretboxWith(['other', 'new', 'identity']))},
    'cp-2 writes with secretbox, key other, not with secretbox, key new',
  ],
  [
    'still writes plaintext',
    {reads: () => renderConfiguration(setup.read)},
    'cp-2 writes with identity, not with secretbox, key new',
  ],
  [
    'cannot read what another one wrote',
    {answer: ({method, path}) => (method === 'GET' && isCanary(path) ? {status: 500} : undefined)},
    'cp-2 answered 500 to GET /api/v1/namespaces/kube-system/secrets',
  ],
  [
    'reads something else',
    {answer: ({method, path}) => (method === 'GET' && isCanary(path) ? {body: {data: {canary: 'eA=='}}} : undefined)},
    'cp-2 reads another value than cp-1 wrote',
  ],
])('where a server %s all go back to where both can be read, and the report says why', async (_case, fault, why) => {
  const played = playControlPlane([undefined, fault]);
  const run = await change(played, 'setup', setup, 30);
  expect(failedStep(run)).toMatchObject({name: 'canary'});
  expect(run.outcome).toBe('rolled back');
  expect([run.why?.what, run.why?.why].join(': ')).toContain(why);
  for (const node of [0, 1]) expect(played.configuration(node)).toBe(renderConfiguration(setup.read));
  expect(played.files()[0]).toContain('--encryption-provider-config=');
  expect(played.etcd.keys().filter(isCanary)).toEqual([]);
});

test('where ConfigMaps change and Secrets do not, the canary is one', async () => {
  const stages = setupStages(undefined, ['configmaps'], choice, false);
  const still = {reads: () => renderConfiguration(stages.read)};
  const played = playControlPlane([still]);
  const run = await change(played, 'setup', stages, 30, undefined, ['configmaps']);
  expect(failedStep(run)).toMatchObject({name: 'canary'});
  expect(run.why?.why).toBe('cp-1 writes with identity, not with secretbox, key new');
  expect(played.etcd.keys()).toEqual(['/registry/secrets/shop/db']);
});

test('where a server never takes the new key, all go back to where both can be read', async () => {
  const base = secretboxWith(['old', 'identity']);
  const given = {
    [CONFIGURATION]: renderConfiguration(base),
    [API_SERVER_MANIFEST]: enableEncryption(kubeadm, CONFIGURATION),
  };
  const stages = rotateStages(base, ['secrets'], choice, false);
  const written = renderConfiguration(stages.write);
  const played = playControlPlane([undefined, {ignores: (text) => text === written}], given);
  const run = await change(played, 'rotate', stages, -70);
  expect(run).toMatchObject({
    outcome: 'rolled back',
    why: {what: 'the API server on cp-2 did not take its new configuration', why: expect.stringContaining('has not read')},
  });
  expect(failedStep(run)).toMatchObject({name: 'write'});
  for (const node of [0, 1]) expect(played.configuration(node)).toBe(renderConfiguration(stages.read));
});

test('where a server does not drop the old key, all read both again before any writes with the old one', async () => {
  const base = secretboxWith(['old', 'identity']);
  const given = {
    [CONFIGURATION]: renderConfiguration(base),
    [API_SERVER_MANIFEST]: enableEncryption(kubeadm, CONFIGURATION),
  };
  const stages = rotateStages(base, ['secrets'], choice, false);
  const [read, write, final] = [stages.read, stages.write, stages.final ?? stages.write].map(renderConfiguration);
  const seen: string[] = [];
  const watches: Fault = {
    ignores: (text) => {
      if (seen.at(-1) !== text) seen.push(text);
      return false;
    },
  };
  const played = playControlPlane([watches, {ignores: (text) => text === final}], given);
  const run = await change(played, 'rotate', stages, -70, async () => {
    const key = '/registry/secrets/shop/db';
    played.etcd.put(key, secretbox('new', plainSecret('db')));
  });
  expect(failedStep(run)).toMatchObject({name: 'final'});
  expect(run.outcome).toBe('rolled back');
  expect(seen.slice(seen.indexOf(final ?? ''))).toEqual([final, write, read]);
});

test('where a server does not come up without its configuration, those that did get their flag again before all read both', async () => {
  const base = secretboxWith(['old', 'identity']);
  const given = {
    [CONFIGURATION]: renderConfiguration(base),
    [API_SERVER_MANIFEST]: enableEncryption(kubeadm, CONFIGURATION),
  };
  const stages = disableStages(base);
  const needsIt: Fault = {
    answer: (_request, {configuration}) => {
      if (configuration === undefined) throw new ConnectionProblem('cannot reach it', {passing: true});
      return undefined;
    },
  };
  const played = playControlPlane([undefined, needsIt], given);
  const run = await change(played, 'disable', stages, 6, async () => undefined);
  expect(failedStep(run)).toMatchObject({name: 'remove', node: 'cp-2'});
  expect(run).toMatchObject({
    outcome: 'rolled back',
    steps: expect.arrayContaining([expect.objectContaining({name: 'retreat'})]),
  });
  const [first, read, second, alsoRead] = played.files();
  expect([read, alsoRead]).toEqual([renderConfiguration(stages.read), renderConfiguration(stages.read)]);
  for (const manifest of [first, second]) expect(manifest).toContain('--encryption-provider-config=');
});

test('a key is not dropped while anything in etcd needs it, whatever it is', async () => {
  const base = secretboxWith(['old', 'identity']);
  const given = {
    [CONFIGURATION]: renderConfiguration(base),
    [API_SERVER_MANIFEST]: enableEncryption(kubeadm, CONFIGURATION),
  };
  const stages = rotateStages(base, ['secrets'], choice, false);
  const played = playControlPlane([undefined], given);
  const run = await change(played, 'rotate', stages, 30, async () => {
    played.etcd.put('/registry/secrets/shop/db', secretbox('new', plainSecret('db')));
    played.etcd.put('/registry/example.com/widgets/shop/a', secretbox('old', plainSecret('a')));
  });
  expect(failedStep(run)).toMatchObject({name: 'verify'});
  expect(run).toMatchObject({
    outcome: 'open',
    why: {
      what: '1 value of other resources still needs what is to be dropped',
      why: '/registry/example.com/widgets/shop/a',
    },
  });
  expect(played.configuration(0)).toBe(renderConfiguration(stages.write));
});

test('a file that changed after the plan was made stops the change before anything is touched', async () => {
  const played = playControlPlane([undefined]);
  const observed = await observeForChange(played.plane, signal);
  const options = {rewrite: false, snapshot: undefined, confirmWithin: 30, now: new Date(0)};
  const prepared = await prepareChange(
    played.plane,
    observed,
    {operation: 'setup', resources: ['secrets'], stages: setup},
    options,
    signal,
  );
  expect(await change(played, 'setup', setup, 30)).toMatchObject({outcome: 'done'});
  const before = played.files();
  await expect(
    applyChange(played.plane, prepared, {rewrite: neverAsked, snapshot: neverAsked}, progress, signal),
  ).rejects.toThrow('has changed since this was planned');
  expect(played.files()).toEqual(before);
});
