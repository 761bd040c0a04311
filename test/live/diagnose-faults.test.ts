import {describe, expect, test} from 'vitest';
import {isBecause, statusNow, statusUntil} from '../support/diagnosis.ts';
import {type Fault, type FaultOptions, fault} from '../support/faults.ts';
import {namespace} from '../support/live.ts';
import {aDeployment, rolledOut, type Shape} from '../support/rollouts.ts';

const home = await namespace();
const probe = (period = 1) => ({httpGet: {port: 8080, path: '/healthz'}, periodSeconds: period, failureThreshold: 1});
const faulty = (name: Fault, options: FaultOptions = {}, shape: Shape = {}, image = 'registry.example/shop/web:9.9') =>
  aDeployment(name, image, {
    ...shape,
    spec: {replicas: 1, ...shape.spec},
    templateAnnotations: fault(name, {backoff: 2, ...options}),
  });

const CASES: readonly (readonly [Fault, FaultOptions, Shape, reason: string, doomed: boolean, message: RegExp])[] = [
  ['image-not-found', {}, {}, 'ImageNotFound', true, /^registry\.example\/shop\/web:9\.9: not found$/],
  [
    'image-unauthorized',
    {},
    {},
    'ImagePullDenied',
    true,
    /^registry\.example\/shop\/web:9\.9: pull denied \(no basic auth credentials\)$/,
  ],
  ['registry-unreachable', {}, {}, 'RegistryUnreachable', true, /^cannot reach registry\.example: no such host \(\d+×\)$/],
  ['registry-timeout', {}, {}, 'RegistryUnreachable', true, /^cannot reach registry\.example: i\/o timeout \(\d+×\)$/],
  [
    'config-missing-configmap',
    {},
    {container: {envFrom: [{configMapRef: {name: 'settings'}}]}},
    'MissingConfigMap',
    true,
    /^ConfigMap settings does not exist$/,
  ],
  [
    'config-missing-secret',
    {},
    {container: {envFrom: [{secretRef: {name: 'login'}}]}},
    'MissingSecret',
    true,
    /^Secret login does not exist$/,
  ],
  [
    'config-missing-key',
    {},
    {container: {env: [{name: 'PORT', valueFrom: {configMapKeyRef: {name: 'settings', key: 'port'}}}]}},
    'MissingConfigMapKey',
    true,
    /^ConfigMap settings has no key port$/,
  ],
  [
    'config-missing-secret-key',
    {},
    {container: {env: [{name: 'PASSWORD', valueFrom: {secretKeyRef: {name: 'login', key: 'password'}}}]}},
    'MissingSecretKey',
    true,
    /^Secret login has no key password$/,
  ],
  ['mount-missing', {}, {}, 'MissingConfigMap', true, /^ConfigMap web-config does not exist$/],
  [
    'cannot-run',
    {},
    {container: {command: ['nope']}},
    'ContainerCannotRun',
    true,
    /^cannot-run cannot start: exec: "nope": executable file not found in \$PATH/,
  ],
  ['crash-loop', {exitCode: 3}, {}, 'CrashLoopBackOff', true, /^crash-loop exits with code 3, \d restarts?$/],
  [
    'oom-killed',
    {},
    {container: {resources: {limits: {memory: '64Mi'}}}},
    'OOMKilled',
    true,
    /^oom-killed is OOMKilled \(limit 64Mi\), \d restarts?$/,
  ],
  [
    'liveness-failing',
    {},
    {container: {livenessProbe: probe()}},
    'LivenessProbeFailed',
    true,
    /^liveness-failing is restarted because its liveness probe fails: HTTP 500, \d restarts?$/,
  ],
  [
    'startup-failing',
    {},
    {container: {startupProbe: probe()}},
    'StartupProbeFailed',
    true,
    /^startup-failing is restarted because its startup probe fails: HTTP 503, \d restarts?$/,
  ],
  [
    'readiness-failing',
    {},
    {container: {readinessProbe: probe()}},
    'ReadinessProbeFailed',
    false,
    /^readiness-failing: readiness: HTTP 503/,
  ],
];

describe('a fault of a pod is named, and doomed where no time mends it', async () => {
  await home.apply(...CASES.map(([name, options, shape]) => faulty(name, options, shape)));

  test.concurrent.each(CASES)('%s', async (name, _options, _shape, reason, doomed, message) => {
    const {causes} = await statusUntil(home, `deploy/${name}`, isBecause(doomed ? 'failed' : 'progressing', reason));
    expect(causes[0]?.message).toMatch(message);
    expect(causes[0]).toMatchObject({pods: 1, object: expect.stringMatching(new RegExp(`^pod/${name}-`))});
  });
});

test('a container that crashes shows its last words', async () => {
  await home.apply(aDeployment('words', 'web:1', {spec: {replicas: 1}, templateAnnotations: fault('crash-loop', {backoff: 2})}));
  const {causes} = await statusUntil(
    home,
    'deploy/words',
    (status) => isBecause('failed', 'CrashLoopBackOff')(status) && status.causes[0]?.log !== undefined,
  );
  expect(causes[0]?.container).toBe('words');
  expect(causes[0]?.log?.join('\n')).not.toBe('');
});

test('an init container that fails is named as one', async () => {
  const initContainers = [{name: 'migrate', image: 'migrate:1'}];
  const template = aDeployment('prepared', 'web:1', {
    spec: {replicas: 1},
    templateAnnotations: fault('crash-loop', {container: 'migrate', exitCode: 7, backoff: 2}),
  });
  const {spec} = template as unknown as {spec: {template: {spec: object}}};
  Object.assign(spec.template.spec, {initContainers});
  await home.apply(template);
  const {causes} = await statusUntil(home, 'deploy/prepared', isBecause('failed', 'CrashLoopBackOff'));
  expect(causes[0]?.message).toMatch(/^init container migrate exits with code 7/);
});

describe('what passes is no doom', () => {
  test.each<[Fault, FaultOptions, Shape]>([
    ['registry-unreachable', {seconds: 3, backoff: 5}, {}],
    ['readiness-failing', {seconds: 3}, {container: {readinessProbe: probe()}}],
  ])('%s for a few seconds', async (name, options, shape) => {
    const own = await namespace();
    await own.apply(faulty(name, options, shape));
    const seen = new Set<string>();
    const last = await statusUntil(own, `deploy/${name}`, (status) => {
      seen.add(status.phase);
      return status.phase === 'healthy';
    });
    expect([...seen].sort()).toEqual(['healthy', 'progressing']);
    expect(last.causes).toEqual([]);
  });
});

test('the first look at the state that dooms a rollout says so', async () => {
  const own = await namespace();
  await own.apply(faulty('image-not-found', {backoff: 10}));
  await own.until('deployments', 'image-not-found', ({status}) => (status?.updatedReplicas ?? 0) === 1);
  const [pod] = await own.list('pods');
  await own.until(
    'pods',
    pod?.metadata?.name ?? '',
    ({status}) => status?.containerStatuses?.[0]?.state?.waiting?.reason === 'ErrImagePull',
  );
  expect(await statusNow(own, 'deploy/image-not-found')).toMatchObject({
    phase: 'failed',
    causes: [{reason: 'ImageNotFound', doomed: true}],
  });
});

test('a bad version leaves the old one serving, and the way back is proposed', async () => {
  const own = await namespace();
  await own.apply(aDeployment('web', 'web:1', {spec: {replicas: 2}}));
  await rolledOut(own, 'deployments', 'web');
  await own.apply(aDeployment('web', 'web:9.9', {spec: {replicas: 2}, templateAnnotations: fault('image-not-found')}));
  const {available, causes} = await statusUntil(own, 'deploy/web', isBecause('failed', 'ImageNotFound'));
  expect(available).toBe(2);
  expect(causes[0]?.hint).toBe(`fix the tag, or go back:  kops rollout undo deploy/web -n ${own.name}`);

  const {code, stdout} = await own.kops(['rollout', 'status', 'deploy/web']);
  expect(code).toBe(3);
  expect(stdout).toContain('web:9.9: not found');
  expect(stdout).toContain(`kops rollout undo deploy/web -n ${own.name}`);
});
