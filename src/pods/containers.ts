import {printable} from '../text/printable.ts';
import {endingWords} from './crashes.ts';
import {
  type ContainerRole,
  conditionOf,
  containersOf,
  containerWords,
  type Pod,
  type PodContainer,
  type PodEvent,
} from './pod.ts';
import {isCrashLooping, lastEnding} from './restarts.ts';
import {isPulling} from './slow.ts';
import {type Trouble, tallyWords} from './trouble.ts';
import {findTroubles} from './troubles.ts';

/** `good` is as wanted, `waiting` may become so by itself, `wrong` needs somebody. */
export type Severity = 'good' | 'waiting' | 'wrong';

/** What a pod or a container is doing, in a word or two, for a list of many. */
export interface Doing {
  /** `ready`, `starting`, `pulling`, `crash looping`, `completed`, `terminating` … */
  readonly state: string;
  /** RFC 3339: since when. */
  readonly since: string | undefined;
  /** What the state leaves open: `readiness: HTTP 503 (2×)`, `web:2.0`. */
  readonly detail: string | undefined;
  readonly severity: Severity;
}

export interface ContainerDescription extends Doing {
  readonly name: string;
  readonly role: ContainerRole;
  readonly image: string | undefined;
  readonly restarts: number;
}

export interface PodDescription extends Doing {
  readonly containers: readonly ContainerDescription[];
}

/** What a pod is doing. `events` are those about this pod; without them states have fewer details. `now`: epoch milliseconds. */
export function describePod(pod: Pod, now: number, events: readonly PodEvent[] = []): PodDescription {
  const troubles = findTroubles(pod, events, now);
  const containers = containersOf(pod).map((container): ContainerDescription => {
    const {name, role, spec, status} = container;
    const trouble = troubles.find((candidate) => candidate.container === name);
    const doing = doingOf(container, pod, events, trouble, now);
    return {name, role, image: spec.image, restarts: status.restartCount ?? 0, ...doing};
  });
  return {...(wholePod(pod, troubles) ?? fromContainers(pod, containers)), containers};
}

/** What concerns the whole pod, before and after its containers do. */
function wholePod(pod: Pod, troubles: readonly Trouble[]): Doing | undefined {
  const {metadata, spec, status} = pod;
  const trouble = troubles.find(({container}) => container === undefined);
  const detail = trouble && words(trouble);
  if (metadata?.deletionTimestamp) {
    const severity = trouble?.reason === 'StuckTerminating' ? 'wrong' : 'waiting';
    return {state: 'terminating', since: asked(metadata), detail, severity};
  }
  const ended = conditionOf(pod, 'Ready')?.lastTransitionTime;
  if (status?.phase === 'Succeeded') return {state: 'completed', since: ended, detail: undefined, severity: 'good'};
  if (status?.phase === 'Failed') {
    const state = status.reason === 'Evicted' ? 'evicted' : 'failed';
    return {state, since: trouble?.since ?? ended, detail, severity: 'wrong'};
  }
  if (!spec?.nodeName) {
    const since = trouble?.since ?? metadata?.creationTimestamp;
    const state = trouble === undefined ? 'pending' : (UNSCHEDULED[trouble.reason] ?? 'unschedulable');
    return {state, since, detail, severity: state === 'unschedulable' ? 'wrong' : 'waiting'};
  }
  if (trouble === undefined) return undefined;
  const state = WHOLE[trouble.reason] ?? 'not ready';
  return {state, since: trouble.since, detail, severity: trouble.doomed || state !== 'pending' ? 'wrong' : 'waiting'};
}

const UNSCHEDULED: Readonly<Record<string, string>> = {SchedulingGated: 'gated', NotScheduled: 'pending'};
const WHOLE: Readonly<Record<string, string>> = {
  MissingConfigMap: 'config error',
  MissingSecret: 'config error',
  MissingConfigMapKey: 'config error',
  MissingSecretKey: 'config error',
  VolumeMountFailed: 'volume error',
  VolumeAttachFailed: 'volume error',
  VolumeInUse: 'volume error',
  SandboxFailed: 'network error',
  NotTakenUp: 'pending',
  NodeNotReady: 'node lost',
  NodeLost: 'node lost',
};

/** When the deletion was asked for: its timestamp is the end of the grace period. */
function asked({deletionTimestamp, deletionGracePeriodSeconds = 0}: NonNullable<Pod['metadata']>): string | undefined {
  const end = Date.parse(deletionTimestamp ?? '');
  return Number.isNaN(end) ? undefined : new Date(end - deletionGracePeriodSeconds * 1000).toISOString();
}

/** The first container in the order of starting that is not as it should be stands for the pod. */
function fromContainers(pod: Pod, containers: readonly ContainerDescription[]): Doing {
  const worst = containers.find(({severity}) => severity === 'wrong') ?? containers.find(({severity}) => severity === 'waiting');
  if (worst === undefined) {
    return {state: 'ready', since: conditionOf(pod, 'Ready')?.lastTransitionTime, detail: undefined, severity: 'good'};
  }
  const {state, since, detail, severity, role, name} = worst;
  const whose = role === 'app' ? (containers.filter((c) => c.role === 'app').length > 1 ? name : '') : `${role} ${name}`;
  return {state, since, detail: [whose, detail].filter(Boolean).join(': ') || undefined, severity};
}

function doingOf(
  container: PodContainer,
  pod: Pod,
  events: readonly PodEvent[],
  trouble: Trouble | undefined,
  now: number,
): Doing {
  const {status, role} = container;
  const {waiting, running, terminated} = status.state ?? {};
  const detail = trouble && words(trouble, container);
  const ended = lastEnding(status);
  const doing = (state: string, severity: Severity, since: string | undefined): Doing => ({state, severity, since, detail});

  if (isCrashLooping(container, now, events)) return doing('crash looping', 'wrong', running?.startedAt ?? ended?.finishedAt);
  if (running !== undefined) {
    if (role === 'init') return doing('running', 'waiting', running.startedAt);
    if (status.ready) return {...doing('ready', 'good', readySince(pod, running.startedAt)), detail: undefined};
    return wasReady(pod, running.startedAt)
      ? doing('not ready', 'wrong', conditionOf(pod, 'Ready')?.lastTransitionTime)
      : doing('starting', 'waiting', running.startedAt);
  }
  if (terminated !== undefined) {
    if (terminated.exitCode === 0 && role === 'init')
      return {...doing('completed', 'good', terminated.finishedAt), detail: undefined};
    return {...doing('ended', 'wrong', terminated.finishedAt), detail: detail ?? endingWords(terminated)};
  }
  if (trouble !== undefined) return doing(stateOf(waiting?.reason, trouble), trouble.doomed ? 'wrong' : 'waiting', trouble.since);
  const pulling = isPulling(container.name, events);
  if (pulling !== undefined) return {...doing('pulling', 'waiting', pulling), detail: printable(container.spec.image ?? '')};
  const since = conditionOf(pod, 'PodScheduled')?.lastTransitionTime ?? pod.metadata?.creationTimestamp;
  return doing(waiting?.reason === 'ContainerCreating' ? 'creating' : 'waiting', 'waiting', since);
}

/** Whether the pod has been ready since this container started: then it is not starting, but failing. */
function wasReady(pod: Pod, startedAt: string | undefined): boolean {
  const ready = conditionOf(pod, 'Ready');
  return ready?.status === 'False' && Date.parse(ready.lastTransitionTime ?? '') - Date.parse(startedAt ?? '') > 1000;
}

const readySince = (pod: Pod, startedAt: string | undefined): string | undefined => {
  const ready = conditionOf(pod, 'Ready');
  return ready?.status === 'True' ? ready.lastTransitionTime : startedAt;
};

function stateOf(waiting: string | undefined, {reason}: Trouble): string {
  if (reason === 'SlowPull') return 'pulling';
  if (reason === 'SlowCreation') return 'creating';
  if (waiting === 'CreateContainerConfigError') return 'config error';
  if (waiting === 'CreateContainerError' || waiting === 'RunContainerError') return 'cannot start';
  return 'image error';
}

/** A trouble's words; beside the container's own name, without that name. */
function words({message, tally}: Trouble, container?: PodContainer): string {
  const name = container === undefined ? undefined : containerWords(container);
  const prefix =
    [`${name}: `, `${name} cannot start: `, `${name} `].find((start) => name !== undefined && message.startsWith(start)) ?? '';
  return printable(`${message.slice(prefix.length)}${tallyWords(tally)}`);
}
