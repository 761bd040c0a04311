import {setTimeout as sleep} from 'node:timers/promises';
import {Problem} from '../problem.ts';
import type {Change, Followed, Query} from './cluster.ts';
import {ApiProblem, ConnectionProblem, NotFound} from './errors.ts';
import type {KubeObject} from './json.ts';
import {listAll} from './list.ts';
import {objectPath} from './paths.ts';
import type {Requester} from './request.ts';
import type {Resource} from './resources.ts';
import {type WatchHandler, watchOnce} from './watch.ts';

/** Milliseconds between two polls where the user may not watch. */
const POLL_EVERY = 2_000;
/** Milliseconds between two tries: from, to. An API server that restarts should not be missed for long when it is back. */
const BACKOFF = {from: 200, to: 3_000};
/** Milliseconds for which a refusal of what was allowed before counts as passing: an API server that starts refuses before it knows its roles. */
const REFUSAL_GRACE = 15_000;
/** Milliseconds after which a watch counts as one that worked. */
const LIVED_LONG = 1_000;

/** Lists and watches; see `Cluster.follow`. */
export function follow<T extends KubeObject>(
  requester: Requester,
  resource: Resource<T>,
  query: Query,
  onChange: (change: Change<T>) => void,
  signal: AbortSignal,
): Followed<T> {
  return new Follower(requester, resource, query, onChange, signal);
}

class Follower<T extends KubeObject> implements Followed<T> {
  readonly objects = new Map<string, T>();
  readonly done: Promise<void>;
  synced = false;
  mode: 'watch' | 'poll' = 'watch';
  trouble: Problem | undefined;

  readonly #requester: Requester;
  readonly #resource: Resource<T>;
  readonly #query: Query;
  readonly #onChange: (change: Change<T>) => void;
  readonly #signal: AbortSignal;
  readonly #watchHandler: WatchHandler<T> = {
    onStart: () => {
      this.#mayWatch = true;
      this.trouble = undefined;
    },
    onVersion: (version) => {
      this.#version = version;
      this.#failures = 0;
    },
    onEvent: (type, object) => this.#apply(type, object),
  };
  /** Where the next watch starts; undefined where a list must come first. */
  #version: string | undefined;
  /** What `onChange` threw: not ours to retry. */
  #broken: {readonly error: unknown} | undefined;
  /** Whether a list, a watch, was ever accepted. */
  #mayList = false;
  #mayWatch = false;
  #failures = 0;
  #failingSince = 0;

  constructor(
    requester: Requester,
    resource: Resource<T>,
    query: Query,
    onChange: (change: Change<T>) => void,
    signal: AbortSignal,
  ) {
    this.#requester = requester;
    this.#resource = resource;
    this.#query = query;
    this.#onChange = onChange;
    this.#signal = signal;
    this.done = this.#run();
    // A caller that looks at `done` later is not too late.
    this.done.catch(() => {});
  }

  async #run(): Promise<void> {
    while (!this.#signal.aborted) {
      try {
        if (this.mode === 'poll') await this.#poll();
        else await this.#listAndWatch();
      } catch (error) {
        if (this.#broken) throw this.#broken.error;
        if (this.#signal.aborted) return;
        await this.#mend(error);
      }
    }
  }

  async #listAndWatch(): Promise<void> {
    if (this.#version === undefined) await this.#list();
    const startedAt = performance.now();
    const livedLong = () => performance.now() - startedAt > LIVED_LONG;
    try {
      await watchOnce(this.#requester, this.#resource, this.#query, this.#version ?? '', this.#watchHandler, this.#signal);
    } finally {
      if (livedLong()) this.#failures = 0;
    }
    // A server that ends every watch at once must not be asked in a tight loop.
    if (!livedLong()) await this.#pause(BACKOFF.from);
  }

  async #list(): Promise<void> {
    const {items, resourceVersion} = await listAll(this.#requester, this.#resource, this.#query, this.#signal);
    this.#version = resourceVersion;
    this.#mayList = true;
    this.#replace(items);
  }

  async #poll(): Promise<void> {
    const name = this.#mayList ? undefined : soleName(this.#query);
    if (name === undefined) await this.#list();
    else this.#replace(await this.#getSole(name));
    this.trouble = undefined;
    this.#failures = 0;
    await this.#pause(POLL_EVERY);
  }

  /** For who may get this object and list nothing. */
  async #getSole(name: string): Promise<T[]> {
    const {namespace} = this.#query;
    const path = objectPath(this.#resource, {name, ...(namespace !== undefined && {namespace})});
    const target = {verb: 'get', resource: this.#resource, namespace, name} as const;
    try {
      return [(await this.#requester.json<T>({method: 'GET', path, target}, this.#signal)).value];
    } catch (error) {
      if (error instanceof NotFound) return [];
      throw error;
    }
  }

  #replace(items: readonly T[]): void {
    this.objects.clear();
    for (const item of items) this.objects.set(item.metadata?.uid ?? '', item);
    this.synced = true;
    this.#emit({type: 'listed'});
  }

  #apply(event: 'ADDED' | 'MODIFIED' | 'DELETED', object: T): void {
    const uid = object.metadata?.uid ?? '';
    if (event === 'DELETED') {
      this.objects.delete(uid);
      this.#emit({type: 'deleted', object});
    } else {
      const known = this.objects.has(uid);
      this.objects.set(uid, object);
      this.#emit({type: known ? 'modified' : 'added', object});
    }
  }

  #emit(change: Change<T>): void {
    try {
      this.#onChange(change);
    } catch (error) {
      this.#broken = {error};
      throw error;
    }
  }

  /** Waits before the next try, or throws where no try can help. */
  async #mend(error: unknown): Promise<void> {
    if (!(error instanceof Problem)) throw error;
    const status = error instanceof ApiProblem ? error.status : undefined;
    if (this.#mayOnlyPoll(status)) {
      this.mode = 'poll';
      return;
    }
    if (this.#failures === 0) this.#failingSince = performance.now();
    this.#failures++;
    if (!keepsVersion(error) || this.#failures > 3) this.#version = undefined;
    if (status === 410 && this.#failures === 1) return;
    const allowedBefore = this.synced && performance.now() - this.#failingSince < REFUSAL_GRACE;
    if (isForGood(error) && !allowedBefore) throw error;
    // A version that is gone is what a restart of the server leads to: why it was away says more.
    if (status !== 410 || this.trouble === undefined) this.trouble = error;
    await this.#pause(Math.min(BACKOFF.to, BACKOFF.from * 2 ** (this.#failures - 1)));
  }

  /** May list but not watch; or may get the one object that is asked for, and neither list nor watch it. */
  #mayOnlyPoll(status: number | undefined): boolean {
    if (status !== 403 && status !== 405) return false;
    if (this.mode === 'poll' || this.#mayWatch) return false;
    return this.#mayList || soleName(this.#query) !== undefined;
  }

  /** Up to half as long again, so that many clients do not come back at once. Ends early when the signal aborts. */
  async #pause(milliseconds: number): Promise<void> {
    await sleep(milliseconds * (1 + Math.random() / 2), undefined, {signal: this.#signal}).catch(() => {});
  }
}

/** Whether a watch may go on from where it was: nothing says that the version is gone. */
const keepsVersion = (error: Problem): boolean =>
  error instanceof ConnectionProblem || (error instanceof ApiProblem && (error.status === 429 || error.status === 503));

/** Whether the same request will fail the same way however often it is sent. */
function isForGood(error: Problem): boolean {
  if (error instanceof ConnectionProblem) return !error.passing;
  if (!(error instanceof ApiProblem)) return true;
  const {status} = error;
  return status >= 400 && status < 500 && status !== 408 && status !== 410 && status !== 429;
}

/** The name, where the query asks for one object by its name. */
const soleName = ({fieldSelector}: Query): string | undefined => /^metadata\.name==?([^,=]+)$/.exec(fieldSelector ?? '')?.[1];
