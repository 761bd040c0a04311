import {describe, expect, onTestFinished, test} from 'vitest';
import type {KubeObject} from '../../src/kube/json.ts';
import {connectApi, pathTo} from '../support/api.ts';
import {isBecause, statusUntil, told} from '../support/diagnosis.ts';
import {fault} from '../support/faults.ts';
import {liveCluster, namespace} from '../support/live.ts';
import {aDaemonSet, aDeployment, aStatefulSet, rolledOut} from '../support/rollouts.ts';

const one = {spec: {replicas: 1}};
const withPodSpec = (workload: KubeObject, podSpec: object): KubeObject => {
  const {spec} = workload as unknown as {spec: {template: {spec: object}}};
  Object.assign(spec.template.spec, podSpec);
  return workload;
};
const object = (apiVersion: string, kind: string, name: string, rest: object): KubeObject =>
  ({apiVersion, kind, metadata: {name}, ...rest}) as KubeObject;

describe('a pod that gets no node', async () => {
  const home = await namespace();
  await home.apply(
    aDeployment('big', 'web:1', {...one, container: {resources: {requests: {cpu: '5k'}}}}),
    withPodSpec(aDeployment('picky', 'web:1', one), {nodeSelector: {disk: 'ssd'}}),
    withPodSpec(aDeployment('gated', 'web:1', one), {schedulingGates: [{name: 'shop.example/approved'}]}),
    withPodSpec(aDeployment('claiming', 'web:1', one), {volumes: [{name: 'data', persistentVolumeClaim: {claimName: 'data'}}]}),
  );
  test.concurrent.each([
    ['big', 'Unschedulable', false, /insufficient cpu/],
    ['picky', 'Unschedulable', false, /do not match nodeSelector disk=ssd/],
    ['gated', 'SchedulingGated', false, /^held back by scheduling gate shop\.example\/approved$/],
    ['claiming', 'MissingVolumeClaim', true, /^PersistentVolumeClaim data does not exist$/],
  ])('%s', async (name, reason, doomed, message) => {
    const {causes} = await statusUntil(home, `deploy/${name}`, isBecause(doomed ? 'failed' : 'progressing', reason));
    expect(causes[0]?.message).toMatch(message);
  });
});

describe('a pod that is never made', () => {
  const quota = (hard: object) => object('v1', 'ResourceQuota', 'small', {spec: {hard}});
  test.each<[string, KubeObject[], KubeObject, string, RegExp]>([
    [
      'a quota is used up',
      [quota({pods: '1'})],
      aDeployment('web', 'web:1'),
      'QuotaExceeded',
      /^quota small is used up: pods 1 of 1 used, asks 1$/,
    ],
    [
      'a quota is too small for a single pod',
      [quota({'requests.cpu': '1'})],
      aDeployment('web', 'web:1', {...one, container: {resources: {requests: {cpu: '2'}}}}),
      'QuotaExceeded',
      /requests\.cpu 0 of 1 used, asks 2$/,
    ],
    [
      'a quota wants requests',
      [quota({'requests.cpu': '1'})],
      aDeployment('web', 'web:1'),
      'QuotaNeedsRequests',
      /requests\.cpu for: web$/,
    ],
    [
      'a LimitRange',
      [object('v1', 'LimitRange', 'small', {spec: {limits: [{type: 'Container', max: {cpu: '1'}}]}})],
      aDeployment('web', 'web:1', {container: {resources: {limits: {cpu: '2'}}}}),
      'LimitRangeViolation',
      /maximum cpu usage per Container is 1, but limit is 2/,
    ],
    [
      'a ServiceAccount is missing',
      [],
      withPodSpec(aDeployment('web', 'web:1'), {serviceAccountName: 'web'}),
      'MissingServiceAccount',
      /^ServiceAccount web does not exist$/,
    ],
    [
      'a PriorityClass is missing',
      [],
      withPodSpec(aDeployment('web', 'web:1'), {priorityClassName: 'nope'}),
      'MissingPriorityClass',
      /^PriorityClass nope does not exist$/,
    ],
    ['of a StatefulSet', [quota({pods: '0'})], aStatefulSet('web', 'web:1'), 'QuotaExceeded', /^quota small is used up/],
    ['of a DaemonSet', [quota({pods: '0'})], aDaemonSet('web', 'web:1'), 'QuotaExceeded', /^quota small is used up/],
  ])('%s', async (_case, before, workload, reason, message) => {
    const own = await namespace();
    await own.apply(...before);
    for (const {metadata} of before.filter(({kind}) => kind === 'ResourceQuota')) {
      await own.until('resourcequotas', metadata?.name ?? '', ({status}) => status?.hard !== undefined);
    }
    await own.apply(workload);
    const {causes} = await statusUntil(own, `${workload.kind}/web`, isBecause('failed', reason));
    expect(causes[0]?.message).toMatch(message);
  });

  test('Pod Security forbids it', async () => {
    const own = await namespace();
    const labels = {'pod-security.kubernetes.io/enforce': 'restricted'};
    await connectApi(liveCluster().kubeconfig).apply(undefined, {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: {name: own.name, labels},
    });
    await own.apply(aDeployment('web', 'web:1'));
    const {causes} = await statusUntil(own, 'deploy/web', isBecause('failed', 'PodSecurityViolation'));
    expect(causes[0]).toMatchObject({
      object: expect.stringMatching(/^replicaset\/web-/),
      message: expect.stringContaining('violates PodSecurity "restricted:latest": '),
    });
  });

  test('a webhook does not answer: it may come back', async () => {
    const own = await namespace();
    await clusterWide(
      object('admissionregistration.k8s.io/v1', 'ValidatingWebhookConfiguration', own.name, {
        webhooks: [
          {
            name: 'policy.shop.example',
            admissionReviewVersions: ['v1'],
            sideEffects: 'None',
            timeoutSeconds: 1,
            clientConfig: {service: {name: 'policy', namespace: own.name}},
            namespaceSelector: {matchLabels: {'kubernetes.io/metadata.name': own.name}},
            rules: [{apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods']}],
          },
        ],
      }),
    );
    await own.apply(aDeployment('web', 'web:1'));
    const {causes} = await statusUntil(own, 'deploy/web', isBecause('progressing', 'AdmissionWebhookUnreachable'));
    expect(causes[0]?.message).toMatch(/^admission webhook policy\.shop\.example does not answer: service "policy" not found$/);
  });

  test('a policy denies it', async () => {
    const own = await namespace();
    const group = 'admissionregistration.k8s.io/v1';
    await clusterWide(
      object(group, 'ValidatingAdmissionPolicy', own.name, {
        spec: {
          matchConstraints: {
            resourceRules: [{apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods']}],
          },
          validations: [
            {expression: "!object.spec.containers.exists(c, c.image.endsWith(':latest'))", message: 'tag latest is not allowed'},
          ],
        },
      }),
      object(group, 'ValidatingAdmissionPolicyBinding', own.name, {
        spec: {
          policyName: own.name,
          validationActions: ['Deny'],
          matchResources: {namespaceSelector: {matchLabels: {'kubernetes.io/metadata.name': own.name}}},
        },
      }),
    );
    await own.apply(aDeployment('web', 'web:latest'));
    // A policy comes into force some seconds after it was made: pods that were let in before are replaced until it is.
    const {causes} = await statusUntil(own, 'deploy/web', (status) => {
      if (isBecause('failed', 'AdmissionDenied')(status)) return true;
      void own.list('pods').then(
        (pods) => Promise.all(pods.map(({metadata}) => own.delete('pods', metadata?.name ?? ''))),
        () => {},
      );
      return false;
    });
    expect(causes[0]?.message).toBe(`admission policy ${own.name} denies the pod: tag latest is not allowed`);
  });
});

/** Makes objects that have no namespace, and deletes them after the test. */
async function clusterWide(...objects: readonly KubeObject[]): Promise<void> {
  const api = connectApi(liveCluster().kubeconfig);
  for (const {apiVersion = '', kind = '', metadata} of objects) {
    const plural = kind.toLowerCase().replace(/y$/, 'ie').concat('s');
    onTestFinished(async () => void (await api.send('DELETE', pathTo({apiVersion, plural}, undefined, metadata?.name))));
  }
  await api.apply(undefined, ...objects);
}

describe('somebody holds it up', () => {
  test('a paused Deployment', async () => {
    const own = await namespace();
    await own.apply(aDeployment('web', 'web:1'));
    await rolledOut(own, 'deployments', 'web');
    await own.patch('deployments', 'web', {spec: {paused: true}});
    expect((await statusUntil(own, 'deploy/web', ({message}) => message.includes('paused'))).phase).toBe('healthy');
    await own.setImage('deployments', 'web', 'web:2');
    const {causes} = await statusUntil(own, 'deploy/web', isBecause('paused', 'Paused'));
    expect(causes[0]?.hint).toBe(`kops rollout resume deploy/web -n ${own.name}`);
  });

  test('a partition holds back what it should, and that is a finished rollout', async () => {
    const own = await namespace();
    const updateStrategy = {type: 'RollingUpdate', rollingUpdate: {partition: 1}};
    await own.apply(aStatefulSet('db', 'db:1', {spec: {updateStrategy}}));
    await rolledOut(own, 'statefulsets', 'db');
    await own.setImage('statefulsets', 'db', 'db:2');
    const {message} = await statusUntil(own, 'sts/db', ({phase, updated}) => phase === 'healthy' && updated === 1);
    expect(message).toBe('2 of 2 available, 1 updated; partition 1 keeps 1 as they are');
  });

  test.each([
    ['StatefulSet', 'statefulsets', aStatefulSet],
    ['DaemonSet', 'daemonsets', aDaemonSet],
  ] as const)('a %s with OnDelete waits for somebody to delete its pods', async (kind, resource, build) => {
    const own = await namespace();
    await own.apply(build('db', 'db:1', {spec: {updateStrategy: {type: 'OnDelete'}}}));
    await rolledOut(own, resource, 'db');
    await own.setImage(resource, 'db', 'db:2');
    const {causes} = await statusUntil(own, `${kind}/db`, isBecause('paused', 'OnDelete'));
    const pods = (await own.list('pods')).map(({metadata}) => metadata?.name ?? '');
    const first = /delete pod (\S+)/.exec(causes[0]?.hint ?? '')?.[1] ?? '';
    expect(pods).toContain(first);
    for (const name of pods) await own.delete('pods', name);
    await statusUntil(own, `${kind}/db`, ({phase}) => phase === 'healthy');
  });
});

describe('a StatefulSet', () => {
  test('whose new pod is broken says who waits for it', async () => {
    const own = await namespace();
    await own.apply(aStatefulSet('db', 'db:1', {spec: {replicas: 3}}));
    await rolledOut(own, 'statefulsets', 'db');
    await own.apply(aStatefulSet('db', 'db:2', {spec: {replicas: 3}, templateAnnotations: fault('image-not-found')}));
    const status = await statusUntil(own, 'sts/db', ({causes}) => causes.some(({reason}) => reason === 'StatefulSetBlocked'));
    expect(told(status)).toBe(
      'failed\nImageNotFound doomed: db:2: not found\nStatefulSetBlocked: db-2 is not ready, and 2 other pods wait for it (OrderedReady)',
    );
  });

  test('that was put right is still blocked by its broken pod, until somebody deletes that (kubernetes#67250)', async () => {
    const own = await namespace();
    await own.apply(aStatefulSet('db', 'db:1'));
    await rolledOut(own, 'statefulsets', 'db');
    await own.apply(aStatefulSet('db', 'db:2', {templateAnnotations: fault('image-not-found')}));
    await statusUntil(own, 'sts/db', isBecause('failed', 'ImageNotFound'));
    await own.apply(aStatefulSet('db', 'db:1'));
    const {causes} = await statusUntil(own, 'sts/db', isBecause('failed', 'StatefulSetBlocked'));
    expect([causes[0]?.object, causes[0]?.hint]).toEqual(['pod/db-1', `delete it: kubectl delete pod db-1 -n ${own.name}`]);
    await own.delete('pods', 'db-1');
    await statusUntil(own, 'sts/db', ({phase}) => phase === 'healthy');
  });
});

test('a deadline that passes makes it failed, and a new template starts anew', async () => {
  const own = await namespace();
  const readinessProbe = {httpGet: {port: 8080}, periodSeconds: 1};
  const shape = {spec: {replicas: 1, progressDeadlineSeconds: 2}, container: {readinessProbe}};
  await own.apply(aDeployment('web', 'web:1', {...shape, templateAnnotations: fault('readiness-failing')}));
  const failed = await statusUntil(own, 'deploy/web', ({phase}) => phase === 'failed');
  expect(failed.message).toMatch(/^no progress for 2s: 1 of 1 updated, 0 available$/);
  expect(failed.causes[0]).toMatchObject({reason: 'ReadinessProbeFailed', doomed: false});

  await own.apply(aDeployment('web', 'web:2', {...shape, container: {}}));
  const seen = new Set<string>();
  await statusUntil(own, 'deploy/web', ({phase, revision}) => {
    if (revision === 2) seen.add(phase);
    return phase === 'healthy';
  });
  expect([...seen]).not.toContain('failed');
});
