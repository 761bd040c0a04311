import {isAbout, lastTime, messageOf} from './events.ts';
import {type ContainerStatus, containersOf, elapsed, type Pod, type PodContainer, type PodEvent, type Terminated} from './pod.ts';

/** kubelet forgets its back-off once a container has run this long. Source: twice MaxContainerBackOff. */
const STEADY_MS = 10 * 60_000;
/** Times in a container's status are whole seconds. */
const ROUNDING_MS = 2000;
/** A clock further behind the cluster's tells nothing about how long a container has been running. */
const SKEW_MS = 5000;

/** How the container's present run, or else its last one, ended. */
export const lastEnding = ({state, lastState}: ContainerStatus): Terminated | undefined =>
  state?.terminated ?? lastState?.terminated;

/**
 * Whether a container starts and fails again and again. Its status need not say so: from 1.37 on it stays `terminated` while kubelet backs
 * off, and between two back-offs the container runs for a moment. Then the event of the back-off tells, or how often it was restarted and
 * how long it last ran. `events` are those about its pod. `now`: epoch milliseconds.
 */
export function isCrashLooping({name, role, status}: PodContainer, now: number, events: readonly PodEvent[] = []): boolean {
  const {state, restartCount = 0} = status;
  if (state?.waiting?.reason === 'CrashLoopBackOff') return true;
  const ending = lastEnding(status);
  if (ending === undefined || restartCount < 1) return false;
  if (role === 'init' && state?.terminated?.exitCode === 0) return false;
  if (state?.terminated !== undefined && events.some((event) => isAbout(event, name) && isBackOff(event, ending))) return true;
  const ran = runtimeOf(ending);
  if (restartCount < 2 || ran > STEADY_MS) return false; // the first restart comes without back-off
  if (state?.running === undefined) return state?.terminated !== undefined;
  const running = elapsed(state.running.startedAt, now);
  return running !== undefined && running >= -SKEW_MS && running <= ran + ROUNDING_MS;
}

/** Whether kubelet has said since a run ended that it waits before the next one. */
const isBackOff = (event: PodEvent, {finishedAt}: Terminated): boolean =>
  event.reason === 'BackOff' &&
  messageOf(event).startsWith('Back-off restarting failed container') &&
  lastTime(event) >= (Date.parse(finishedAt ?? '') || Number.POSITIVE_INFINITY);

/** Milliseconds that a run lasted. One that never started has the epoch as its start. */
function runtimeOf({startedAt, finishedAt}: Terminated): number {
  const started = Date.parse(startedAt ?? '');
  const finished = Date.parse(finishedAt ?? '');
  return started > 0 && finished >= started ? finished - started : 0;
}

export const keepsCrashing = (pod: Pod, now: number): boolean =>
  containersOf(pod).some((container) => isCrashLooping(container, now));
