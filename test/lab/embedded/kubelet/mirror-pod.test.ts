import type {V1Pod} from '@kubernetes/client-node';
import {expect, test} from 'vitest';
import {stringify} from 'yaml';
import type {Json} from '../../../../src/kube/json.ts';
import {decodePod} from '../../../../src/lab/embedded/kubelet/manifest.ts';
import {mirrorWrites, type RunningPod, type Write} from '../../../../src/lab/embedded/kubelet/mirror-pod.ts';
import type {ContainerStatus} from '../../../../src/lab/embedded/kubelet/status.ts';

const NOW = Date.parse('2026-11-23T10:00:00.500Z');
const node = {name: 'n', uid: 'node-uid'};

const pod = (image = 'web:1') =>
  decodePod(
    stringify({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {name: 'web', namespace: 'kube-system', annotations: {a: 'b'}, labels: {tier: 'control-plane'}},
      spec: {containers: [{name: 'c', image, command: ['etcd']}], hostNetwork: true},
    }),
    'n',
    '/m/web.yaml',
  );
const running: ContainerStatus = {
  name: 'c',
  program: 'etcd',
  state: 'running',
  pid: 7,
  startedAt: NOW - 5_000,
  ready: true,
  restarts: 0,
};
const run = (container: ContainerStatus = running, image?: string): RunningPod => ({
  pod: pod(image),
  startedAt: NOW - 6_000,
  containers: [container],
});

/** What the API server has after these writes. */
function after(writes: readonly Write[], before: Json<V1Pod>[] = []): Json<V1Pod>[] {
  return writes.reduce<Json<V1Pod>[]>((pods, {method, body}) => {
    if (method === 'DELETE') return [];
    if (method === 'PATCH') return pods.map((one) => ({...one, ...(body as Json<V1Pod>)}));
    const made = body as Json<V1Pod>;
    return [{...made, metadata: {...made.metadata, uid: 'mirror-uid'}, status: {phase: 'Pending', qosClass: 'BestEffort'}}];
  }, before);
}
const shown = (one: RunningPod): Json<V1Pod>[] => {
  const created = after(mirrorWrites([one], [], node, NOW));
  return after(mirrorWrites([one], created, node, NOW), created);
};
const verbs = (writes: readonly Write[]) => writes.map(({method, path}) => `${method} ${path.split('/').slice(5).join('/')}`);

test('a static pod is shown as a pod of the node, marked with its hash', () => {
  const [creation] = mirrorWrites([run()], [], node, NOW);
  const {uid} = pod();
  expect(creation).toMatchObject({
    method: 'POST',
    path: '/api/v1/namespaces/kube-system/pods',
    body: {
      metadata: {
        name: 'web-n',
        labels: {tier: 'control-plane'},
        annotations: {
          a: 'b',
          'kubernetes.io/config.hash': uid,
          'kubernetes.io/config.mirror': uid,
          'kubernetes.io/config.source': 'file',
        },
        ownerReferences: [{kind: 'Node', name: 'n', uid: 'node-uid', controller: true}],
      },
      spec: {nodeName: 'n', hostNetwork: true, tolerations: [{effect: 'NoExecute', operator: 'Exists'}]},
    },
  });
});

test('then it is running and ready, and nothing is written any more', () => {
  const mirrors = shown(run());
  expect(mirrors[0]?.status).toMatchObject({
    phase: 'Running',
    startTime: '2026-11-23T09:59:54Z',
    containerStatuses: [{name: 'c', ready: true, restartCount: 0, state: {running: {startedAt: '2026-11-23T09:59:55Z'}}}],
  });
  expect(mirrors[0]?.status?.conditions).toContainEqual({
    type: 'Ready',
    status: 'True',
    lastTransitionTime: '2026-11-23T10:00:00Z',
  });
  expect(mirrorWrites([run()], mirrors, node, NOW + 60_000)).toEqual([]);
});

test.each<[string, RunningPod, string[]]>([
  ['another hash', run(running, 'web:2'), ['DELETE pods/web-n', 'POST pods']],
  ['a restart', run({...running, restarts: 1, startedAt: NOW}), ['PATCH pods/web-n/status']],
  ['a container that is not ready any more', run({...running, ready: false}), ['PATCH pods/web-n/status']],
])('after %s', (_case, now, expected) => {
  expect(verbs(mirrorWrites([now], shown(run()), node, NOW))).toEqual(expected);
});

test('one that somebody deletes is let go and made again', () => {
  const [mirror] = shown(run());
  const going = [{...mirror, metadata: {...mirror?.metadata, deletionTimestamp: '2026-11-23T10:00:00Z'}}];
  const writes = mirrorWrites([run()], going, node, NOW);
  expect(verbs(writes)).toEqual(['DELETE pods/web-n', 'POST pods']);
  expect(writes[0]?.body).toMatchObject({gracePeriodSeconds: 0, preconditions: {uid: 'mirror-uid'}});
});

test('one whose static pod is gone goes; pods that are no mirrors stay', () => {
  const other: Json<V1Pod> = {metadata: {name: 'app', namespace: 'default'}};
  expect(verbs(mirrorWrites([], [...shown(run()), other], node, NOW))).toEqual(['DELETE pods/web-n']);
});

test('a container in a crash loop says why it waits and how its last run ended', () => {
  const waiting: ContainerStatus = {
    name: 'c',
    program: 'etcd',
    state: 'waiting',
    reason: 'CrashLoopBackOff',
    message: 'back-off 2s',
    ready: false,
    restarts: 3,
    last: {exitCode: 1, startedAt: NOW - 3_000, endedAt: NOW - 2_000},
  };
  const [mirror] = shown(run(waiting));
  expect(mirror?.status).toMatchObject({
    phase: 'Running',
    containerStatuses: [
      {
        restartCount: 3,
        ready: false,
        state: {waiting: {reason: 'CrashLoopBackOff', message: 'back-off 2s'}},
        lastState: {terminated: {exitCode: 1, reason: 'Error', finishedAt: '2026-11-23T09:59:58Z'}},
      },
    ],
  });
  expect(mirror?.status?.conditions?.find(({type}) => type === 'Ready')?.status).toBe('False');
});

test('a container that could not be started yet leaves the pod pending', () => {
  const {pid: _, startedAt: __, ...rest} = running as Extract<ContainerStatus, {state: 'running'}>;
  const [mirror] = shown(run({...rest, state: 'waiting', reason: 'ErrImagePull', ready: false}));
  expect(mirror?.status).toMatchObject({phase: 'Pending', containerStatuses: [{state: {waiting: {reason: 'ErrImagePull'}}}]});
});
