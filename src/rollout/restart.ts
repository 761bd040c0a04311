import type {Cluster, JsonPatch} from '../kube/cluster.ts';
import {type ChangeContext, type DryRun, type Intent, patchWorkload} from './change.ts';
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
  /** null where the template before was no revision, or without the right to list them. */
  readonly from: number | null;
  /** null without the right to list revisions. */
  readonly newRevision: number | null;
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
  const needs = {revisions: 'welcome'} as const;
  const {workload, revisions, revisionsDenied} = await collectRecorded(cluster, ref, context.signal, needs);
  const patched = await patchWorkload(cluster, workload, restartIntent(now), context);
  const from = currentRevision(revisions)?.number ?? null;
  return {
    kind: 'RolloutRestart',
    context: cluster.context,
    workload: ref,
    restartedAt: context.dryRun === 'client' ? restartTime(workload, now) : (annotationOf(patched) ?? ''),
    from,
    newRevision: revisionsDenied ? null : nextNumber(revisions),
    warnings: strategyWarnings(workload),
    dryRun: context.dryRun,
    undoCommand: from === null ? null : `kops rollout undo ${workloadWords(ref)} --to-revision ${from}`,
  };
}

function restartIntent(now: number): Intent {
  let value = '';
  const patchFor = (workload: Workload): JsonPatch => {
    refusePaused(workload, 'restart');
    value = restartTime(workload, now);
    const path = '/spec/template/metadata/annotations';
    if (workload.spec?.template?.metadata?.annotations)
      return [{op: 'add', path: `${path}/${RESTARTED_AT.replaceAll('/', '~1')}`, value}];
    return [{op: 'add', path, value: {[RESTARTED_AT]: value}}];
  };
  return {patchFor, isDone: (workload) => annotationOf(workload) === value};
}

/** Later than the last restart, were it the same millisecond: the same text again would be no change, and restart nothing. */
function restartTime(workload: Workload, now: number): string {
  const last = Date.parse(annotationOf(workload) ?? '');
  return new Date(last === now ? now + 1 : now).toISOString();
}

const annotationOf = ({spec}: Workload): string | undefined => spec?.template?.metadata?.annotations?.[RESTARTED_AT];
