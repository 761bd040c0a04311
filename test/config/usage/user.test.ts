import {expect, test} from 'vitest';
import {
  type Use,
  usesOfControllerRevision,
  usesOfIngress,
  usesOfJob,
  usesOfPod,
  usesOfReplicaSet,
  usesOfServiceAccount,
  usesOfVolume,
} from '../../../src/config/usage/user.ts';

const shown = (uses: readonly Use[]) =>
  uses.map(({namespace, name, user: {workload, via, revision}}) =>
    [`${namespace}/${name}`, `${workload.kind}/${workload.name}`, via, ...(revision === null ? [] : [revision])].join(' '),
  );
const metadata = (name: string, owner?: string, annotations = {}) => {
  const [kind = '', of = ''] = owner?.split('/') ?? [];
  const owners = [{apiVersion: 'x/v1', kind, name: of, uid: 'u', controller: true}];
  return {namespace: 'shop', name, annotations, ...(owner && {ownerReferences: owners})};
};
const spec = {containers: [{name: 'web', envFrom: [{secretRef: {name: 'db'}}]}]};
const known = new Set(['ReplicaSet', 'StatefulSet']);

test.each([
  ['of nobody', metadata('web-0'), {}, ['shop/db Pod/web-0 envFrom']],
  ['of a template that was read', metadata('web-0', 'ReplicaSet/web-1'), {}, []],
  [
    'of a template that was read, and that it may be older than',
    metadata('web-0', 'StatefulSet/web'),
    {},
    ['shop/db StatefulSet/web envFrom'],
  ],
  ['of a template that was not', metadata('web-0', 'DaemonSet/web'), {}, ['shop/db DaemonSet/web envFrom']],
  ['of a controller that nobody knows', metadata('web-0', 'Cassandra/c'), {}, ['shop/db Cassandra/c envFrom']],
  ['of a node, as its mirror', metadata('web-node-1', 'Node/node-1'), {}, ['shop/db Pod/web-node-1 envFrom']],
  ['that has ended', metadata('web-0'), {phase: 'Succeeded'}, []],
])('a pod %s', (_case, metadata, status, expected) => {
  expect(shown(usesOfPod({metadata, spec, status}, known))).toEqual(expected);
});

test('an ephemeral container is found whoever owns the pod', () => {
  const ephemeralContainers = [{name: 'debug', envFrom: [{secretRef: {name: 'tools'}}]}];
  const pod = {metadata: metadata('web-0', 'ReplicaSet/web-1'), spec: {...spec, ephemeralContainers}};
  expect(shown(usesOfPod(pod, known))).toEqual(['shop/tools Pod/web-0 envFrom']);
});

test('of a pod of a StatefulSet what a template cannot say is told of the pod, or not at all', () => {
  const ephemeralContainers = [{name: 'debug', envFrom: [{secretRef: {name: 'tools'}}]}];
  const volumes = [{name: 'kube-api-access-x2b4d', projected: {sources: [{configMap: {name: 'kube-root-ca.crt'}}]}}];
  const pod = {metadata: metadata('web-0', 'StatefulSet/web'), spec: {...spec, ephemeralContainers, volumes}};
  expect(shown(usesOfPod(pod, known))).toEqual(['shop/db StatefulSet/web envFrom', 'shop/tools Pod/web-0 envFrom']);
});

test('a revision of a DaemonSet uses what undo would go back to', () => {
  const revision = {metadata: metadata('web-6f', 'DaemonSet/web'), revision: 2, data: {spec: {template: {spec}}}};
  expect(shown(usesOfControllerRevision(revision))).toEqual(['shop/db DaemonSet/web envFrom 2']);
  expect(shown(usesOfControllerRevision({...revision, metadata: metadata('nobodys')}))).toEqual([]);
});

test.each([
  ['of nobody', metadata('web'), 1, ['shop/db ReplicaSet/web envFrom']],
  ['of a custom controller', metadata('web', 'Rollout/web'), 1, ['shop/db ReplicaSet/web envFrom']],
  ['of a Deployment, with pods', metadata('web-1', 'Deployment/web'), 1, ['shop/db Deployment/web envFrom']],
  [
    'of a Deployment, without',
    metadata('web-1', 'Deployment/web', {'deployment.kubernetes.io/revision': '3'}),
    0,
    ['shop/db Deployment/web envFrom 3'],
  ],
])('a ReplicaSet %s', (_case, metadata, replicas, expected) => {
  expect(shown(usesOfReplicaSet({metadata, spec: {replicas, selector: {}, template: {spec}}}))).toEqual(expected);
});

test.each([
  ['that runs', metadata('job'), {}, ['shop/db Job/job envFrom']],
  ['that has failed', metadata('job'), {conditions: [{type: 'Failed', status: 'True'}]}, []],
  [
    'of a CronJob, which may have another template by now',
    metadata('job', 'CronJob/nightly'),
    {},
    ['shop/db CronJob/nightly envFrom'],
  ],
  ['of a CronJob, that has ended', metadata('job', 'CronJob/nightly'), {conditions: [{type: 'Complete', status: 'True'}]}, []],
])('a Job %s', (_case, metadata, status, expected) => {
  expect(shown(usesOfJob({metadata, status, spec: {template: {spec}}}))).toEqual(expected);
});

test('service accounts, Ingresses and volumes use Secrets without pods', () => {
  const account = {metadata: metadata('default'), secrets: [{name: 'token'}], imagePullSecrets: [{name: 'pull'}]};
  expect(shown(usesOfServiceAccount(account))).toEqual([
    'shop/pull ServiceAccount/default imagePullSecrets',
    'shop/token ServiceAccount/default serviceAccount',
  ]);
  const ingress = {
    metadata: metadata('web'),
    spec: {tls: [{secretName: 'tls', hosts: ['a.example', 'b.example']}, {hosts: ['c']}]},
  };
  expect(shown(usesOfIngress(ingress))).toEqual(['shop/tls Ingress/web tls']);
  expect(usesOfIngress(ingress)[0]?.user).toMatchObject({at: 'a.example, b.example', updates: 'live'});
  const csi = {driver: 'x', volumeHandle: 'y', nodePublishSecretRef: {name: 'login', namespace: 'storage'}};
  expect(shown(usesOfVolume({metadata: {name: 'pv'}, spec: {csi, capacity: {}}}))).toEqual([
    'storage/login PersistentVolume/pv driver',
  ]);
});
