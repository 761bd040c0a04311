import {isAbout, lastOf, lastTime} from './events.ts';
import {conditionOf, containersOf, containerWords, elapsed, type Pod, type PodEvent} from './pod.ts';
import type {Trouble} from './trouble.ts';

const PATIENCE_MS = 60_000;

/**
 * What a pod that nothing is wrong with takes so long for: an image that is being pulled, a container that is being made, an init container
 * that does not end.
 */
export function slowTrouble(pod: Pod, events: readonly PodEvent[], now: number): Trouble | undefined {
  return slowStart(pod, events, now) ?? slowInit(pod, now);
}

/** All other containers wait for an init container to end. */
function slowInit(pod: Pod, now: number): Trouble | undefined {
  const running = containersOf(pod).find(({role, status}) => role === 'init' && status.state?.running !== undefined);
  const since = running?.status.state?.running?.startedAt;
  if (running === undefined || (elapsed(since, now) ?? 0) < PATIENCE_MS) return undefined;
  const {name = 'POD', namespace = 'default'} = pod.metadata ?? {};
  return {
    reason: 'SlowInit',
    container: running.name,
    message: `${containerWords(running)} is still running`,
    doomed: false,
    since,
    fix: `see what it does: kubectl logs ${name} -c ${running.name} -n ${namespace}`,
    ofTemplate: false,
  };
}

function slowStart(pod: Pod, events: readonly PodEvent[], now: number): Trouble | undefined {
  const container = containersOf(pod).find(
    ({status}) => status.state?.waiting?.reason === 'ContainerCreating' || isFirstToStart(status.state?.waiting?.reason, pod),
  );
  if (container === undefined) return undefined;
  const pulling = isPulling(container.name, events);
  const since = pulling ?? conditionOf(pod, 'Initialized')?.lastTransitionTime ?? pod.status?.startTime;
  if ((elapsed(since, now) ?? 0) < PATIENCE_MS) return undefined;
  const message =
    pulling === undefined
      ? `${containerWords(container)} is still being created`
      : `still pulling ${container.spec.image ?? 'its image'}`;
  const fix = `kubectl describe pod ${pod.metadata?.name ?? 'POD'} -n ${pod.metadata?.namespace ?? 'default'}`;
  return {
    reason: pulling === undefined ? 'SlowCreation' : 'SlowPull',
    container: container.name,
    message,
    doomed: false,
    since,
    fix,
    ofTemplate: false,
  };
}

const isFirstToStart = (waiting: string | undefined, pod: Pod): boolean =>
  waiting === 'PodInitializing' && containersOf(pod).every(({status}) => !status.state?.running && !status.state?.terminated);

/** Since when a container's image has been pulled; undefined where it is not. */
export function isPulling(container: string, events: readonly PodEvent[]): string | undefined {
  let pulling: PodEvent | undefined;
  let ended = 0;
  for (const event of events) {
    if (!isAbout(event, container)) continue;
    if (event.reason === 'Pulling' && lastTime(event) >= (pulling ? lastTime(pulling) : 0)) pulling = event;
    if (event.reason === 'Pulled' || event.reason === 'Failed') ended = Math.max(ended, lastTime(event));
  }
  return pulling !== undefined && lastTime(pulling) > ended ? lastOf(pulling) : undefined;
}
