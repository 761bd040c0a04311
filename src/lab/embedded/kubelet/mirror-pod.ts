import {createHash} from 'node:crypto';
import type {V1ContainerState, V1ContainerStatus, V1Pod, V1PodCondition, V1PodStatus} from '@kubernetes/client-node';
import type {Json} from '../../../kube/json.ts';
import {keyOf, type StaticPod} from './manifest.ts';
import type {ContainerStatus, Ended} from './status.ts';

const MIRROR = 'kubernetes.io/config.mirror';
/** Labs are on loopback. */
const ADDRESS = '127.0.0.1';

export interface RunningPod {
  readonly pod: StaticPod;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  readonly containers: readonly ContainerStatus[];
}

/** A request to the API server. */
export interface Write {
  readonly method: 'POST' | 'PATCH' | 'DELETE';
  readonly path: string;
  /** JSON; of a PATCH a merge patch, RFC 7396. */
  readonly body: object;
}

/**
 * What makes the API server's pods of a node mirror its static pods, as the kubelet does it (tryReconcileMirrorPods): a mirror of another
 * hash, or one that somebody deletes, is deleted at once and made again. `found`: all pods bound to the node; `now`: milliseconds since 1970.
 */
export function mirrorWrites(
  running: readonly RunningPod[],
  found: readonly Json<V1Pod>[],
  node: {readonly name: string; readonly uid: string},
  now: number,
): Write[] {
  const mirrors = new Map(found.filter(isMirror).map((pod) => [`${pod.metadata?.namespace}/${pod.metadata?.name}`, pod]));
  const wanted = new Set(running.map(({pod}) => keyOf(pod)));
  const orphans = [...mirrors].filter(([key]) => !wanted.has(key)).map(([, mirror]) => removal(mirror));
  return [...orphans, ...running.flatMap((one) => writesFor(one, mirrors.get(keyOf(one.pod)), node, now))];
}

function writesFor(
  one: RunningPod,
  mirror: Json<V1Pod> | undefined,
  node: {readonly name: string; readonly uid: string},
  now: number,
): Write[] {
  const {pod} = one;
  const creation: Write = {method: 'POST', path: `/api/v1/namespaces/${pod.namespace}/pods`, body: mirrorOf(pod, node, now)};
  if (!mirror) return [creation];
  if (mirror.metadata?.deletionTimestamp !== undefined || mirror.metadata?.annotations?.[MIRROR] !== pod.uid)
    return [removal(mirror), creation];
  const status = statusOf(one, mirror.status, now);
  if (agrees(status, mirror.status)) return [];
  return [{method: 'PATCH', path: `/api/v1/namespaces/${pod.namespace}/pods/${pod.name}/status`, body: {status}}];
}

const isMirror = ({metadata}: Json<V1Pod>): boolean => metadata?.annotations?.[MIRROR] !== undefined;

const removal = ({metadata}: Json<V1Pod>): Write => ({
  method: 'DELETE',
  path: `/api/v1/namespaces/${metadata?.namespace}/pods/${metadata?.name}`,
  body: {apiVersion: 'v1', kind: 'DeleteOptions', gracePeriodSeconds: 0, preconditions: {uid: metadata?.uid}},
});

function mirrorOf({object, name, namespace, uid}: StaticPod, node: {name: string; uid: string}, now: number): object {
  const {metadata, spec} = object;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace,
      labels: metadata?.labels,
      annotations: {
        ...metadata?.annotations,
        'kubernetes.io/config.hash': uid,
        [MIRROR]: uid,
        'kubernetes.io/config.seen': new Date(now).toISOString(),
        'kubernetes.io/config.source': 'file',
      },
      ownerReferences: [{apiVersion: 'v1', kind: 'Node', name: node.name, uid: node.uid, controller: true}],
    },
    spec: {
      ...spec,
      nodeName: node.name,
      tolerations: [...(spec?.tolerations ?? []), {effect: 'NoExecute', operator: 'Exists'}],
    },
  };
}

function statusOf({pod, startedAt, containers}: RunningPod, before: Json<V1PodStatus> | undefined, now: number): object {
  const ready = containers.every((container) => container.ready);
  const hasRun = containers.every(({state, restarts, last}) => state === 'running' || restarts > 0 || last !== undefined);
  const condition = (type: string, isTrue: boolean): Json<V1PodCondition> => {
    const status = isTrue ? 'True' : 'False';
    const known = before?.conditions?.find((one) => one.type === type && one.status === status);
    return {type, status, lastTransitionTime: known?.lastTransitionTime ?? toTime(now)};
  };
  return {
    phase: hasRun ? 'Running' : 'Pending',
    conditions: [
      condition('PodReadyToStartContainers', true),
      condition('Initialized', true),
      condition('Ready', ready),
      condition('ContainersReady', ready),
      condition('PodScheduled', true),
    ],
    hostIP: ADDRESS,
    hostIPs: [{ip: ADDRESS}],
    podIP: ADDRESS,
    podIPs: [{ip: ADDRESS}],
    startTime: before?.startTime ?? toTime(startedAt),
    containerStatuses: containers.map((container) => containerStatus(container, pod)),
  };
}

function containerStatus(container: ContainerStatus, pod: StaticPod): Json<V1ContainerStatus> {
  const {name, ready, restarts, last} = container;
  const image = pod.containers.find((one) => one.name === name)?.image ?? '';
  const idOf = (run: number) => `containerd://${sha256(`${pod.uid}/${name}/${run}`)}`;
  const isRunning = container.state === 'running';
  return {
    name,
    image,
    imageID: `sha256:${sha256(image)}`,
    ...((isRunning || last) && {containerID: idOf(restarts)}),
    ready,
    started: isRunning,
    restartCount: restarts,
    state: stateOf(container),
    lastState: last ? {terminated: terminated(last, idOf(isRunning ? restarts - 1 : restarts))} : {},
  };
}

function stateOf(container: ContainerStatus): Json<V1ContainerState> {
  if (container.state === 'running') return {running: {startedAt: toTime(container.startedAt)}};
  const {reason, message} = container;
  return {waiting: {reason, ...(message !== undefined && {message})}};
}

function terminated({exitCode, startedAt, endedAt}: Ended, containerID: string) {
  const reason = exitCode === undefined ? 'ContainerStatusUnknown' : exitCode === 0 ? 'Completed' : 'Error';
  return {exitCode: exitCode ?? 137, reason, startedAt: toTime(startedAt), finishedAt: toTime(endedAt), containerID};
}

/** Whether all that is wanted is there. */
function agrees(wanted: unknown, found: unknown): boolean {
  if (Array.isArray(wanted))
    return Array.isArray(found) && wanted.length === found.length && wanted.every((one, i) => agrees(one, found[i]));
  if (typeof wanted !== 'object' || wanted === null) return wanted === found;
  if (typeof found !== 'object' || found === null) return false;
  return Object.entries(wanted).every(([key, one]) => agrees(one, (found as Record<string, unknown>)[key]));
}

/** RFC 3339 in whole seconds, as the API has it. */
const toTime = (milliseconds: number): string => new Date(milliseconds).toISOString().replace(/\.\d+Z$/, 'Z');
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
