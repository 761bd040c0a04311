import {describe, expect, test} from 'vitest';
import {findTroubles} from '../../src/pods/troubles.ts';
import {ago, event, NOW, pod} from '../support/builders.ts';

function trouble(reason: string, message: string) {
  const subject = pod({phase: 'Pending', containers: [{waiting: {reason, message}}]});
  const failed = event(subject, {
    reason: 'Failed',
    message: `Error: ${message}`,
    fieldPath: 'spec.containers{web}',
    first: 30,
    count: 3,
  });
  const [first] = findTroubles(subject, [failed], NOW);
  return first && {reason: first.reason, message: first.message, doomed: first.doomed, since: first.since, fix: first.fix};
}

describe('what a container needs and the namespace does not have is named', () => {
  test.each([
    [
      'configmap "web-config" not found',
      'MissingConfigMap',
      'ConfigMap web-config does not exist',
      'create it: kubectl create configmap web-config -n shop --from-literal=KEY=VALUE',
    ],
    [
      'secret "web-tls" not found',
      'MissingSecret',
      'Secret web-tls does not exist',
      'create it: kubectl create secret generic web-tls -n shop --from-literal=KEY=VALUE',
    ],
    [
      "couldn't find key PORT in ConfigMap shop/web-config",
      'MissingConfigMapKey',
      'ConfigMap web-config has no key PORT',
      'add the key, or fix its name: kubectl get configmap web-config -o yaml -n shop',
    ],
    [
      "couldn't find key token in Secret shop/web",
      'MissingSecretKey',
      'Secret web has no key token',
      'add the key, or fix its name: kops secret decode web -n shop',
    ],
  ])('%s', (said, reason, message, fix) => {
    expect(trouble('CreateContainerConfigError', said)).toEqual({reason, message, doomed: true, since: ago(30), fix});
  });
});

describe('what is missing is no doom at first: it may have been made in the same moment', () => {
  const missing = (seconds: number, events: number) => {
    const message = 'secret "web-tls" not found';
    const subject = pod({
      phase: 'Pending',
      createdAt: ago(seconds),
      containers: [{waiting: {reason: 'CreateContainerConfigError', message}}],
    });
    const failed = event(subject, {reason: 'Failed', message: `Error: ${message}`, first: seconds, last: 0, count: events});
    return findTroubles(subject, events > 0 ? [failed] : [], NOW)[0];
  };
  test.each([
    ['said once', 1, 1, false],
    ['said twice', 1, 2, true],
    ['said for some seconds', 3, 1, true],
    ['in a pod of a second, without the right to read events', 1, 0, false],
    ['in a pod of some seconds, without the right to read events', 3, 0, true],
  ])('%s', (_case, seconds, events, doomed) => {
    expect(missing(seconds, events)).toMatchObject({reason: 'MissingSecret', doomed});
  });
});

test.each([
  'failed to sync configmap cache: timed out waiting for the condition',
  'failed to sync secret cache: timed out waiting for the condition',
  'services have not yet been read at least once, cannot construct envvars',
])('kubelet is still reading: %s', (said) => {
  expect(trouble('CreateContainerConfigError', said)).toMatchObject({reason: 'ConfigNotSynced', doomed: false});
});

test.each([
  [
    'CreateContainerConfigError',
    'container has runAsNonRoot and image will run as root (pod: "web_shop(1)", container: web)',
    'RunAsNonRoot',
    'web must not run as root, but its image runs as root',
    true,
  ],
  [
    'CreateContainerConfigError',
    'container has runAsNonRoot and image has non-numeric user (app), cannot verify user is non-root (pod: "web_shop(1)", container: web)',
    'RunAsNonRoot',
    'web must not run as root, but its user is root or not a number',
    true,
  ],
  [
    'CreateContainerConfigError',
    'failed to prepare subPath for volumeMount "data" of container "web"',
    'ContainerConfigError',
    'web: failed to prepare subPath for volumeMount "data" of container "web"',
    true,
  ],
  [
    'CreateContainerError',
    'failed to generate container "1" spec: failed to apply OCI options: no command specified',
    'CannotCreateContainer',
    'web: failed to generate container "1" spec: failed to apply OCI options: no command specified',
    true,
  ],
  ['CreateContainerError', 'context deadline exceeded', 'CannotCreateContainer', 'web: context deadline exceeded', false],
  [
    'CreateContainerError',
    'failed to reserve container name "web_1": name "web_1" is reserved for "2"',
    'CannotCreateContainer',
    'web: failed to reserve container name "web_1": name "web_1" is reserved for "2"',
    false,
  ],
  ['CreateContainerError', 'something else', 'CannotCreateContainer', 'web: something else', false],
])('%s: %s', (waiting, said, reason, message, doomed) => {
  expect(trouble(waiting, said)).toMatchObject({reason, message, doomed});
});

describe('a pod whose volumes cannot be mounted', () => {
  const volumes = [
    {name: 'config', configMap: {name: 'web-config'}},
    {name: 'tls', secret: {secretName: 'web-tls'}},
    {name: 'all', projected: {sources: [{secret: {name: 'web-all'}}, {downwardAPI: {}}]}},
    {name: 'data', persistentVolumeClaim: {claimName: 'web-data'}},
  ];
  function mounting(message: string, {reason = 'FailedMount', count = 3, waiting = 'ContainerCreating'} = {}) {
    const subject = pod({phase: 'Pending', containers: [{waiting: {reason: waiting}}], spec: {volumes}});
    const events = [
      event(subject, {reason, message, first: 20, last: 4, count}),
      event(subject, {
        reason: 'FailedMount',
        message:
          'Unable to attach or mount volumes: unmounted volumes=[config], unattached volumes=[]: timed out waiting for the condition',
        last: 1,
      }),
    ];
    const [first] = findTroubles(subject, events, NOW);
    return first && {reason: first.reason, message: first.message, doomed: first.doomed};
  }
  test.each([
    [
      'MountVolume.SetUp failed for volume "config" : configmap "web-config" not found',
      'MissingConfigMap',
      'ConfigMap web-config does not exist',
      true,
    ],
    [
      'MountVolume.SetUp failed for volume "tls" : secret "web-tls" not found',
      'MissingSecret',
      'Secret web-tls does not exist',
      true,
    ],
    [
      'MountVolume.SetUp failed for volume "config" : configmap references non-existent config key: app.yaml',
      'MissingConfigMapKey',
      'ConfigMap web-config has no key app.yaml',
      true,
    ],
    [
      'MountVolume.SetUp failed for volume "tls" : references non-existent secret key: tls.crt',
      'MissingSecretKey',
      'Secret web-tls has no key tls.crt',
      true,
    ],
    [
      'MountVolume.SetUp failed for volume "all" : references non-existent secret key: a',
      'MissingSecretKey',
      'Secret web-all has no key a',
      true,
    ],
    [
      'MountVolume.SetUp failed for volume "config" : failed to sync configmap cache: timed out waiting for the condition',
      'VolumeMountFailed',
      'volume config: failed to sync configmap cache: timed out waiting for the condition',
      false,
    ],
    [
      'MountVolume.SetUp failed for volume "host" : hostPath type check failed: /data is not a directory',
      'VolumeMountFailed',
      'volume host: hostPath type check failed: /data is not a directory',
      false,
    ],
  ])('%s', (said, reason, message, doomed) => {
    expect(mounting(said)).toEqual({reason, message, doomed});
  });

  test('once: what is missing may have been made in the same moment', () => {
    expect(mounting('MountVolume.SetUp failed for volume "config" : configmap "web-config" not found', {count: 1})?.doomed).toBe(
      false,
    );
  });

  test('because another node holds it', () => {
    const said = 'Multi-Attach error for volume "data" Volume is already used by pod(s) web-68cdd476b5-x';
    expect(mounting(said, {reason: 'FailedAttachVolume'})).toEqual({
      reason: 'VolumeInUse',
      message: 'volume web-data is still attached to another node',
      doomed: false,
    });
  });

  test('is in no such trouble any more once a container waits for something else', () => {
    const said = 'MountVolume.SetUp failed for volume "config" : configmap "web-config" not found';
    expect(mounting(said, {waiting: 'ErrImagePull'})?.reason).toBe('ImagePullFailed');
  });

  test('or whose network cannot be set up', () => {
    const said = `Failed to create pod sandbox: rpc error: code = Unknown desc = failed to setup network for sandbox "${'0a'.repeat(32)}": plugin type="bridge" failed (add): no IP addresses`;
    expect(mounting(said, {reason: 'FailedCreatePodSandBox'})).toMatchObject({reason: 'SandboxFailed', doomed: false});
    expect(mounting(said, {reason: 'FailedCreatePodSandBox'})?.message).toContain('no IP addresses');
    expect(mounting(said, {reason: 'FailedCreatePodSandBox'})?.message).not.toContain('0a0a');
  });
});
