import {type ContainerRole, type ContainerStatus, containersOf, elapsed, type Pod, type Terminated} from './pod.ts';

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
 * Whether a container starts and fails again and again. kubelet says so only while it backs off: between two back-offs the container runs
 * for a moment, or has just ended, and its status must be read together with that of the run before. `now`: epoch milliseconds.
 */
export function isCrashLooping(status: ContainerStatus, role: ContainerRole, now: number): boolean {
  const {state, restartCount = 0} = status;
  if (state?.waiting?.reason === 'CrashLoopBackOff') return true;
  const ending = lastEnding(status);
  if (restartCount < 2 || ending === undefined) return false; // the first restart comes without back-off
  if (role === 'init' && state?.terminated?.exitCode === 0) return false;
  const ran = runtimeOf(ending);
  if (ran > STEADY_MS) return false;
  if (state?.running === undefined) return state?.terminated !== undefined;
  const running = elapsed(state.running.startedAt, now);
  return running !== undefined && running >= -SKEW_MS && running <= ran + ROUNDING_MS;
}

/** Milliseconds that a run lasted. One that never started has the epoch as its start. */
export function runtimeOf({startedAt, finishedAt}: Terminated): number {
  const started = Date.parse(startedAt ?? '');
  const finished = Date.parse(finishedAt ?? '');
  return started > 0 && finished >= started ? finished - started : 0;
}

export const keepsCrashing = (pod: Pod, now: number): boolean =>
  containersOf(pod).some(({status, role}) => isCrashLooping(status, role, now));
