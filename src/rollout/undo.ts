import {setTimeout as wait} from 'node:timers/promises';
import type {Cluster, JsonPatch, ObjectRef} from '../kube/cluster.ts';
import {Conflict, NotFound} from '../kube/errors.ts';
import {ExitCode, Problem} from '../problem.ts';
import {type ChangeContext, isUnknown, letEnd, patchWorkload, signalToLook} from './change.ts';
import {readWorkload} from './collect.ts';
import {collectRecorded, hasSeen} from './collect-recorded.ts';
import {configWarnings} from './config-warnings.ts';
import type {TemplateChange} from './diff-template.ts';
import {CHANGE_CAUSE_ANNOTATION} from './revisions.ts';
import {sameTemplate} from './semantic.ts';
import {planUndo, refusePaused, type UndoPlan} from './undo-plan.ts';
import type {Warning} from './warning.ts';
import {refOf, type Workload, type WorkloadRef, workloadName, workloadWords} from './workload.ts';

export interface RolloutUndo {
  readonly kind: 'RolloutUndo';
  readonly context: string;
  readonly workload: WorkloadRef;
  /** null where the template that was replaced was no revision yet. */
  readonly from: number | null;
  readonly to: number;
  /** The number that `to` has by now, or would have; null where nothing changed. */
  readonly newRevision: number | null;
  readonly outcome: 'undone' | 'unchanged' | 'dry-run';
  readonly changes: readonly TemplateChange[];
  readonly warnings: readonly Warning[];
  /** Names of pods that going back alone would not have replaced. */
  readonly stuckPods: readonly string[];
  /** Of those the ones that were deleted. */
  readonly deletedPods: readonly string[];
  /** Of those the ones that were to be deleted and are still there. */
  readonly notDeleted: readonly {readonly pod: string; readonly why: string}[];
  readonly dryRun: 'none' | 'client' | 'server';
  /** null where there is nothing to undo, or no way. */
  readonly undoCommand: string | null;
}

/** Reads what an undo needs to know. Rejects with exit code 3 where the workload is paused, with 5 where there is nothing to go back to. */
export async function prepareUndo(
  cluster: Cluster,
  ref: WorkloadRef,
  toRevision: number | undefined,
  signal: AbortSignal,
): Promise<UndoPlan> {
  const situation = await collectRecorded(cluster, ref, signal);
  refusePaused(situation.workload, 'undo');
  const plan = planUndo(situation, toRevision);
  if (plan.changes.length === 0) return plan;
  return {...plan, warnings: [...plan.warnings, ...(await configWarnings(cluster, plan.to, ref.namespace, signal))]};
}

export interface UndoOptions extends ChangeContext {
  /** Deletes the plan's stuck pods, once the controller knows the template that new ones get. */
  readonly deleteStuckPods: boolean;
}

/**
 * Puts a revision's template back in place. Rejects with exit code 3, and changes nothing, where someone changed the template since the
 * plan was made, or paused the workload. Once the template is back it does not reject any more: pods that could not be deleted are reported.
 */
export async function applyUndo(cluster: Cluster, plan: UndoPlan, options: UndoOptions): Promise<RolloutUndo> {
  const {workload, from, to, newRevision, changes, warnings, stuckPods} = plan;
  const {dryRun, deleteStuckPods, signal} = options;
  const ref = refOf(workload);
  const isChange = changes.length > 0;
  const common = {
    kind: 'RolloutUndo',
    context: cluster.context,
    workload: ref,
    from: from?.number ?? null,
    to: to.number,
    newRevision: isChange ? newRevision : null,
    changes,
    warnings,
    stuckPods: stuckPods.map(({name}) => name),
    deletedPods: [],
    notDeleted: [],
    dryRun,
    undoCommand: isChange && from ? `kops rollout undo ${workloadWords(ref)} --to-revision ${from.number}` : null,
  } as const;
  const unstuck = deleteStuckPods && dryRun === 'none' && stuckPods.length > 0;

  if (!isChange) {
    if (!unstuck) return {...common, outcome: 'unchanged'};
    const latest = await readWorkload(cluster, ref, signal);
    refuseChanged(plan, latest);
    return {...common, outcome: 'unchanged', ...(await unstick(cluster, plan, latest, signal))};
  }
  const patchFor = (latest: Workload) => undoPatch(plan, latest);
  const isDone = (latest: Workload) => isSame(workload, latest) && sameTemplate(latest.spec?.template ?? {}, to.template);
  const patched = await patchWorkload(cluster, workload, {patchFor, isDone}, options);
  if (dryRun !== 'none') return {...common, outcome: 'dry-run'};
  return {...common, outcome: 'undone', ...(unstuck && (await unstick(cluster, plan, patched, signal)))};
}

/** 3 where pods that were to be deleted are still there. */
export const exitCodeOfUndo = ({notDeleted}: RolloutUndo): ExitCode => (notDeleted.length > 0 ? ExitCode.negative : ExitCode.ok);

/** The same object, not one of the same name that was made since. */
const isSame = (a: Workload, b: Workload): boolean => a.metadata?.uid === b.metadata?.uid;

function refuseChanged({workload}: UndoPlan, latest: Workload): void {
  if (isSame(workload, latest) && sameTemplate(latest.spec?.template ?? {}, workload.spec?.template ?? {})) return;
  const ref = refOf(workload);
  throw new Problem(`${workloadName(ref)} was changed in the meantime: nothing was undone`, {
    why: 'its template is not the one that the difference was shown for',
    next: `kops rollout diff ${workloadWords(ref)}`,
    exitCode: ExitCode.negative,
  });
}

function undoPatch(plan: UndoPlan, latest: Workload): JsonPatch {
  refuseChanged(plan, latest);
  refusePaused(latest, 'undo');
  const {to} = plan;
  return [{op: 'replace', path: '/spec/template', value: to.template}, ...changeCausePatch(latest, to.changeCause)];
}

/** The cause of a change that is gone must not stay; all other annotations are newer than the revision, or of no revision. */
function changeCausePatch({metadata}: Workload, cause: string | undefined): JsonPatch {
  const path = `/metadata/annotations/${CHANGE_CAUSE_ANNOTATION.replaceAll('/', '~1')}`;
  const present = metadata?.annotations?.[CHANGE_CAUSE_ANNOTATION];
  if (present === cause) return [];
  if (cause === undefined) return [{op: 'remove', path}];
  if (metadata?.annotations !== undefined) return [{op: 'add', path, value: cause}];
  return [{op: 'add', path: '/metadata/annotations', value: {[CHANGE_CAUSE_ANNOTATION]: cause}}];
}

const CONTROLLER_MS = 10_000;
const PAUSE_MS = 200;

type Unstuck = Pick<RolloutUndo, 'deletedPods' | 'notDeleted'>;

/**
 * Deletes the stuck pods, lowest ordinal first; not before the controller has the template, or it would make them anew as they were. Ends at
 * the first that cannot be deleted; never rejects.
 */
async function unstick(cluster: Cluster, {stuckPods}: UndoPlan, workload: Workload, signal: AbortSignal): Promise<Unstuck> {
  const ref = refOf(workload);
  const deletedPods: string[] = [];
  let done = 0;
  try {
    await untilSeen(cluster, workload, signal);
    for (const {name, uid} of stuckPods) {
      if (await deletePod(cluster, {namespace: ref.namespace, name}, uid, signal)) deletedPods.push(name);
      done += 1;
    }
    return {deletedPods, notDeleted: []};
  } catch (error) {
    const why = signal.aborted ? 'interrupted' : error instanceof Error ? error.message : String(error);
    return {deletedPods, notDeleted: stuckPods.slice(done).map(({name}) => ({pod: name, why}))};
  }
}

async function untilSeen(cluster: Cluster, workload: Workload, signal: AbortSignal): Promise<void> {
  const ref = refOf(workload);
  const until = performance.now() + CONTROLLER_MS;
  for (
    let latest = workload;
    !hasSeen(latest, workload.metadata?.generation);
    latest = await readWorkload(cluster, ref, signal)
  ) {
    if (performance.now() > until) throw new Error(`the controller of ${workloadName(ref)} has not seen the template yet`);
    await wait(PAUSE_MS, undefined, {signal});
  }
}

/** False where it was replaced already: what was wanted. Where no answer comes, it looks whether the pod is there. */
async function deletePod(cluster: Cluster, ref: Required<ObjectRef>, uid: string, signal: AbortSignal): Promise<boolean> {
  try {
    await letEnd(signal, (late) => cluster.delete('pods', ref, uid, {}, late));
    return true;
  } catch (error) {
    if (error instanceof NotFound || error instanceof Conflict) return false;
    if (!isUnknown(error, signal)) throw error;
    const pod = await cluster.find('pods', ref, signalToLook()).catch(() => {
      throw error;
    });
    if (pod?.metadata?.uid === uid && pod.metadata.deletionTimestamp === undefined) throw error;
    return true;
  }
}
