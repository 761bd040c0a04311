import type {Problem} from '../problem.ts';
import type {Api} from './api.ts';
import type {KubeObject} from './json.ts';
import type {ObjectOf, ResourceName} from './resources.ts';

/** One object: its name and, where its kind is namespaced, its namespace. */
export interface ObjectRef {
  readonly namespace?: string;
  readonly name: string;
}

export interface PodRef {
  readonly namespace: string;
  readonly name: string;
}

/** Which objects of a kind. Without `namespace`: those of all namespaces. */
export interface Query {
  readonly namespace?: string | undefined;
  /** As the API takes it: `app=web,tier!=db`. */
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
}

/** `op: 'test'` first makes a precondition of it. RFC 6902. */
export type JsonPatch = readonly (
  | {op: 'add' | 'replace' | 'test'; path: string; value: unknown}
  | {op: 'remove'; path: string}
)[];

export interface WriteOptions {
  /** The server runs admission and validation and stores nothing. */
  readonly dryRun?: boolean;
}

export interface LogQuery {
  readonly container: string;
  /** The container's last run, not the present one. */
  readonly previous?: boolean;
  readonly tailLines: number;
  readonly limitBytes: number;
}

export interface ExecOptions {
  /** Standard input: the only way for anything secret, because arguments show in the API server's audit log. */
  readonly input?: Buffer;
  /** Takes standard output piece by piece instead of it being kept; the next piece waits for its promise. */
  readonly onData?: (chunk: Buffer) => void | Promise<void>;
  /** Is told standard error as it comes: what was said before a connection was lost would be lost with it. */
  readonly onStderr?: (chunk: Buffer) => void;
  /** Bounds what is kept of standard output; more is a Problem. Default: 16 MiB. */
  readonly maxBytes?: number;
}

export interface ExecResult {
  /** Of the command. A command that could not be started is a Problem instead. */
  readonly code: number;
  readonly stdout: Buffer;
  /** At most the last 16 KiB. */
  readonly stderr: string;
}

/** A port of a pod, open on the loopback interface of this machine. */
export interface PortForward {
  readonly host: '127.0.0.1';
  readonly port: number;
  /** Why the latest connection through it ended badly, where it did. */
  readonly trouble: Problem | undefined;
  /** Ends all connections through it; harmless a second time. */
  close(): Promise<void>;
}

export type Change<T> =
  /** Everything there is: at first, and again after each relist (a lost watch, 410 Gone, every poll). */
  {readonly type: 'listed'} | {readonly type: 'added' | 'modified' | 'deleted'; readonly object: T};

/** A live copy of what a query selects. */
export interface Followed<T> {
  /** By UID, as of the last change; the same Map all along. */
  readonly objects: ReadonlyMap<string, T>;
  /** Whether the first list has arrived. */
  readonly synced: boolean;
  /** `poll` where the user may list but not watch. */
  readonly mode: 'watch' | 'poll';
  /** What keeps it from being up to date now; gone when the connection is back. */
  readonly trouble: Problem | undefined;
  /** Settles when `signal` aborts; rejects with a Problem on what no retry can mend (forbidden, unauthenticated for good). */
  readonly done: Promise<void>;
}

/**
 * A connection to one cluster as one user. Objects are the API's own JSON, unknown fields included, so that what is read can be written
 * back. Every method rejects with a `Problem` on failure and with the signal's reason when `signal` aborts.
 */
export interface Cluster {
  /** The kubeconfig context's name. */
  readonly context: string;
  /** The namespace to use where the user names none. */
  readonly namespace: string;
  /** The API server's URL. */
  readonly server: string;
  /** That server, asked directly. */
  readonly api: Api;

  /**
   * Another API server of the same cluster, and no other: as the same user, and its certificate must come from the same authority and be for
   * the host of `url`. No request is sent yet.
   */
  apiAt(url: URL): Promise<Api>;
  /** The same server for a task of thousands of requests: over one HTTP/2 connection where it has that. */
  multiplex<T>(task: (api: Api) => Promise<T>): Promise<T>;

  get<N extends ResourceName>(resource: N, ref: ObjectRef, signal: AbortSignal): Promise<ObjectOf<N>>;
  /** As `get`, but an object that does not exist is `undefined`. A server that does not know the kind, or is none, is a Problem. */
  find<N extends ResourceName>(resource: N, ref: ObjectRef, signal: AbortSignal): Promise<ObjectOf<N> | undefined>;
  /** Every page of it. `keep`: what to hold on to of each object, so that a large collection is never in memory as a whole. */
  list<N extends ResourceName>(
    resource: N,
    query: Query,
    signal: AbortSignal,
    keep?: (object: ObjectOf<N>) => ObjectOf<N>,
  ): Promise<ObjectOf<N>[]>;
  /**
   * As `list`, but only apiVersion, kind and metadata: the data of a Secret stays with the API server, and out of its audit log, except for
   * what `kubectl apply` repeated in an annotation.
   */
  listMetadata(resource: ResourceName, query: Query, signal: AbortSignal): Promise<KubeObject[]>;
  /** Lists, watches, and goes on through dropped connections, 410, restarts and silence until `signal` aborts. */
  follow<N extends ResourceName>(
    resource: N,
    query: Query,
    onChange: (change: Change<ObjectOf<N>>) => void,
    signal: AbortSignal,
  ): Followed<ObjectOf<N>>;
  create<N extends ResourceName>(
    resource: N,
    namespace: string | undefined,
    object: ObjectOf<N>,
    options: WriteOptions,
    signal: AbortSignal,
  ): Promise<ObjectOf<N>>;
  /** A failed `test` operation, or a stale resourceVersion, is a `Conflict`. */
  patch<N extends ResourceName>(
    resource: N,
    ref: ObjectRef,
    patch: JsonPatch,
    options: WriteOptions,
    signal: AbortSignal,
  ): Promise<ObjectOf<N>>;
  /** Deletes only the object with this UID. */
  delete(resource: ResourceName, ref: ObjectRef, uid: string, options: WriteOptions, signal: AbortSignal): Promise<void>;
  /** The last lines a container wrote. */
  logs(pod: ObjectRef, query: LogQuery, signal: AbortSignal): Promise<string>;
  /** Runs a program (no shell) in a running container. After an abort it may go on there. */
  exec(
    pod: PodRef,
    container: string,
    command: readonly string[],
    options: ExecOptions,
    signal: AbortSignal,
  ): Promise<ExecResult>;
  /** Open until it is closed or `signal` aborts. Any program of this machine may use it meanwhile. */
  portForward(pod: PodRef, port: number, signal: AbortSignal): Promise<PortForward>;
}
