import {readFileSync} from 'node:fs';

/** How a run of a container ended. Times in milliseconds since 1970. */
export interface Ended {
  /** As a shell has it: 128 + n where signal n ended it. Undefined where nobody saw it end. */
  readonly exitCode: number | undefined;
  readonly startedAt: number;
  readonly endedAt: number;
}

export type ContainerState =
  | {readonly state: 'running'; readonly pid: number /** Milliseconds since 1970. */; readonly startedAt: number}
  | {
      readonly state: 'waiting';
      /** In the kubelet's words: `ContainerCreating`, `CrashLoopBackOff`, `ErrImagePull` … */
      readonly reason: string;
      readonly message?: string;
    };

/** A container of a static pod, as its node's kubelet sees it. */
export type ContainerStatus = ContainerState & {
  readonly name: string;
  /** `kube-apiserver` … */
  readonly program: string;
  /** Its probe says so; true of a container without one that runs. */
  readonly ready: boolean;
  readonly restarts: number;
  /** Its last run that ended by itself. */
  readonly last?: Ended;
};

/** What a kubelet writes down whenever it changes. */
export interface PodsStatus {
  /** The kubelet's own. */
  readonly pid: number;
  readonly pods: readonly PodStatus[];
}

export interface PodStatus {
  /** `kube-apiserver-NODE` */
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
  /** Its manifest, as a path on the node. */
  readonly file: string;
  readonly containers: readonly ContainerStatus[];
}

/** What the kubelet with this pid wrote; undefined where that one wrote nothing. */
export function readPodsStatus(path: string, pid: number | undefined): PodsStatus | undefined {
  try {
    const status = JSON.parse(readFileSync(path, 'utf8')) as PodsStatus;
    return status.pid === pid ? status : undefined;
  } catch {
    return undefined;
  }
}
