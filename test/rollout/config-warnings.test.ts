import {expect, test} from 'vitest';
import type {KubeObject} from '../../src/kube/json.ts';
import {configRefs} from '../../src/rollout/config-refs.ts';
import {type ConfigState, configWarning, configWarnings} from '../../src/rollout/config-warnings.ts';
import {ago, replicaSet, revisionOf, template} from '../support/builders.ts';
import {FakeCluster} from '../support/fake-cluster.ts';

const everything = template({
  container: {
    envFrom: [{configMapRef: {name: 'base'}}, {secretRef: {name: 'extra', optional: true}}],
    env: [
      {name: 'A', valueFrom: {configMapKeyRef: {name: 'base', key: 'a'}}},
      {name: 'B', valueFrom: {configMapKeyRef: {name: 'base', key: 'b', optional: true}}},
      {name: 'P', valueFrom: {secretKeyRef: {name: 'db', key: 'password'}}},
      {name: 'N', valueFrom: {fieldRef: {fieldPath: 'metadata.name'}}},
    ],
  },
  podSpec: {
    initContainers: [{name: 'init', image: 'init:1', envFrom: [{secretRef: {name: 'init'}}]}],
    volumes: [
      {name: 'a', configMap: {name: 'files', items: [{key: 'nginx.conf', path: 'x'}]}},
      {name: 'b', secret: {secretName: 'tls'}},
      {name: 'c', projected: {sources: [{secret: {name: 'tls', items: [{key: 'tls.crt', path: 'y'}]}}, {downwardAPI: {}}]}},
      {name: 'd', emptyDir: {}},
    ],
  },
});

test('a template needs each object once, with the keys without which no pod starts', () => {
  expect(configRefs(everything)).toEqual([
    {resource: 'secrets', name: 'init', keys: [], optional: false},
    {resource: 'configmaps', name: 'base', keys: ['a'], optional: false},
    {resource: 'secrets', name: 'extra', keys: [], optional: true},
    {resource: 'secrets', name: 'db', keys: ['password'], optional: false},
    {resource: 'configmaps', name: 'files', keys: ['nginx.conf'], optional: false},
    {resource: 'secrets', name: 'tls', keys: ['tls.crt'], optional: false},
  ]);
});

const revision = revisionOf(replicaSet({revision: 4, createdAt: ago(900)}));
const there = (state: Partial<ConfigState>): ConfigState =>
  ({state: 'there', keys: ['a'], createdAt: ago(2000), changedAt: ago(2000), ...state}) as ConfigState;

test.each<[string, ConfigState, string | undefined]>([
  ['was there before and is as it was', there({}), undefined],
  ['changed later', there({changedAt: ago(60)}), 'ConfigChanged'],
  ['was deleted and made again', there({createdAt: ago(60), changedAt: ago(60)}), 'ConfigRecreated'],
  ['lost a key', there({keys: ['b']}), 'ConfigKeyMissing'],
  ['is gone', {state: 'missing'}, 'ConfigMissing'],
  ['may not be read', {state: 'unreadable'}, 'ConfigUnreadable'],
])('a ConfigMap that %s', (_case, state, reason) => {
  const ref = {resource: 'configmaps', name: 'base', keys: ['a'], optional: false} as const;
  expect(configWarning(ref, state, revision)[0]?.reason).toBe(reason);
});

test('pods start without an optional object', () => {
  expect(configWarning({resource: 'secrets', name: 'x', keys: [], optional: true}, {state: 'missing'}, revision)).toEqual([]);
});

test('when an object was changed is read from who wrote its fields; its values go nowhere', async () => {
  const secret = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name: 'db',
      namespace: 'shop',
      creationTimestamp: ago(5000),
      managedFields: [{manager: 'a', time: ago(30)}, {manager: 'b', time: ago(4000)}], // biome-ignore format: one line
    },
    data: {password: 'czNjcjN0'},
  } as KubeObject;
  const uses = template({container: {envFrom: [{secretRef: {name: 'db'}}, {configMapRef: {name: 'base'}}]}});
  const target = revisionOf(replicaSet({revision: 4, createdAt: ago(900), template: uses}));
  const cluster = new FakeCluster([secret], {forbidden: ['get configmaps']});
  const warnings = await configWarnings(cluster, target, 'shop', AbortSignal.timeout(5000));
  expect(warnings).toEqual([
    {
      reason: 'ConfigChanged',
      object: 'secret/db',
      message: 'secret/db was changed after revision 4',
      hint: 'its pods will start with what it holds now',
      at: ago(30),
    },
    {reason: 'ConfigUnreadable', object: 'configmap/base', message: expect.stringContaining('may not read configmap/base')},
  ]);
  expect(JSON.stringify(warnings)).not.toMatch(/czNjcjN0|s3cr3t/);
});
