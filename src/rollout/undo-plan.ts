import {ExitCode, Problem} from '../problem.ts';
import {diffTemplates, type TemplateChange} from './diff-template.ts';
import {manifestWarnings} from './manifest-warnings.ts';
import {pickPrevious, pickRevision} from './pick.ts';
import {currentRevision, nextNumber} from './revisions.ts';
import type {Revision, Situation} from './situation.ts';
import {stuckPods} from './stuck-pods.ts';
import type {Warning} from './warning.ts';
import {refOf, type Workload, workloadName, workloadWords} from './workload.ts';

/** What an undo would do, before anything is done. */
export interface UndoPlan {
  readonly workload: Workload;
  /** Undefined where the template of now is no revision yet: nothing could bring it back. */
  readonly from: Revision | undefined;
  readonly to: Revision;
  /** The number that `to` gets by being rolled out again. */
  readonly newRevision: number;
  /** Empty where the workload's template is this revision's already. */
  readonly changes: readonly TemplateChange[];
  readonly warnings: readonly Warning[];
  readonly stuckPods: readonly StuckPod[];
}

interface StuckPod {
  readonly name: string;
  readonly uid: string;
}

/** Rejects with exit code 3 where the workload is paused, and with 5 where there is no such revision. */
export function planUndo(situation: Situation, toRevision: number | undefined): UndoPlan {
  const {workload, revisions} = situation;
  const to = toRevision === undefined ? pickPrevious(situation) : pickRevision(situation, toRevision);
  const changes = diffTemplates(workload.spec?.template ?? {}, to.template);
  const from = currentRevision(revisions);
  const warnings =
    changes.length === 0 ? [] : [...manifestWarnings(workload, to.template, changes), ...whatStays(workload, from)];
  return {
    workload,
    from,
    to,
    newRevision: nextNumber(revisions),
    changes,
    warnings,
    stuckPods: stuckPods(situation, to).map(({metadata}) => ({name: metadata?.name ?? '', uid: metadata?.uid ?? ''})),
  };
}

/** A paused Deployment would take the old template and roll nothing out. */
export function refusePaused(workload: Workload, verb: string): void {
  if (workload.kind !== 'Deployment' || !workload.spec?.paused) return;
  const ref = refOf(workload);
  throw new Problem(`cannot ${verb} ${workloadName(ref)}: it is paused`, {
    why: 'a paused Deployment rolls nothing out, so the change would wait unseen',
    next: `kops rollout resume ${workloadWords(ref)}`,
    exitCode: ExitCode.negative,
  });
}

/** What the strategy leaves to the user, and what is lost. */
function whatStays(workload: Workload, from: Revision | undefined): Warning[] {
  const warnings = strategyWarnings(workload);
  if (from !== undefined) return warnings;
  const message = 'the template of now is no revision yet: nothing will bring it back';
  return [
    ...warnings,
    {reason: 'NotRecorded', message, hint: `keep a copy: kubectl get ${workloadWords(refOf(workload))} -o yaml`},
  ];
}

/** For every change of a template: pods that its strategy does not replace. */
export function strategyWarnings(workload: Workload): Warning[] {
  if (workload.kind === 'Deployment') return [];
  const {type, rollingUpdate} = workload.spec?.updateStrategy ?? {};
  if (type === 'OnDelete') {
    const {name, namespace} = refOf(workload);
    const pods = workload.kind === 'StatefulSet' ? `${name}-0` : 'POD';
    const message = 'its strategy is OnDelete: a pod changes only when you delete it';
    return [{reason: 'OnDelete', message, hint: `one after another: kubectl delete pod ${pods} -n ${namespace}`}];
  }
  const partition = rollingUpdate && 'partition' in rollingUpdate ? (rollingUpdate.partition ?? 0) : 0;
  if (partition === 0) return [];
  return [{reason: 'Partition', message: `its partition is ${partition}: pods with a lower ordinal keep what they have`}];
}
