import {describe, expect, test} from 'vitest';
import {effectiveCommand} from '../../src/config/command/command.ts';
import {parseTarget} from '../../src/config/container/target.ts';
import {effectiveEnv} from '../../src/config/env/env.ts';
import type {EffectiveEnv} from '../../src/config/env/report.ts';
import {connect} from '../../src/kube/connect.ts';
import type {KubeObject} from '../../src/kube/json.ts';
import {mayOnWorkloads} from '../support/connection.ts';
import {liveCluster, namespace} from '../support/live.ts';

const never = new AbortController().signal;
const shop = await namespace();
const cluster = await connect({kubeconfig: liveCluster().kubeconfig});

const template = (env: object[], spec: object = {}) => ({
  metadata: {labels: {app: 'web'}},
  spec: {containers: [{name: 'web', image: 'web:1.0', env}], ...spec},
});
const selector = {matchLabels: {app: 'web'}};
const object = (apiVersion: string, kind: string, name: string, spec: object): KubeObject =>
  ({apiVersion, kind, metadata: {name}, spec}) as KubeObject;
const password = {name: 'PASSWORD', valueFrom: {secretKeyRef: {name: 'db', key: 'password'}}};
const own = template([{name: 'A', value: '1'}]);
const job = {template: template([{name: 'A', value: '1'}], {restartPolicy: 'Never'}), completionMode: 'Indexed', completions: 1};

await shop.apply(
  {apiVersion: 'v1', kind: 'ConfigMap', metadata: {name: 'web-config'}, data: {LOG_LEVEL: 'debug'}} as KubeObject,
  {apiVersion: 'v1', kind: 'Secret', metadata: {name: 'db'}, stringData: {password: 's3cr3t'}} as KubeObject,
  object('apps/v1', 'Deployment', 'web', {selector, replicas: 1, template: own}),
  object('apps/v1', 'ReplicaSet', 'web', {selector, replicas: 0, template: own}),
  object('apps/v1', 'StatefulSet', 'web', {selector, replicas: 0, serviceName: 'web', template: own}),
  object('apps/v1', 'DaemonSet', 'web', {selector, template: {...own, spec: {...own.spec, nodeSelector: {none: 'such'}}}}),
  object('batch/v1', 'Job', 'web', {...job, suspend: true}),
  object('batch/v1', 'CronJob', 'web', {schedule: '0 0 1 1 *', jobTemplate: {spec: job}}),
  object('v1', 'Pod', 'web', own.spec),
  object('apps/v1', 'Deployment', 'shop', {
    selector,
    replicas: 0,
    template: template([
      password,
      {name: 'URL', value: 'db:$(PASSWORD)'},
      {name: 'TOKEN', valueFrom: {configMapKeyRef: {name: 'gone', key: 'x'}}},
    ]),
  }),
  ...mayOnWorkloads('jane', ['get'], []),
);

const env = (word: string) =>
  effectiveEnv(cluster, {...parseTarget(word, undefined), namespace: shop.name}, {reveal: false}, never);

test.each(['deploy/web', 'rs/web', 'sts/web', 'ds/web', 'job/web', 'cronjob/web', 'pod/web', 'web'])(
  'the variables of %s',
  async (word) => {
    const {variables, workload} = await env(word);
    expect(variables[0]).toMatchObject({name: 'A', value: '1'});
    expect(variables.map(({name}) => name)).toContain('KUBERNETES_SERVICE_HOST');
    expect(variables.some(({name}) => name === 'JOB_COMPLETION_INDEX')).toBe(['Job', 'CronJob'].includes(workload.kind));
  },
);

describe('on the command line', () => {
  test('what is missing ends with 3, and no Secret is told', async () => {
    const {code, stdout, stderr} = await shop.kops(['env', 'deploy/shop', '-o', 'json']);
    const report = JSON.parse(stdout) as EffectiveEnv;
    expect(code).toBe(3);
    expect(report.variables.slice(0, 2)).toMatchObject([
      {name: 'PASSWORD', secret: true},
      {shown: 'db:••••••', secret: true},
    ]);
    expect(report.errors).toMatchObject([{name: 'TOKEN', message: 'configmap/gone does not exist'}]);
    expect(stdout + stderr).not.toContain('s3cr3t');
  });
  test('a name that is none says which one may be meant', async () => {
    const {code, stderr} = await shop.kops(['env', 'deploy/wbe']);
    expect([code, stderr]).toEqual([5, expect.stringContaining(`kops env deployment/web -n ${shop.name}`)]);
  });
  test('a manifest needs no cluster', async () => {
    const manifest = JSON.stringify(object('v1', 'Pod', 'web', own.spec));
    const {code, stdout} = await shop.kops(['command', '-f', '-'], {stdin: manifest, env: {KUBECONFIG: '/nonexistent'}});
    expect([code, stdout]).toEqual([0, expect.stringContaining('[<ENTRYPOINT of the image>, <CMD of the image>]')]);
  });
});

test('who may not read Secrets, ConfigMaps, Services and Pods is told so, and what is known all the same', async () => {
  const jane = await connect({kubeconfig: liveCluster().kubeconfig, as: 'jane'});
  const target = {...parseTarget('deploy/shop', undefined), namespace: shop.name};
  const {variables, errors, unknown} = await effectiveEnv(jane, target, {reveal: false}, never);
  expect(errors).toEqual([]);
  expect(unknown.map(({why}) => why.replace(/ in .*/, ''))).toEqual([
    'jane may not list services',
    'jane may not get services',
    'jane may not get secrets',
    'jane may not get configmaps',
  ]);
  expect(variables.map(({name, shown}) => [name, shown])).toEqual([
    ['PASSWORD', '<secret/db password>'],
    ['URL', 'db:<secret/db password>'],
    ['TOKEN', '<configmap/gone x>'],
  ]);
  const ask = () => Promise.reject(new Error('no node is known'));
  const {imageUnknown} = await effectiveCommand(jane, target, {reveal: false}, ask, never);
  expect(imageUnknown).toContain('jane may not list pods');
});
