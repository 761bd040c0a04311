import type {Change, Followed, Query} from '../../src/kube/cluster.ts';
import {ApiProblem} from '../../src/kube/errors.ts';
import type {KubeObject} from '../../src/kube/json.ts';
import type {ResourceName} from '../../src/kube/resources.ts';
import type {Problem} from '../../src/problem.ts';

export interface FakeFollowerOptions {
  readonly resource: ResourceName;
  readonly query: Query;
  readonly onChange: (change: Change<KubeObject>) => void;
  readonly select: () => readonly KubeObject[];
  /** Verbs that are refused. */
  readonly refused: ReadonlySet<'list' | 'watch'>;
  readonly signal: AbortSignal;
}

/** What `FakeCluster.follow` hands out: the first list comes a microtask later, then each change as it is stored. */
export class FakeFollower implements Followed<KubeObject> {
  readonly objects = new Map<string, KubeObject>();
  readonly done: Promise<void>;
  readonly mode: 'watch' | 'poll';
  synced = false;
  trouble: Problem | undefined;
  readonly options: FakeFollowerOptions;

  constructor(options: FakeFollowerOptions, trouble: Problem | undefined) {
    this.options = options;
    this.trouble = trouble;
    this.mode = options.refused.has('watch') ? 'poll' : 'watch';
    const {promise, resolve, reject} = Promise.withResolvers<void>();
    this.done = promise;
    options.signal.addEventListener('abort', () => resolve());
    const {resource} = options;
    const refusal = new ApiProblem(`may not list ${resource}`, {status: 403, reason: 'Forbidden'});
    queueMicrotask(() => {
      if (!options.refused.has('list')) return this.relist();
      this.trouble = refusal;
      reject(refusal);
    });
  }

  /** As after a lost watch. Nothing comes through while there is trouble. */
  relist(): void {
    if (this.trouble !== undefined || this.options.signal.aborted) return;
    this.objects.clear();
    for (const object of this.options.select()) this.objects.set(object.metadata?.uid ?? '', object);
    this.synced = true;
    this.options.onChange({type: 'listed'});
  }

  changed(type: 'stored' | 'deleted', object: KubeObject): void {
    if (!this.synced || this.trouble !== undefined || this.options.signal.aborted) return;
    const uid = object.metadata?.uid ?? '';
    const known = this.objects.delete(uid);
    if (type === 'stored') this.objects.set(uid, object);
    this.options.onChange({type: type === 'deleted' ? 'deleted' : known ? 'modified' : 'added', object});
  }
}
