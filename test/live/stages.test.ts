import {readFileSync} from 'node:fs';
import type {V1ContainerStatus} from '@kubernetes/client-node';
import {describe, expect, test, vi} from 'vitest';
import type {Json} from '../../src/kube/json.ts';
import {type ObjectOf, resources} from '../../src/kube/resources.ts';
import {connectApi, pathTo} from '../support/api.ts';
import {type Fault, type FaultOptions, fault, pace} from '../support/faults.ts';
import {liveCluster, namespace} from '../support/live.ts';

type Pod = ObjectOf<'pods'>;
type Event = ObjectOf<'events'>;
interface Recording {
  readonly pod: Pod;
  readonly events: readonly Event[];
}

const recorded = (name: string): Recording =>
  JSON.parse(readFileSync(new URL(`../fixtures/kubelet/${name}.json`, import.meta.url), 'utf8'));
const shop = await namespace('kops-stages-');

describe.concurrent('a simulated pod gets to what a kubelet wrote', () => {
  test.each<[recording: string, fault: Fault | undefined, options?: FaultOptions]>([
    ['healthy', undefined],
    ['image-not-found', 'image-not-found'],
    ['image-not-found-pulling', 'image-not-found'],
    ['image-unauthorized', 'image-unauthorized'],
    ['registry-unreachable', 'registry-unreachable'],
    ['registry-unreachable-pulling', 'registry-unreachable'],
    ['config-missing-configmap', 'config-missing-configmap'],
    ['config-missing-secret', 'config-missing-secret'],
    ['config-missing-key', 'config-missing-key'],
    ['config-missing-secret-key', 'config-missing-secret-key'],
    ['mount-missing-configmap', 'mount-missing'],
    ['mount-missing-secret', 'mount-missing'],
    ['cannot-run', 'cannot-run', {backoff: 1}],
    ['cannot-run-backing-off', 'cannot-run', {backoff: 1}],
    ['crash-loop', 'crash-loop'],
    ['crash-loop-terminated', 'crash-loop', {backoff: 1}],
    ['crash-loop-running', 'crash-loop'],
    ['oom-killed', 'oom-killed'],
    ['init-crash', 'crash-loop', {container: 'migrate'}],
    ['sidecar-failing', 'crash-loop', {container: 'proxy', exitCode: 3}],
    [
      'liveness-failing',
      'liveness-failing',
      {exitCode: 0, message: 'Liveness probe failed: HTTP probe failed with statuscode: 404'},
    ],
    [
      'startup-failing',
      'startup-failing',
      {exitCode: 0, message: 'Startup probe failed: HTTP probe failed with statuscode: 404'},
    ],
    ['readiness-503', 'readiness-failing'],
  ])('%s', async (name, kind, options) => {
    const recording = recorded(name);
    await shop.apply(podLike(recording.pod, name, kind === undefined ? {} : fault(kind, options)));
    await vi.waitFor(
      async () => {
        const pod = await shop.get('pods', name);
        expect(stateOf(pod)).toEqual(stateOf(recording.pod));
        const complaints = complaintsAbout(pod, await shop.list('events'));
        expect(complaintsAbout(recording.pod, recording.events)).toEqual(expect.arrayContaining(complaints));
        if (kind !== undefined && name !== 'crash-loop-running') expect(complaints).not.toEqual([]);
      },
      {timeout: 50_000, interval: 100},
    );
  });
});

/** The part of a recorded pod's spec that a user wrote, to be made again. */
function podLike({spec}: Pod, name: string, annotations: Record<string, string>): Pod {
  const own = (volume: {name: string}) => !volume.name.startsWith('kube-api-access-');
  const containers = <T extends {volumeMounts?: {name: string}[]}>(list: readonly T[]): T[] =>
    list.map((container) => ({...container, volumeMounts: container.volumeMounts?.filter(own) ?? []}));
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {name, annotations},
    spec: {
      restartPolicy: spec?.restartPolicy ?? 'Always',
      volumes: spec?.volumes?.filter(own) ?? [],
      initContainers: containers(spec?.initContainers ?? []),
      containers: containers(spec?.containers ?? []),
    },
  };
}

/** What a pod's status says, without what differs from run to run: times, identities, how often. */
function stateOf(pod: Pod): unknown {
  const {phase, conditions = [], initContainerStatuses = [], containerStatuses = [], podIP, startTime} = pod.status ?? {};
  const text = JSON.stringify({
    phase,
    hasAddress: podIP !== undefined,
    hasStarted: startTime !== undefined,
    conditions: conditions
      .map(({type, status, reason, message, observedGeneration}) => ({type, status, reason, message, observedGeneration}))
      .sort((a, b) => a.type.localeCompare(b.type)),
    initContainers: initContainerStatuses.map(containerState),
    containers: containerStatuses.map(containerState),
  });
  return JSON.parse(neutral(text, pod));
}

const containerState = ({
  name,
  image,
  imageID,
  containerID,
  ready,
  started,
  restartCount,
  state,
  lastState,
}: Json<V1ContainerStatus>) => ({
  name,
  image,
  ready,
  started,
  state,
  lastState,
  restarted: restartCount > 0,
  hasImage: imageID !== '',
  hasContainer: containerID !== undefined,
});

/** Bad news about the pod: type, reason, container, message. */
function complaintsAbout(pod: Pod, events: readonly Event[]): string[] {
  return events
    .filter(
      ({type, reason, involvedObject}) =>
        involvedObject.uid === pod.metadata?.uid && (type === 'Warning' || reason === 'Killing'),
    )
    .map(({type, reason, message}) => neutral(`${type} ${reason}: ${message}`, pod));
}

function neutral(text: string, {metadata}: Pod): string {
  return text
    .replaceAll(`${metadata?.name}_${metadata?.namespace}(${metadata?.uid})`, 'POD')
    .replaceAll(` ${metadata?.namespace}/`, ' NAMESPACE/')
    .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g, 'TIME')
    .replace(/containerd:\/\/[0-9a-f]{64}/g, 'CONTAINER')
    .replace(/back-off \w+ restarting/g, 'back-off restarting')
    .replace(/ on [\d.]+:53/g, ' on DNS');
}

const WEB = {name: 'web', image: 'registry.example/shop/web:1.0'};
const pod = (name: string, annotations: Record<string, string>, spec: NonNullable<Pod['spec']> = {containers: [WEB]}): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {name, annotations},
  spec,
});
const isReady = ({status}: Pod): boolean => status?.conditions?.some((c) => c.type === 'Ready' && c.status === 'True') ?? false;
const statusOf = ({status}: Pod, container: string): Json<V1ContainerStatus> | undefined =>
  [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])].find(({name}) => name === container);
const secondsBetween = (from: string | undefined, to: string | undefined): number =>
  (Date.parse(to ?? '') - Date.parse(from ?? '')) / 1000;

describe.concurrent('a fault that heals shows first, then the pod gets ready', () => {
  test.each<[fault: Fault, shows: (pod: Pod) => boolean]>([
    ['registry-unreachable', (found) => statusOf(found, 'web')?.state?.waiting?.reason === 'ImagePullBackOff'],
    ['config-missing-secret', (found) => statusOf(found, 'web')?.state?.waiting?.reason === 'CreateContainerConfigError'],
    ['crash-loop', (found) => statusOf(found, 'web')?.state?.waiting?.reason === 'CrashLoopBackOff'],
    ['cannot-run', (found) => statusOf(found, 'web')?.state?.waiting?.reason === 'CrashLoopBackOff'],
    ['readiness-failing', (found) => statusOf(found, 'web')?.state?.running !== undefined && !isReady(found)],
    [
      'mount-missing',
      (found) => found.metadata?.annotations?.['lab.kops.dev/attempt'] === '1' && found.status?.podIP === undefined,
    ],
  ])('%s', async (kind, shows) => {
    const name = `heals-${kind}`;
    await shop.apply(pod(name, fault(kind, {seconds: 6}), {containers: [{...WEB, readinessProbe: {tcpSocket: {port: 80}}}]}));
    await shop.until('pods', name, shows, 20_000);
    await shop.until('pods', name, isReady, 20_000);
  });
});

describe.concurrent('the life of a simulated pod', () => {
  test('init containers run one after another, and the others after them', async () => {
    const shell = {image: 'registry.example/shop/shell:1.0'};
    const initContainers = [
      {name: 'first', ...shell},
      {name: 'sidecar', ...shell, restartPolicy: 'Always'},
      {name: 'second', ...shell},
    ];
    await shop.apply(pod('in-order', {}, {initContainers, containers: [WEB]}));
    const found = await shop.until('pods', 'in-order', isReady);
    const states = ['first', 'sidecar', 'second', 'web'].map((name) => statusOf(found, name)?.state);
    expect(states.map((state) => Object.keys(state ?? {})[0])).toEqual(['terminated', 'running', 'terminated', 'running']);
    const begun = states.map((state) => (state?.running ?? state?.terminated)?.startedAt ?? '');
    expect(begun).toEqual(begun.toSorted());
  });

  test('it starts as slowly as it is asked to', async () => {
    await shop.apply(pod('slow', pace({ready: 4})));
    const found = await shop.until('pods', 'slow', isReady);
    const readyAt = found.status?.conditions?.find(({type}) => type === 'Ready')?.lastTransitionTime;
    expect(secondsBetween(statusOf(found, 'web')?.state?.running?.startedAt, readyAt)).toBeGreaterThanOrEqual(4);
  });

  test('a fault of one container leaves the others alone', async () => {
    const containers = [WEB, {name: 'log', image: 'registry.example/shop/log:1.0'}];
    await shop.apply(pod('half', fault('image-not-found', {container: 'log'}), {containers}));
    const found = await shop.until('pods', 'half', (it) => statusOf(it, 'log')?.state?.waiting?.reason === 'ImagePullBackOff');
    expect(statusOf(found, 'web')).toMatchObject({ready: true, state: {running: {}}});
    expect(found.status?.phase).toBe('Pending');
  });

  test('deleted, it is gone long before its grace period ends', async () => {
    await shop.apply(pod('brief', {}, {terminationGracePeriodSeconds: 60, containers: [WEB]}));
    await shop.until('pods', 'brief', isReady);
    await shop.delete('pods', 'brief');
    await vi.waitFor(
      async () => expect((await shop.list('pods')).map(({metadata}) => metadata?.name)).not.toContain('brief'),
      10_000,
    );
  });

  test('it stops as slowly as it is asked to, and no slower than its grace period', async () => {
    await shop.apply(pod('stubborn', pace({stop: 60}), {terminationGracePeriodSeconds: 2, containers: [WEB]}));
    await shop.until('pods', 'stubborn', isReady);
    await shop.delete('pods', 'stubborn');
    expect((await shop.get('pods', 'stubborn')).metadata?.deletionTimestamp).toBeDefined();
    await vi.waitFor(
      async () => expect((await shop.list('pods')).map(({metadata}) => metadata?.name)).not.toContain('stubborn'),
      10_000,
    );
  });

  test.each([
    ['runs to completion', {}, 'Succeeded'],
    ['fails where its container does', fault('crash-loop', {exitCode: 2}), 'Failed'],
  ])('that of a Job %s', async (_case, annotations, phase) => {
    const name = `job-${phase.toLowerCase()}`;
    const template = {metadata: {annotations}, spec: {restartPolicy: 'Never', containers: [WEB]}};
    await shop.apply({apiVersion: 'batch/v1', kind: 'Job', metadata: {name}, spec: {backoffLimit: 0, template}} as never);
    await vi.waitFor(
      async () => expect((await shop.list('pods', `job-name=${name}`)).map(({status}) => status?.phase)).toEqual([phase]),
      10_000,
    );
  });

  test('that of a Job ends when it is deleted, though a finalizer holds it', async () => {
    const name = 'job-deleted';
    const template = {metadata: {annotations: pace({run: 300})}, spec: {restartPolicy: 'Never', containers: [WEB]}};
    await shop.apply({apiVersion: 'batch/v1', kind: 'Job', metadata: {name}, spec: {backoffLimit: 0, template}} as never);
    const pods = () => shop.list('pods', `job-name=${name}`);
    const [running] = await vi.waitFor(async () => {
      const found = await pods();
      expect(found.map(isReady)).toEqual([true]);
      return found;
    }, 10_000);
    expect(running?.metadata?.finalizers).toEqual(['batch.kubernetes.io/job-tracking']);
    await shop.delete('pods', running?.metadata?.name ?? '');
    await vi.waitFor(async () => expect(await pods()).toEqual([]), 20_000);
  });

  test('what its containers log can be read, of this run and the last', async () => {
    await shop.apply(pod('talks', fault('crash-loop')));
    await shop.until('pods', 'talks', (it) => statusOf(it, 'web')?.state?.waiting?.reason === 'CrashLoopBackOff');
    const api = connectApi(liveCluster().kubeconfig);
    const logs = (query: string) => api.send('GET', `${pathTo(resources.pods, shop.name, 'talks')}/log?${query}`);
    expect(await logs('container=web')).toBe('starting\nlistening on :8080\n');
    expect(await logs('container=web&previous=true&tailLines=1')).toBe('panic: DATABASE_URL is not set\n');
  });
});
