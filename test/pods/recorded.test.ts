import {describe, expect, test} from 'vitest';
import {describePod} from '../../src/pods/containers.ts';
import {tallyWords} from '../../src/pods/trouble.ts';
import {findTroubles} from '../../src/pods/troubles.ts';
import {type Recording, recordings} from '../support/recordings.ts';

/** What a kubelet 1.37 with containerd really wrote, and what is to be made of it. */
const EXPECTED: Record<string, string> = {
  'cannot-run':
    'cannot start: ContainerCannotRun doomed: web cannot start: exec: "nope": executable file not found in $PATH, 5 restarts',
  'cannot-run-backing-off':
    'crash looping: ContainerCannotRun doomed: web cannot start: exec: "nope": executable file not found in $PATH, 4 restarts',
  completed: 'completed',
  'config-missing-configmap': 'config error: MissingConfigMap doomed: ConfigMap web-config does not exist',
  'config-missing-key': 'config error: MissingConfigMapKey doomed: ConfigMap web-config has no key PORT',
  'config-missing-secret': 'config error: MissingSecret doomed: Secret web-secret does not exist',
  'config-missing-secret-key': 'config error: MissingSecretKey doomed: Secret web-secret has no key token',
  'crash-loop': 'crash looping: CrashLoopBackOff doomed: web exits with code 1, 3 restarts',
  'crash-loop-running': 'crash looping: CrashLoopBackOff doomed: web exits with code 1, 2 restarts',
  'crash-loop-terminated': 'crash looping: CrashLoopBackOff doomed: web exits with code 1, 4 restarts',
  failed: 'failed: Crashed: backup exits with code 2',
  healthy: 'ready',
  'image-invalid-name':
    'image error: InvalidImageName doomed: registry.example/Shop/web:1.0: not an image name (repository name (Shop/web) must be lowercase)',
  'image-never-pull':
    'image error: ImageNeverPull doomed: registry.example/shop/web:3.3: not on the node, and imagePullPolicy is Never',
  'image-not-found': 'image error: ImageNotFound doomed: registry.example/shop/web:9.9: not found',
  'image-not-found-pulling': 'image error: ImageNotFound doomed: registry.example/shop/web:9.9: not found',
  'image-unauthorized':
    'image error: ImagePullDenied doomed: registry.example/private/web:1.0: pull denied (no basic auth credentials)',
  'init-crash': 'crash looping: CrashLoopBackOff doomed: init container migrate exits with code 1, 5 restarts',
  'liveness-failing':
    'crash looping: LivenessProbeFailed doomed: web is restarted because its liveness probe fails: HTTP 404, 5 restarts',
  'liveness-failing-running':
    'crash looping: LivenessProbeFailed doomed: web is restarted because its liveness probe fails: HTTP 404, 5 restarts',
  'mount-missing-configmap': 'config error: MissingConfigMap doomed: ConfigMap web-config does not exist',
  'mount-missing-key': 'config error: MissingConfigMapKey doomed: ConfigMap web-config has no key app.yaml',
  'mount-missing-secret': 'config error: MissingSecret doomed: Secret web-tls does not exist',
  'oom-killed': 'crash looping: OOMKilled doomed: web is OOMKilled (limit 16Mi), 4 restarts',
  'post-start-failing': 'crash looping: PostStartHookFailed doomed: web is stopped because its postStart hook fails, 4 restarts',
  'readiness-503': 'starting: ReadinessProbeFailed: web: readiness: HTTP 503 (25×)',
  'readiness-exec':
    "starting: ReadinessProbeFailed: web: readiness: cat: can't open '/tmp/ready': No such file or directory (25×)",
  'readiness-failing': 'starting: ReadinessProbeFailed: web: readiness: HTTP 404 (25×)',
  'readiness-refused': 'starting: ReadinessProbeFailed: web: readiness: connection refused on :9999 (25×)',
  'registry-timeout': 'image error: RegistryUnreachable: cannot reach registry.slow.example (through 192.0.2.10): i/o timeout',
  'registry-unreachable': 'image error: RegistryUnreachable doomed: cannot reach registry.gone.example: no such host (4×)',
  'registry-unreachable-pulling':
    'image error: RegistryUnreachable doomed: cannot reach registry.gone.example: no such host (5×)',
  'run-as-non-root': 'config error: RunAsNonRoot doomed: web must not run as root, but its user is root or not a number',
  'sidecar-failing': 'crash looping: CrashLoopBackOff doomed: sidecar proxy exits with code 3, 3 restarts',
  'sidecar-not-started':
    'crash looping: StartupProbeFailed doomed: sidecar proxy is restarted because its startup probe fails: HTTP 404, 2 restarts',
  'startup-failing':
    'crash looping: StartupProbeFailed doomed: web is restarted because its startup probe fails: HTTP 404, 5 restarts',
  unschedulable: 'unschedulable: Unschedulable: no node has 500 cpu free (1 of 1: insufficient cpu)',
  'unschedulable-selector': 'unschedulable: Unschedulable: no node will do (1 of 1: do not match nodeSelector disk=ssd)',
};
const recorded = recordings('kubelet');

describe('a pod as a real kubelet left it', () => {
  test.each(Object.entries(EXPECTED))('%s', (name, expected) => {
    expect(told(recorded.get(name))).toBe(expected);
  });

  test('every recording of a pod is judged', () => {
    const withPod = [...recorded].filter(([, {pod}]) => pod !== undefined).map(([name]) => name);
    expect(Object.keys(EXPECTED).sort()).toEqual(withPod.sort());
  });
});

describe('from an older server, whose status says less', () => {
  test.each(['image-not-found', 'image-unauthorized', 'registry-unreachable'])('%s: a plain back-off, and the events', (name) => {
    const recording = recorded.get(name);
    const pod = structuredClone(recording?.pod);
    for (const {state} of pod?.status?.containerStatuses ?? []) {
      if (state?.waiting) state.waiting.message = state.waiting.message?.replace(/: ErrImagePull: .*$/s, '') ?? '';
    }
    expect(told({...recording, pod} as Recording)).toBe(EXPECTED[name]);
  });

  test.each(Object.keys(EXPECTED))('%s: without the conditions and fields that came after 1.29', (name) => {
    const recording = recorded.get(name);
    const pod = structuredClone(recording?.pod);
    if (pod?.status?.conditions) {
      pod.status.conditions = pod.status.conditions.filter(({type}) => type !== 'PodReadyToStartContainers');
      for (const condition of pod.status.conditions) delete condition.observedGeneration;
    }
    for (const status of pod?.status?.containerStatuses ?? []) {
      delete status.resources;
      delete status.user;
      delete status.volumeMounts;
    }
    expect(told({...recording, pod} as Recording)).toBe(EXPECTED[name]);
  });
});

function told(recording: Recording | undefined): string {
  const {pod, events, now} = recording ?? {};
  if (pod === undefined || events === undefined || now === undefined) throw new Error('no such recording');
  const about = events.filter(({involvedObject}) => involvedObject.uid === pod.metadata?.uid);
  const troubles = findTroubles(pod, about, now).map(
    ({reason, doomed, message, tally}) => `${reason}${doomed ? ' doomed' : ''}: ${message}${tallyWords(tally)}`,
  );
  return [describePod(pod, now, about).state, ...troubles].join(': ');
}
