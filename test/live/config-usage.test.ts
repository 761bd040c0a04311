import {expect, test} from 'vitest';
import {missingConfig} from '../../src/config/usage/missing.ts';
import {configUsage, unusedConfig} from '../../src/config/usage/usage.ts';
import type {User} from '../../src/config/usage/user.ts';
import {connect} from '../../src/kube/connect.ts';
import type {KubeObject} from '../../src/kube/json.ts';
import {connectApi} from '../support/api.ts';
import {mayOnWorkloads, pendingPod} from '../support/connection.ts';
import {images} from '../support/images.ts';
import {kubectl, liveCluster, namespace} from '../support/live.ts';
import {start} from '../support/process.ts';
import {aDaemonSet, aDeployment, aStatefulSet, rolledOut} from '../support/rollouts.ts';

const never = new AbortController().signal;
const {kubeconfig} = liveCluster();
const hasTools = await Promise.all([kubectl(['version', '--client']), start('jq', ['--version']).ended]).then(
  () => true,
  () => false,
);
const shop = await namespace();
const cluster = await connect({kubeconfig, namespace: shop.name});
const object = (apiVersion: string, kind: string, name: string, fields: object): KubeObject =>
  ({apiVersion, kind, metadata: {name}, ...fields}) as KubeObject;
const from = (key: string) => ({env: [{name: 'P', valueFrom: {secretKeyRef: {name: 'db', key}}}]});
const job = {template: {spec: {restartPolicy: 'Never', containers: [{name: 'job', image: images.web10, ...from('password')}]}}};
const withVolume = (mount: object, volume: object) => ({
  template: {
    metadata: {labels: {app: 'agent'}},
    spec: {
      containers: [{name: 'agent', image: images.web10, volumeMounts: [{name: 'v', ...mount}]}],
      volumes: [{name: 'v', ...volume}],
    },
  },
});

await shop.apply(
  object('v1', 'Secret', 'db', {stringData: {password: 'x'}}),
  object('v1', 'Secret', 'lost', {stringData: {a: 'x'}}),
  object('v1', 'Secret', 'before', {stringData: {a: 'x'}}),
  object('v1', 'ServiceAccount', 'robot', {imagePullSecrets: [{name: 'db'}]}),
  object('networking.k8s.io/v1', 'Ingress', 'web', {
    spec: {tls: [{secretName: 'db', hosts: ['a.example']}], defaultBackend: {service: {name: 'web', port: {number: 80}}}},
  }),
  aDeployment('web', images.web10, {container: {envFrom: [{secretRef: {name: 'before'}}]}}),
  aStatefulSet('db', images.web10, {container: {...from('password'), ports: []}}),
  aDaemonSet('agent', images.web10, {spec: withVolume({mountPath: '/p', subPath: 'password'}, {secret: {secretName: 'db'}})}),
  object('batch/v1', 'Job', 'once', {spec: {...job, suspend: true}}),
  object('batch/v1', 'CronJob', 'nightly', {spec: {schedule: '0 0 1 1 *', jobTemplate: {spec: job}}}),
  pendingPod('bare') as KubeObject,
);
await rolledOut(shop, 'deployments', 'web');
await shop.apply(
  aDeployment('web', images.web11, {
    container: {envFrom: [{secretRef: {name: 'db'}}, {secretRef: {name: 'gone', optional: true}}]},
  }),
);
await rolledOut(shop, 'deployments', 'web');
const ephemeral = {spec: {ephemeralContainers: [{name: 'debug', image: images.web10, ...from('user')}]}};
await connectApi(kubeconfig).send(
  'PATCH',
  `/api/v1/namespaces/${shop.name}/pods/bare/ephemeralcontainers`,
  ephemeral,
  'application/strategic-merge-patch+json',
);

const shown = (users: readonly User[]) =>
  users.map(
    ({workload, container, via, key, updates}) => `${workload.kind}/${workload.name} ${container} ${via} ${key} ${updates}`,
  );
const USERS = [
  'CronJob/nightly job env password restart',
  'DaemonSet/agent agent volume null never',
  'Deployment/web web envFrom null restart',
  'Ingress/web null tls null live',
  'Job/once job env password restart',
  'Pod/bare debug env user restart',
  'ServiceAccount/robot null imagePullSecrets null restart',
  'StatefulSet/db db env password restart',
];

test('every kind of user is found, each once', async () => {
  const {code, stdout} = await shop.kops(['secret', 'usage', 'db', '-o', 'json']);
  expect({code, ...JSON.parse(stdout)}).toMatchObject({
    code: 0,
    apiVersion: 'kops/v1',
    kind: 'ConfigUsage',
    object: {kind: 'Secret', namespace: shop.name, name: 'db'},
    exists: true,
    notes: [],
  });
  expect(shown(JSON.parse(stdout).users)).toEqual(USERS);
});

test('an old revision keeps a Secret from being unused', async () => {
  const {unused, spared} = await unusedConfig(cluster, {resource: 'secrets', namespace: shop.name}, never);
  expect(unused.map(({name}) => name)).toEqual(['lost']);
  expect(spared).toMatchObject([{name: 'before', reason: expect.stringContaining('revision 1 of deployment/web')}]);
  const config = await unusedConfig(cluster, {resource: 'configmaps', namespace: shop.name}, never);
  expect(config.unused).toEqual([]); // kube-root-ca.crt is in every pod
});

test('a key that is missing is found, and told with exit code 3', async () => {
  const {missing} = await missingConfig(cluster, {resource: 'secrets', namespace: shop.name}, never);
  expect(missing).toMatchObject([{object: {name: 'db'}, key: 'user', users: [{workload: {kind: 'Pod', name: 'bare'}}]}]);
  const {code, stdout} = await shop.kops(['secret', 'usage', '--missing']);
  expect({code, stdout}).toEqual({code: 3, stdout: expect.stringContaining('has no key user: pods do not start')});
});

test('who may see workloads only, is told who names a Secret, and what could not be checked', async () => {
  await shop.apply(...(mayOnWorkloads('jane', ['list']) as KubeObject[]));
  const jane = await connect({kubeconfig, namespace: shop.name, as: 'jane'});
  const usage = await configUsage(jane, {resource: 'secrets', name: 'db'}, never);
  expect(shown(usage.users)).toEqual(USERS.filter((user) => /^(Daemon|Stateful|Deployment)/.test(user)));
  expect(usage.exists).toBeNull();
  expect(usage.notes).toContain(`jane may not list secrets in namespace ${shop.name}: which of them exist was not checked`);
});

test.runIf(hasTools)('the lines of --show-commands say the same', async () => {
  const pasted = async (...args: string[]) => {
    const {stdout: line} = await shop.kops(['secret', 'usage', ...args, '--show-commands']);
    return (await start('bash', ['-c', line], {env: {KUBECONFIG: kubeconfig}}).ended).stdout.trim().split('\n');
  };
  expect(await pasted('db')).toEqual(expect.arrayContaining([`${shop.name}/Deployment/web`, `${shop.name}/Ingress/web`]));
  expect(await pasted('--unused')).toEqual([`${shop.name}/lost`]);
});
