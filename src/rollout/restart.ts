import type {Cluster, JsonPatch} from '../kube/cluster.ts';
import {type ChangeContext, type DryRun, patchWorkload, sameObject} from './change.ts';
import {collectRecorded} from './collect-recorded.ts';
import {currentRevision, nextNumber} from './revisions.ts';
import {refusePaused, strategyWarnings} from './undo-plan.ts';
import type {Warning} from './warning.ts';
import {type Workload, type WorkloadRef, workloadWords} from './workload.ts';

export const RESTARTED_AT = 'kubectl.kubernetes.io/restartedAt';

export interface RolloutRestart {
  readonly kind: 'RolloutRestart';
  readonly context: string;
  readonly workload: WorkloadRef;
  /** RFC 3339 with milliseconds: the annotation whose new value makes a new revision of an unchanged template. */
  readonly restartedAt: string;
  /** null where the template before was no revision. */
  readonly from: number | null;
  readonly newRevision: number;
  readonly warnings: readonly Warning[];
  readonly dryRun: DryRun;
  readonly undoCommand: string | null;
}

/**
 * Replaces all pods of a workload by the rules of its strategy. `now`: milliseconds since the epoch. Rejects with exit code 3 where the
 * workload is paused.
 */
export async function rolloutRestart(
  cluster: Cluster,
  ref: WorkloadRef,
  now: number,
  context: ChangeContext,
): Promise<RolloutRestart> {
  const {workload, revisions} = await collectRecorded(cluster, ref, context.signal);
  const patched = await patchWorkload(cluster, workload, (latest) => restartPatch(latest, now), context);
  const from = currentRevision(revisions)?.number ?? null;
  return {
    kind: 'RolloutRestart',
    context: cluster.context,
    workload: ref,
    restartedAt: context.dryRun === 'client' ? restartTime(workload, now) : (annotationOf(patched) ?? ''),
    from,
    newRevision: nextNumber(revisions),
    warnings: strategyWarnings(workload),
    dryRun: context.dryRun,
    undoCommand: from === null ? null : `kops rollout undo ${workloadWords(ref)} --to-revision ${from}`,
  };
}

function restartPatch(workload: Workload, now: number): JsonPatch {
  refusePaused(workload, 'restart');
  const {metadata} = workload.spec?.template ?? {};
  const value = restartTime(workload, now);
  const path = '/spec/template/metadata';
  const annotation = `${path}/annotations/${RESTARTED_AT.replaceAll('/', '~1')}`;
  if (metadata?.annotations) return [sameObject(workload), {op: 'add', path: annotation, value}];
  return [
    sameObject(workload),
    {op: 'test', path, value: metadata}, // or annotations made meanwhile would go
    {op: 'add', path: `${path}/annotations`, value: {[RESTARTED_AT]: value}},
  ];
}

/** Later than the last restart, were it the same millisecond: the same text again would be no change, and restart nothing. */
function restartTime(workload: Workload, now: number): string {
  const last = Date.parse(annotationOf(workload) ?? '');
  return new Date(last === now ? now + 1 : now).toISOString();
}

const annotationOf = ({spec}: Workload): string | undefined => spec?.template?.metadata?.annotations?.[RESTARTED_AT];
