import type {Cluster, JsonPatch} from '../kube/cluster.ts';
import {ApiProblem, Conflict, ConnectionProblem} from '../kube/errors.ts';
import {ExitCode, Problem} from '../problem.ts';
import {asWorkload, readWorkload} from './collect.ts';
import {refOf, type Workload, type WorkloadRef, workloadKinds, workloadName, workloadWords} from './workload.ts';

export type DryRun = 'none' | 'client' | 'server';

/** What a change may be told: how much of it to do, and whom to name. */
export interface ChangeContext {
  readonly dryRun: DryRun;
  readonly signal: AbortSignal;
}

/** What a patch is to bring about. */
export interface Intent {
  /** What is right for the state that the workload is in; throws where going on would lose what someone else wrote. Empty: nothing to do. */
  readonly patchFor: (workload: Workload) => JsonPatch;
  /** Whether a workload is as the patch would have it: asked where the answer to the patch was lost. */
  readonly isDone: (workload: Workload) => boolean;
}

/** Tries. The status of a workload that rolls out changes several times a second, and each time is a conflict. */
const ATTEMPTS = 10;

/**
 * Patches a workload as it was read. Where anyone wrote it in between, it is read anew and `patchFor` asked again. An empty patch is not
 * sent, nor is any under `--dry-run=client`; then the workload comes back as it is. An interruption lets a patch that is under way end: look
 * at `signal` afterwards. Where no answer came, the workload is read again, and what resolves is known to be done.
 */
export async function patchWorkload(
  cluster: Cluster,
  workload: Workload,
  {patchFor, isDone}: Intent,
  {dryRun, signal}: ChangeContext,
): Promise<Workload> {
  const {kind} = workload;
  const ref = refOf(workload);
  let latest = workload;
  for (let attempt = 1; ; attempt += 1) {
    const patch = patchFor(latest);
    if (patch.length === 0 || dryRun === 'client') return latest;
    const precondition = {op: 'test', path: '/metadata/resourceVersion', value: latest.metadata?.resourceVersion} as const;
    const options = {dryRun: dryRun === 'server'};
    signal.throwIfAborted();
    try {
      const patched = await letEnd(signal, (late) =>
        cluster.patch(workloadKinds[kind].plural, ref, [precondition, ...patch], options, late),
      );
      return asWorkload(kind, patched);
    } catch (error) {
      if (dryRun === 'none' && isUnknown(error, signal)) return findOut(cluster, ref, isDone, {error, signal});
      if (!(error instanceof Conflict) || attempt === ATTEMPTS) throw error;
      latest = await readWorkload(cluster, ref, signal);
    }
  }
}

/** Milliseconds that an interrupted write gets to end, and that looking after it may take. */
const GRACE_MS = 2_000;
const LOOK_MS = 3_000;

/** A signal for looking what became of a write whose own signal is aborted, or whose connection broke. */
export const signalToLook = (): AbortSignal => AbortSignal.timeout(LOOK_MS);

/** Runs a write to its end: when `signal` aborts while it is under way it still gets two seconds, so that what it did is known. */
export async function letEnd<T>(signal: AbortSignal, write: (late: AbortSignal) => Promise<T>): Promise<T> {
  signal.throwIfAborted();
  const late = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const onAbort = () => {
    timer = setTimeout(() => late.abort(signal.reason), GRACE_MS);
  };
  signal.addEventListener('abort', onAbort);
  try {
    return await write(late.signal);
  } finally {
    signal.removeEventListener('abort', onAbort);
    clearTimeout(timer);
  }
}

/** Whether a write that ended with this error may have been done all the same: no answer came. */
export const isUnknown = (error: unknown, signal: AbortSignal): boolean =>
  error instanceof ConnectionProblem ? error.passing : signal.aborted && !(error instanceof ApiProblem);

/** The workload as it is, where the change did take effect. Rejects with a Problem that says that it did not, or that nobody knows. */
async function findOut(
  cluster: Cluster,
  ref: WorkloadRef,
  isDone: Intent['isDone'],
  {error, signal}: {readonly error: unknown; readonly signal: AbortSignal},
): Promise<Workload> {
  const happened = signal.aborted ? 'interrupted' : error instanceof Error ? error.message : String(error);
  const exitCode = signal.aborted ? ExitCode.interrupted : ExitCode.noAccess;
  const next = `kops rollout status ${workloadWords(ref)}`;
  const latest = await readWorkload(cluster, ref, signalToLook()).catch(() => undefined);
  if (latest === undefined) {
    const what = `nobody knows whether ${workloadName(ref)} was changed`;
    throw new Problem(what, {why: `the change was sent, but no answer came: ${happened}`, next, exitCode, cause: error});
  }
  if (isDone(latest)) return latest;
  const why = `the change was sent, no answer came, and read again ${workloadName(ref)} is as it was`;
  throw new Problem(happened, {why, next, exitCode, cause: error});
}
