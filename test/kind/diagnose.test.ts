import {describe, expect, test} from 'vitest';
import type {KubeObject} from '../../src/kube/json.ts';
import type {RolloutStatus} from '../../src/rollout/status.ts';
import {isBecause, statusUntil} from '../support/diagnosis.ts';
import {images} from '../support/images.ts';
import {namespace} from '../support/live.ts';
import {aDeployment, aStatefulSet, rolledOut} from '../support/rollouts.ts';

const home = await namespace();

const sh = (script: string) => ({command: ['sh', '-c', script]});
const probe = (path: string, port = 8080) => ({httpGet: {path, port}, periodSeconds: 1, failureThreshold: 2});
const key = (kind: 'configMap' | 'secret', name: string) => ({
  env: [{name: 'VALUE', valueFrom: {[`${kind}KeyRef`]: {name, key: 'nope'}}}],
});
const mount = {volumeMounts: [{name: 'data', mountPath: '/data'}]};
const volume = (source: object) => ({volumes: [{name: 'data', ...source}]});

interface Case {
  readonly image?: string;
  readonly container?: object;
  readonly podSpec?: object;
  readonly reason: string;
  readonly message: RegExp;
  /** Whether no time will mend it; so it is unless told. */
  readonly doomed?: boolean;
}

const CASES: Readonly<Record<string, Case>> = {
  'image-not-found': {image: images.missing, reason: 'ImageNotFound', message: /^localhost:5055\/web:9\.9: not found$/},
  'image-invalid': {
    image: 'localhost:5055/Web:1',
    reason: 'InvalidImageName',
    message: /^localhost:5055\/Web:1: not an image name/,
  },
  'image-never': {
    image: images.missing,
    container: {imagePullPolicy: 'Never'},
    reason: 'ImageNeverPull',
    message: /imagePullPolicy is Never$/,
  },
  'image-denied': {image: images.denied, reason: 'ImagePullDenied', message: /^localhost:5055\/private\/web:1\.0: /},
  'registry-unknown': {
    image: 'registry.invalid/web:1',
    reason: 'RegistryUnreachable',
    message: /^cannot reach registry\.invalid: /,
  },
  'registry-refuses': {
    image: 'localhost:5999/web:1',
    reason: 'RegistryUnreachable',
    message: /^cannot reach localhost:5999: connection refused \(\d×\)$/,
  },
  'no-configmap': {
    container: {envFrom: [{configMapRef: {name: 'nope'}}]},
    reason: 'MissingConfigMap',
    message: /^ConfigMap nope does not exist$/,
  },
  'no-secret': {
    container: {envFrom: [{secretRef: {name: 'nope'}}]},
    reason: 'MissingSecret',
    message: /^Secret nope does not exist$/,
  },
  'no-key': {
    container: key('configMap', 'settings'),
    reason: 'MissingConfigMapKey',
    message: /^ConfigMap settings has no key nope$/,
  },
  'no-secret-key': {container: key('secret', 'login'), reason: 'MissingSecretKey', message: /^Secret login has no key nope$/},
  'mount-no-configmap': {
    container: mount,
    podSpec: volume({configMap: {name: 'nope'}}),
    reason: 'MissingConfigMap',
    message: /^ConfigMap nope does not exist$/,
  },
  'mount-no-secret': {
    container: mount,
    podSpec: volume({secret: {secretName: 'nope'}}),
    reason: 'MissingSecret',
    message: /^Secret nope does not exist$/,
  },
  'mount-no-key': {
    container: mount,
    podSpec: volume({configMap: {name: 'settings', items: [{key: 'nope', path: 'nope'}]}}),
    reason: 'MissingConfigMapKey',
    message: /^ConfigMap settings has no key nope$/,
  },
  'mount-no-path': {
    container: mount,
    podSpec: volume({hostPath: {path: '/nope', type: 'Directory'}}),
    reason: 'VolumeMountFailed',
    message: /^volume data: hostPath type check failed.* \/nope is not a directory/,
    doomed: false,
  },
  crash: {image: images.broken, reason: 'CrashLoopBackOff', message: /^web exits with code 1, \d restarts?$/},
  'ends-well': {container: sh('true'), reason: 'CrashLoopBackOff', message: /^web exits with code 0, \d restarts?$/},
  'out-of-memory': {
    container: {...sh('x=x; while true; do x=$x$x; done'), resources: {limits: {memory: '16Mi'}}},
    reason: 'OOMKilled',
    message: /^web is OOMKilled \(limit 16Mi\), \d restarts?$/,
  },
  'no-command': {
    container: {command: ['nope']},
    reason: 'ContainerCannotRun',
    message: /^web cannot start: exec: "nope": executable file not found/,
  },
  'runs-as-root': {
    container: {securityContext: {runAsNonRoot: true}},
    reason: 'RunAsNonRoot',
    message: /^web must not run as root, but its image runs as root$/,
  },
  'post-start': {
    container: {lifecycle: {postStart: {exec: {command: ['false']}}}},
    reason: 'PostStartHookFailed',
    message: /^web is stopped because its postStart hook fails, \d restarts?$/,
  },
  unready: {
    container: {readinessProbe: probe('/nope')},
    reason: 'ReadinessProbeFailed',
    message: /^web: readiness: HTTP 404/,
    doomed: false,
  },
  'unready-refused': {
    container: {readinessProbe: probe('/', 9999)},
    reason: 'ReadinessProbeFailed',
    message: /^web: readiness: connection refused on :9999/,
    doomed: false,
  },
  unlively: {
    container: {livenessProbe: probe('/nope')},
    reason: 'LivenessProbeFailed',
    message: /^web is restarted because its liveness probe fails: HTTP 404, \d restarts?$/,
  },
  'never-started': {
    container: {startupProbe: probe('/nope')},
    reason: 'StartupProbeFailed',
    message: /^web is restarted because its startup probe fails: HTTP 404, \d restarts?$/,
  },
  'init-fails': {
    podSpec: {initContainers: [{name: 'migrate', image: images.shell, ...sh('exit 7')}]},
    reason: 'CrashLoopBackOff',
    message: /^init container migrate exits with code 7, \d restarts?$/,
  },
  'sidecar-fails': {
    podSpec: {initContainers: [{name: 'proxy', image: images.shell, restartPolicy: 'Always', ...sh('exit 3')}]},
    reason: 'CrashLoopBackOff',
    message: /^sidecar proxy exits with code 3, \d restarts?$/,
  },
  evicted: {
    container: {...sh('dd if=/dev/zero of=/data/full bs=1M count=8; sleep 600'), ...mount},
    podSpec: volume({emptyDir: {sizeLimit: '1Mi'}}),
    reason: 'Evicted',
    message: /^evicted: Usage of EmptyDir volume "data" exceeds the limit "1Mi"/,
    doomed: false,
  },
};

function deploymentOf(name: string, {image = images.web10, container, podSpec}: Case): KubeObject {
  const selector = {matchLabels: {app: name}};
  const spec = {terminationGracePeriodSeconds: 1, ...podSpec, containers: [{name: 'web', image, ...container}]};
  const template = {metadata: {labels: {app: name}}, spec};
  return {apiVersion: 'apps/v1', kind: 'Deployment', metadata: {name}, spec: {replicas: 1, selector, template}} as KubeObject;
}

describe("a real kubelet's trouble is named, and doomed where no time mends it", async () => {
  await home.apply(
    {apiVersion: 'v1', kind: 'ConfigMap', metadata: {name: 'settings'}},
    {apiVersion: 'v1', kind: 'Secret', metadata: {name: 'login'}},
    ...Object.entries(CASES).map(([name, state]) => deploymentOf(name, state)),
  );

  test.concurrent.each(Object.entries(CASES))('%s', async (name, {reason, message, doomed = true}) => {
    // A probe that fails while the program starts says something else at first.
    const isSo = doomed
      ? isBecause('failed', reason)
      : ({causes}: Pick<RolloutStatus, 'causes'>) =>
          causes.some((cause) => cause.reason === reason && !cause.doomed && message.test(cause.message));
    const {causes} = await statusUntil(home, `deploy/${name}`, isSo, 110_000);
    const cause = causes.find((candidate) => candidate.reason === reason);
    expect(cause?.message).toMatch(message);
    expect(cause?.object).toMatch(new RegExp(`^pod/${name}-`));
  });
});

test('a container that crashes shows its last words, and the command line says so too', async () => {
  const {causes} = await statusUntil(
    home,
    'deploy/crash',
    (status) => isBecause('failed', 'CrashLoopBackOff')(status) && status.causes[0]?.log !== undefined,
  );
  expect(causes[0]?.log).toEqual(['panic: DATABASE_URL is not set']);
  const {code, stdout} = await home.kops(['rollout', 'status', 'deploy/crash']);
  expect(code).toBe(3);
  expect(stdout).toContain('panic: DATABASE_URL is not set');
});

test.each([
  [
    'crashes once and then runs',
    {...sh('test -f /data/ran || { touch /data/ran; sleep 1; exit 1; }; exec /bin/web'), readinessProbe: probe('/'), ...mount},
    volume({emptyDir: {}}),
  ],
  ['takes its time to be ready', {...sh('sleep 4; exec /bin/web'), readinessProbe: probe('/')}, {}],
])('a container that %s dooms nothing', async (_case, container, podSpec) => {
  const own = await namespace();
  await own.apply(deploymentOf('web', {container, podSpec, reason: '', message: /./}));
  const seen = new Set<string>();
  await statusUntil(own, 'deploy/web', ({phase, available}) => {
    seen.add(phase);
    return phase === 'healthy' && available === 1;
  });
  expect([...seen]).not.toContain('failed');
});

test('a StatefulSet that was put right is still blocked by its broken pod, until somebody deletes that (kubernetes#67250)', async () => {
  const own = await namespace();
  await own.apply(aStatefulSet('db', images.web10));
  await rolledOut(own, 'statefulsets', 'db');
  await own.apply(aStatefulSet('db', images.missing));
  const broken = await statusUntil(own, 'sts/db', ({causes}) => causes.some(({reason}) => reason === 'StatefulSetBlocked'));
  expect(broken.causes.map(({reason, message}) => `${reason}: ${message}`)).toEqual([
    `ImageNotFound: ${images.missing}: not found`,
    'StatefulSetBlocked: db-1 is not ready, and 1 other pod waits for it (OrderedReady)',
  ]);
  await own.apply(aStatefulSet('db', images.web11));
  const {causes} = await statusUntil(own, 'sts/db', isBecause('failed', 'StatefulSetBlocked'));
  expect(causes[0]?.hint).toBe(`delete it: kubectl delete pod db-1 -n ${own.name}`);
  await own.delete('pods', 'db-1');
  await statusUntil(own, 'sts/db', ({phase}) => phase === 'healthy');
});

test('a bad version leaves the old one serving', async () => {
  const own = await namespace();
  await own.apply(aDeployment('web', images.web10));
  await rolledOut(own, 'deployments', 'web');
  await own.apply(aDeployment('web', images.missing));
  const {available, causes} = await statusUntil(own, 'deploy/web', isBecause('failed', 'ImageNotFound'));
  expect(available).toBe(2);
  expect(causes[0]?.hint).toBe(`fix the tag, or go back:  kops rollout undo deploy/web -n ${own.name}`);
});
