import {setTimeout as wait} from 'node:timers/promises';
import type {Cluster, JsonPatch} from '../kube/cluster.ts';
import {ApiProblem} from '../kube/errors.ts';
import {ExitCode, Problem} from '../problem.ts';
import {type ChangeContext, patchWorkload, sameObject} from './change.ts';
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
 * plan was made.
 */
export async function applyUndo(cluster: Cluster, plan: UndoPlan, options: UndoOptions): Promise<RolloutUndo> {
  const {workload, from, to, newRevision, changes, warnings, stuckPods} = plan;
  const {dryRun, deleteStuckPods, signal} = options;
  const report = {kind: 'RolloutUndo', context: cluster.context, workload: refOf(workload), from: from?.number ?? null} as const;
  const common = {
    ...report,
    to: to.number,
    changes,
    warnings,
    stuckPods: stuckPods.map(({name}) => name),
    dryRun,
    deletedPods: [],
  };
  if (changes.length === 0) return {...common, newRevision: null, outcome: 'unchanged', undoCommand: null};

  const patched = await patchWorkload(cluster, workload, (latest) => undoPatch(plan, latest), options);
  const undoCommand = from ? `kops rollout undo ${workloadWords(report.workload)} --to-revision ${from.number}` : null;
  if (dryRun !== 'none') return {...common, newRevision, outcome: 'dry-run', undoCommand};
  const deletedPods = deleteStuckPods && stuckPods.length > 0 ? await unstick(cluster, plan, patched, signal) : [];
  return {...common, newRevision, outcome: 'undone', deletedPods, undoCommand};
}

function undoPatch({workload, to}: UndoPlan, latest: Workload): JsonPatch {
  const template = latest.spec?.template ?? {};
  const isSame = latest.metadata?.uid === workload.metadata?.uid && sameTemplate(template, workload.spec?.template ?? {});
  if (!isSame) {
    const ref = refOf(workload);
    throw new Problem(`${workloadName(ref)} was changed in the meantime: nothing was undone`, {
      why: 'its template is not the one that the difference was shown for',
      next: `kops rollout diff ${workloadWords(ref)}`,
      exitCode: ExitCode.negative,
    });
  }
  refusePaused(latest, 'undo');
  return [
    sameObject(latest),
    {op: 'test', path: '/spec/template', value: template},
    {op: 'replace', path: '/spec/template', value: to.template},
    ...changeCausePatch(latest, to.changeCause),
  ];
}

/** The cause of a change that is gone must not stay; all other annotations are newer than the revision, or of no revision. */
function changeCausePatch({metadata}: Workload, cause: string | undefined): JsonPatch {
  const path = `/metadata/annotations/${CHANGE_CAUSE_ANNOTATION.replaceAll('/', '~1')}`;
  const present = metadata?.annotations?.[CHANGE_CAUSE_ANNOTATION];
  if (present === cause) return [];
  if (cause === undefined) {
    return [
      {op: 'test', path, value: present},
      {op: 'remove', path},
    ];
  }
  if (metadata?.annotations !== undefined) return [{op: 'add', path, value: cause}];
  return [
    {op: 'test', path: '/metadata/resourceVersion', value: metadata?.resourceVersion}, // or annotations made meanwhile would go
    {op: 'add', path: '/metadata/annotations', value: {[CHANGE_CAUSE_ANNOTATION]: cause}},
  ];
}

const CONTROLLER_MS = 10_000;
const PAUSE_MS = 200;

/** Deletes the stuck pods, lowest ordinal first; not before the controller has the template, or it would make them anew as they were. */
async function unstick(cluster: Cluster, {stuckPods}: UndoPlan, patched: Workload, signal: AbortSignal): Promise<string[]> {
  const ref = refOf(patched);
  const until = performance.now() + CONTROLLER_MS;
  for (let latest = patched; !hasSeen(latest, patched.metadata?.generation); latest = await readWorkload(cluster, ref, signal)) {
    if (performance.now() > until) return [];
    await wait(PAUSE_MS, undefined, {signal});
  }
  const deleted: string[] = [];
  for (const {name, uid} of stuckPods) {
    try {
      await cluster.delete('pods', {namespace: ref.namespace, name}, uid, {}, signal);
      deleted.push(name);
    } catch (error) {
      const gone = error instanceof ApiProblem && (error.status === 404 || error.status === 409);
      if (!gone) throw error; // it was replaced already: what was wanted
    }
  }
  return deleted;
}
