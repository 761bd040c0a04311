/**
 * Faults that pods of an embedded lab ask for by annotations; src/lab/stages/fault-*.yaml acts them out with the statuses and events
 * that a kubelet writes. Only tests and demonstrations know these names: diagnosis reads what a real cluster has too.
 */
export const FAULTS = [
  // The image cannot be pulled: ErrImagePull and ImagePullBackOff in turn.
  'image-not-found',
  'image-unauthorized',
  'registry-unreachable',
  'registry-timeout',
  // CreateContainerConfigError. Names come from the container's env and envFrom.
  'config-missing-configmap',
  'config-missing-secret',
  'config-missing-key',
  'config-missing-secret-key',
  // FailedMount events; the pod stays in ContainerCreating, without an address. Names come from the pod's volumes.
  'mount-missing',
  // The container's command is not in the image: RunContainerError, then CrashLoopBackOff; exit code 128, StartError.
  'cannot-run',
  // The container runs and ends: restarted at once, then CrashLoopBackOff.
  'crash-loop',
  'oom-killed',
  // The kubelet kills it after as many failures as its probe allows: Unhealthy and Killing events, then CrashLoopBackOff.
  'liveness-failing',
  'startup-failing',
  // The container runs and is never ready: Unhealthy events, more and more of them.
  'readiness-failing',
] as const;
export type Fault = (typeof FAULTS)[number];

export interface FaultOptions {
  /** Which container, of all sorts; the first that is no init container. An init container or sidecar must be named. */
  readonly container?: string;
  /** The kubelet's sentence, in place of the one that fits the pod. */
  readonly message?: string;
  /** What the container ends with; 1 in a crash-loop, 137 where it is killed. */
  readonly exitCode?: number;
  /** Heals this long after the pod's start, at the earliest in its first back-off, where it stays until then. */
  readonly seconds?: number;
  /** Seconds of the first back-off, which doubles up to 300; 10, as a kubelet has it. */
  readonly backoff?: number;
  /** Seconds that a container of a crash loop runs; 1. */
  readonly run?: number;
}

/** Annotations for a pod, or for a workload's pod template. */
export function fault(
  name: Fault,
  {container, message, exitCode, seconds, backoff, run}: FaultOptions = {},
): Record<string, string> {
  return annotations({
    fault: name,
    'fault-container': container,
    'fault-message': message,
    'fault-exit-code': exitCode,
    'fault-seconds': seconds,
    'backoff-seconds': backoff,
    'run-seconds': run,
  });
}

/** How long a healthy pod of an embedded lab takes, in seconds. */
export interface Pace {
  /** From a container's start until it is ready; else what its probes' `initialDelaySeconds` add up to. */
  readonly ready?: number;
  /** That the containers of a Job run; 1. */
  readonly run?: number;
  /** From its deletion until it is gone, at most its grace period; 0.3. */
  readonly stop?: number;
}

/** Annotations for a pod, or for a workload's pod template. */
export const pace = ({ready, run, stop}: Pace): Record<string, string> =>
  annotations({'ready-seconds': ready, 'run-seconds': run, 'stop-seconds': stop});

const annotations = (values: Record<string, string | number | undefined>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) => (value === undefined ? [] : [[`lab.kops.dev/${name}`, `${value}`]])),
  );
