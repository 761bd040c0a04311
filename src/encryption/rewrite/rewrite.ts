import type {Api} from '../../kube/api.ts';
import type {ObjectRef} from '../../kube/cluster.ts';
import {ConnectionProblem} from '../../kube/errors.ts';
import type {KubeObject} from '../../kube/json.ts';
import {createTidying} from '../../kube/memory.ts';
import {listRaw} from '../../kube/raw-list.ts';
import type {RawObject} from '../../kube/raw-object.ts';
import {qualifiedName, type Resource} from '../../kube/resources.ts';
import {createFlight, type Flight} from './flight.ts';
import {type Outcome, type RewriteRules, rewriteObject} from './object.ts';
import {PATIENCE, type PatientApi, patientApi} from './patience.ts';

/** What to rewrite. */
export interface RewriteTarget {
  readonly resource: Resource<KubeObject>;
  /** Only its objects of this namespace. */
  readonly namespace?: string;
  /** Just these, where it is known that the others are as they should be; default: all there are. */
  readonly stale?: Iterable<ObjectRef>;
}

export interface RewriteOptions extends RewriteRules {
  /** Milliseconds that API server and etcd may be away; default: `PATIENCE`. */
  readonly patience?: number;
  /** At most ten times a second, and at the end of each resource. */
  readonly onProgress?: (progress: RewriteProgress) => void;
}

export interface RewriteProgress {
  readonly resource: string;
  readonly done: number;
  /** As far as it is known by now: it grows where objects are created meanwhile. */
  readonly total: number;
  /** Since the first object of this resource. */
  readonly seconds: number;
}

export interface RewrittenResource {
  /** `secrets`, `widgets.example.com`. */
  readonly resource: string;
  readonly total: number;
  readonly rewritten: number;
  /** Stored as it should be before: written back, and the server had nothing to write. */
  readonly unchanged: number;
  /** Deleted before their turn came. */
  readonly gone: number;
  /** Renewed by somebody else's write. */
  readonly othersWrote: number;
  /** How often somebody else was faster. */
  readonly conflicts: number;
  /** `key`: namespace and name. */
  readonly failed: readonly {readonly key: string; readonly why: string}[];
}

export interface Rewrite {
  readonly resources: readonly RewrittenResource[];
  readonly seconds: number;
}

/** Objects under way at a time. More gain nothing on one API server: see docs/benchmarks.md. */
const CONCURRENCY = 32;
/** Objects that are read one by one: nobody knows how large they are. */
const CONCURRENCY_BY_NAME = 8;
const BYTES_UNDER_WAY = 8 * 1024 * 1024;
const PROGRESS_EVERY = 100;

/**
 * Writes every object back as it is, so that it is stored as the API servers write now: with another key, or none. Reads by pages that are
 * bounded in bytes and writes what it read, byte for byte and only if nobody else wrote it since; an object that is refused is told, and the
 * rest goes on. Rejects with a Problem where the whole cannot go on: no rights, or a server that does not come back.
 */
export async function rewrite(
  api: Api,
  targets: readonly RewriteTarget[],
  options: RewriteOptions,
  signal: AbortSignal,
): Promise<Rewrite> {
  const start = performance.now();
  const patient = patientApi(api, options.patience ?? PATIENCE);
  const resources: RewrittenResource[] = [];
  for (const target of targets) resources.push(await rewriteResource(patient, target, options, signal));
  return {resources, seconds: (performance.now() - start) / 1000};
}

/** An object to rewrite: as it was read, or by its name. */
interface Candidate {
  readonly ref: ObjectRef;
  readonly read: RawObject | undefined;
}

async function rewriteResource(
  api: PatientApi,
  {resource, namespace, stale}: RewriteTarget,
  options: RewriteOptions,
  signal: AbortSignal,
): Promise<RewrittenResource> {
  const tally = new Tally(qualifiedName(resource), options.onProgress);
  const failure = new AbortController();
  const either = AbortSignal.any([signal, failure.signal]);
  const tidy = createTidying();
  const flight = createFlight(BYTES_UNDER_WAY, either);
  const candidates = stale ? named(stale, tally) : listed(api, {resource, namespace}, tally, flight, either);

  // In a function of its own, so that nobody who waits for the next object still holds the last one.
  const step = async (): Promise<boolean> => {
    const {done, value} = await candidates.next();
    if (done) return false;
    const {ref, read} = value;
    try {
      tally.add(ref, await rewriteOrTell(api, resource, ref, read, options, either));
    } finally {
      flight.land(read?.body.length ?? 0);
    }
    tidy(2 * (read?.body.length ?? 0));
    return true;
  };
  const work = async (): Promise<void> => {
    try {
      while (await step());
    } catch (error) {
      failure.abort(error);
      throw error;
    }
  };
  const workers = await Promise.allSettled(Array.from({length: stale ? CONCURRENCY_BY_NAME : CONCURRENCY}, work));
  signal.throwIfAborted();
  if (failure.signal.aborted) throw failure.signal.reason;
  for (const worker of workers) if (worker.status === 'rejected') throw worker.reason;
  return tally.report();
}

/** A request that fails for good while others succeed is this object's own trouble. */
async function rewriteOrTell(
  api: PatientApi,
  resource: Resource<KubeObject>,
  ref: ObjectRef,
  read: RawObject | undefined,
  options: RewriteOptions,
  signal: AbortSignal,
): Promise<{readonly outcome: Outcome; readonly conflicts: number}> {
  try {
    return await rewriteObject(api, resource, ref, read, options, signal);
  } catch (error) {
    if (!(error instanceof ConnectionProblem) || api.isDown()) throw error;
    return {outcome: {failed: [error.message, error.why].filter(Boolean).join(': ')}, conflicts: 0};
  }
}

async function* named(refs: Iterable<ObjectRef>, tally: Tally): AsyncGenerator<Candidate, void, void> {
  const all = [...refs];
  tally.total = all.length;
  for (const ref of all) yield {ref, read: undefined};
}

async function* listed(
  api: Api,
  {resource, namespace}: {readonly resource: Resource<KubeObject>; readonly namespace: string | undefined},
  tally: Tally,
  flight: Flight,
  signal: AbortSignal,
): AsyncGenerator<Candidate, void, void> {
  let seen = 0;
  for await (const {items, remaining = 0} of ahead(listRaw(api, resource, {namespace}, signal))) {
    seen += items.length;
    tally.total = seen + remaining;
    for (const item of items) {
      await flight.board(item.body.length);
      yield {ref: refOf(item), read: item};
    }
  }
}

const refOf = ({namespace, name}: RawObject): ObjectRef => (namespace === undefined ? {name} : {namespace, name});

/** Reads one page ahead, so that nobody waits for the next one. */
async function* ahead<T>(pages: AsyncGenerator<T, void, void>): AsyncGenerator<T, void, void> {
  let next = pages.next();
  for (;;) {
    const {done, value} = await next;
    if (done) return;
    next = pages.next();
    next.catch(() => {}); // it is awaited when its turn comes
    yield value;
  }
}

/** Counts what becomes of the objects of one resource. */
class Tally {
  total = 0;
  private readonly resource: string;
  private readonly onProgress: RewriteOptions['onProgress'];
  private readonly counts = {rewritten: 0, unchanged: 0, gone: 0, 'others wrote': 0};
  private readonly failed: {readonly key: string; readonly why: string}[] = [];
  private conflicts = 0;
  private done = 0;
  private readonly begun = performance.now();
  private told = 0;

  constructor(resource: string, onProgress: RewriteOptions['onProgress']) {
    this.resource = resource;
    this.onProgress = onProgress;
  }

  add({namespace, name}: ObjectRef, {outcome, conflicts}: {readonly outcome: Outcome; readonly conflicts: number}): void {
    this.done++;
    this.conflicts += conflicts;
    if (typeof outcome === 'string') this.counts[outcome]++;
    else this.failed.push({key: namespace === undefined ? name : `${namespace}/${name}`, why: outcome.failed});
    if (performance.now() - this.told >= PROGRESS_EVERY) this.tell();
  }

  report(): RewrittenResource {
    this.total = this.done;
    this.tell();
    const {rewritten, unchanged, gone, 'others wrote': othersWrote} = this.counts;
    const {resource, total, conflicts, failed} = this;
    return {resource, total, rewritten, unchanged, gone, othersWrote, conflicts, failed};
  }

  private tell(): void {
    this.told = performance.now();
    const {resource, done} = this;
    this.onProgress?.({resource, done, total: Math.max(this.total, done), seconds: (this.told - this.begun) / 1000});
  }
}
