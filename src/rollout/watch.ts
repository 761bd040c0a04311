import type {Cluster} from '../kube/cluster.ts';
import {ExitCode, Problem} from '../problem.ts';
import type {Target} from './collect.ts';
import {namespaceNotFound, workloadNotFound} from './collect-missing.ts';
import {withLogs} from './status-logs.ts';
import {createFold, type Folded, type Watched} from './watch-fold.ts';
import {followWorkloads} from './watch-follow.ts';
import {createOutageWatch} from './watch-outage.ts';
import {createPace} from './watch-pace.ts';
import type {Rules} from './watch-verdict.ts';
import {refOf, type Workload, workloadWords} from './workload.ts';

/** What is known at one moment of all that is watched. Times are epoch milliseconds. */
export interface Picture extends Pick<Folded, 'watched' | 'resting' | 'conclusion'> {
  readonly startedAt: number;
  readonly timeoutAt: number | undefined;
  /** Why it is not up to date. */
  readonly trouble: string | undefined;
  /** What is missing from it, or comes late: a line each. */
  readonly notes: readonly string[];
}

export interface WatchOptions extends Rules {
  /** Milliseconds between two pictures at least. */
  readonly every: number;
  readonly onPicture: (picture: Picture) => void;
}

/** Milliseconds between two looks at the clocks and at the connection. */
const HEARTBEAT = 250;

/**
 * Follows rollouts to their end, with a picture for each change, and resolves with the last one, which has the conclusion. Lost connections
 * are waited out. Rejects with a Problem where there is no such workload, no right to read it, or no connection at the start; with the
 * signal's reason when it aborts.
 */
export async function watchRollouts(
  cluster: Cluster,
  target: Target,
  {every, onPicture, ...rules}: WatchOptions,
  signal: AbortSignal,
): Promise<Picture> {
  const startedAt = Date.now();
  const timeoutAt = rules.timeout === undefined ? undefined : startedAt + rules.timeout;
  const fold = createFold(target, rules, startedAt);
  const pace = createPace(every);
  const stop = new AbortController();
  let failure: {readonly error: unknown} | undefined;
  const onFailure = (error: unknown) => {
    failure ??= {error};
    pace.ask();
  };
  const following = followWorkloads(cluster, target, {onChange: pace.ask, onFailure}, AbortSignal.any([signal, stop.signal]));

  const outageAt = createOutageWatch(following);
  let isOpen = false;
  let lookAgainAt: number | undefined;
  const heartbeat = setInterval(() => {
    const isDue = lookAgainAt !== undefined && Date.now() >= lookAgainAt;
    if (isDue || isOpen || following.trouble() !== undefined) pace.ask();
  }, HEARTBEAT);
  const turn = async () => {
    await pace.turn();
    signal.throwIfAborted();
    if (failure !== undefined) throw failure.error;
  };
  const synced = async () => {
    while (!following.synced()) {
      const trouble = following.trouble();
      if (trouble !== undefined) throw trouble;
      await turn();
    }
  };
  const look = (now: number): Folded => {
    const workloads = following.workloads();
    const active = fold.active(workloads, now);
    following.surround(active);
    return fold.look(active, following.surroundings(), now, {total: workloads.length, notes: following.notes()});
  };
  signal.addEventListener('abort', pace.ask, {once: true});

  try {
    await synced();
    const problem = await missingFrom(cluster, target, following.workloads(), signal);
    if (problem !== undefined) throw problem;
    following.surround(fold.active(following.workloads(), startedAt));
    await synced();
    for (let shown = false; ; shown = true) {
      const now = Date.now();
      const {trouble, holds, isOpen: isOutageOpen} = outageAt(now);
      isOpen = isOutageOpen;
      const {lookAgainAt: again, ...folded} = holds && shown ? fold.hold(now) : look(now);
      lookAgainAt = again;
      const {watched, conclusion} = folded;
      const last = conclusion === undefined ? watched : await withLastWords(cluster, watched, signal);
      const picture = {...folded, watched: last, startedAt, timeoutAt, trouble: trouble?.message, notes: following.notes()};
      onPicture(picture);
      if (conclusion !== undefined) return picture;
      await turn();
    }
  } finally {
    clearInterval(heartbeat);
    signal.removeEventListener('abort', pace.ask);
    stop.abort();
  }
}

/** What containers that crash wrote last is read once, when it is over. */
const withLastWords = (cluster: Cluster, watched: readonly Watched[], signal: AbortSignal): Promise<Watched[]> =>
  Promise.all(
    watched.map(async (one) =>
      one.situation === undefined ? one : {...one, status: await withLogs(cluster, one.status, one.situation, signal)},
    ),
  );

/** Why there is nothing to watch. */
async function missingFrom(
  cluster: Cluster,
  target: Target,
  found: readonly Workload[],
  signal: AbortSignal,
): Promise<Problem | undefined> {
  if ('refs' in target) {
    const there = new Set(found.map((workload) => workloadWords(refOf(workload))));
    const missing = target.refs.find((ref) => !there.has(workloadWords(ref)));
    return missing && workloadNotFound(cluster, missing, signal);
  }
  if (found.length > 0) return undefined;
  const {namespace, labelSelector} = target.query;
  const problem = namespace === undefined ? undefined : await namespaceNotFound(cluster, namespace, signal);
  if (problem !== undefined) return problem;
  const where = namespace === undefined ? 'in any namespace' : `in namespace ${namespace}`;
  return new Problem(`nothing to watch ${where}`, {
    why: `no Deployment, StatefulSet or DaemonSet${labelSelector === undefined ? ' is there' : ` has the labels ${labelSelector}`}`,
    next:
      labelSelector === undefined ? 'kops rollout watch -A' : 'look at their labels: kubectl get deploy,sts,ds -A --show-labels',
    exitCode: ExitCode.noAccess,
  });
}
