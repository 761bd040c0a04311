import type {ExitCode} from '../../problem.ts';
import type {ContainerType} from '../container/source.ts';
import type {Target} from '../container/target.ts';
import type {Comparison} from './compare.ts';

/** Where a variable's value comes from. `object`: `configmap/web-config`; `detail`: its key, a field, a resource, a file. */
export interface Source {
  readonly type: 'value' | 'configMap' | 'secret' | 'field' | 'resource' | 'file' | 'service';
  readonly via: 'env' | 'envFrom' | 'valueFrom' | 'serviceLink';
  readonly object?: string;
  readonly detail?: string;
}

/** A definition that a later one of the same name covers. */
export interface Shadow {
  readonly source: Source;
  /** Left out where it is masked or not known. */
  readonly value?: string;
  readonly secret: boolean;
}

export interface Variable {
  readonly name: string;
  /** What the container gets. Left out where it is masked (see `shown`) or not known before the pod runs. */
  readonly value?: string;
  /** The value for people: a Secret's part of it masked, what is not known by its name: `http://<status.podIP>`. */
  readonly shown: string;
  /** Whether a Secret is in it, be it by a `$(REFERENCE)`. */
  readonly secret: boolean;
  readonly source: Source;
  /** The latest first. */
  readonly shadows: readonly Shadow[];
  /** What is likely not meant so. */
  readonly warnings: readonly string[];
}

/** What is left out without an error. `name` is missing where nobody knows which variables it would have been. */
export interface Skipped {
  readonly name?: string;
  readonly source: Source;
  readonly reason: string;
}

/** Why the container does not start. */
export interface EnvError {
  readonly name?: string;
  readonly source: Source;
  readonly message: string;
  readonly fix?: string;
}

export interface NotCompared {
  readonly message: string;
  readonly why?: string;
  readonly next?: string;
  readonly exitCode: ExitCode;
}

export interface EffectiveEnv {
  readonly kind: 'EffectiveEnv';
  readonly workload: Target;
  readonly container: string;
  readonly containerType: ContainerType;
  /** The other containers of the pod. */
  readonly others: readonly string[];
  /** The pod whose name, node and addresses were taken, where it is one that is there. */
  readonly pod?: string;
  /** In the order in which they are defined; service links last. */
  readonly variables: readonly Variable[];
  readonly skipped: readonly Skipped[];
  readonly errors: readonly EnvError[];
  /** Objects that could not be looked at: what they would define or cover is missing here. */
  readonly unknown: readonly {readonly source: Source; readonly why: string}[];
  readonly comparison?: Comparison;
  /** Why there is no comparison, where one was asked for. */
  readonly notCompared?: NotCompared;
}
