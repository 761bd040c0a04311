import type {Progress} from '../progress.ts';

export interface LabSpec {
  /** A DNS label of at most 40 characters; nodes are called after it. */
  readonly name: string;
  /** At least 1. Left out: what the lab has already, else the driver's default. */
  readonly controlPlanes?: number | undefined;
  /** 0 makes the control-plane nodes take pods, as a kind cluster without workers does. */
  readonly workers?: number | undefined;
  /** kind's node image; the embedded driver has none. */
  readonly image?: string | undefined;
}

export type DriverName = 'embedded' | 'kind';

/** One of a lab's own processes, or one of its node containers. */
export interface LabProcess {
  /** `kube-apiserver`, `etcd` …; for kind the role of the node. */
  readonly program: string;
  readonly node: string;
  readonly running: boolean;
  readonly pid?: number;
  /** Why it does not run, where that is known. */
  readonly why?: string;
  /** Where its log is, and, for one that died, the last lines of it. */
  readonly log?: string;
  readonly lastLines?: readonly string[];
}

export interface LabStatus {
  readonly kind: 'Lab';
  readonly name: string;
  readonly driver: DriverName;
  /** `degraded`: some of its processes died; `stopped`: none runs; `unknown`: its driver cannot be used now. */
  readonly state: 'up' | 'degraded' | 'stopped' | 'unknown';
  /** Why the state is unknown. */
  readonly reason?: string;
  /** Kubernetes' version: `v1.37.2`. */
  readonly version: string;
  /** What the lab is called in a kubeconfig. */
  readonly context: string;
  /** URL of the first API server. */
  readonly server: string;
  readonly nodes: readonly string[];
  readonly processes: readonly LabProcess[];
  /** Kubeconfig files that its contexts were written to: absolute paths. */
  readonly kubeconfigs?: readonly string[];
}

/** The files, and this one. */
export const including = (files: readonly string[] = [], file: string): string[] => [...new Set([...files, file])];

/** What `lab up` did. */
export interface Lab {
  readonly status: LabStatus;
  /** YAML, one context per API server, the first one current. */
  readonly kubeconfig: string;
  /** `unchanged`: it was up already. */
  readonly outcome: 'created' | 'restarted' | 'unchanged';
}

/** A way to make throwaway clusters. Methods reject with a `Problem`, and with the signal's reason when it aborts. */
export interface Driver {
  readonly name: DriverName;
  /** Why it cannot be used on this machine; undefined where it can. */
  available(signal: AbortSignal): Promise<string | undefined>;
  /** What is remembered of its labs, by name, their state unknown: asks nothing but its own records. */
  remembered(): LabStatus[];
  /** Harmless where the lab is up; where it fails or is aborted, what it made is gone again, and what was there before is not. */
  up(spec: LabSpec, progress: Progress, signal: AbortSignal): Promise<Lab>;
  /** Undefined where there is no lab of this name. */
  status(name: string, signal: AbortSignal): Promise<LabStatus | undefined>;
  list(signal: AbortSignal): Promise<LabStatus[]>;
  /** Remembers that this kubeconfig file, an absolute path, has the lab's contexts now. */
  noteKubeconfig(name: string, file: string): void;
  /** YAML; a Problem where there is no lab of this name. */
  kubeconfig(name: string, signal: AbortSignal): Promise<string>;
  /** Whether there was such a lab. Nothing is left of it. */
  down(name: string, signal: AbortSignal): Promise<boolean>;
}
