import type {Cluster} from '../kube/cluster.ts';
import {collect} from './collect.ts';
import {diffTemplates, type TemplateChange} from './diff-template.ts';
import {pickBelow, pickPrevious, pickRevision} from './pick.ts';
import {currentRevision} from './revisions.ts';
import type {Template} from './semantic.ts';
import type {Situation} from './situation.ts';
import {unifiedDiff} from './unified.ts';
import {refOf, type WorkloadRef, workloadName} from './workload.ts';

/** Which two revisions; see `compareRevisions` for what stands in for one that is not named. */
export interface DiffRange {
  readonly from?: number | undefined;
  readonly to?: number | undefined;
}

export interface RolloutDiff {
  readonly kind: 'RolloutDiff';
  readonly workload: WorkloadRef;
  readonly from: number;
  /** `live`: the workload's template, where that is no revision yet. */
  readonly to: number | 'live';
  readonly changes: readonly TemplateChange[];
  /** A unified diff of both in YAML; empty where there is no difference. */
  readonly unified: string;
}

export async function rolloutDiff(
  cluster: Cluster,
  ref: WorkloadRef,
  range: DiffRange,
  signal: AbortSignal,
): Promise<RolloutDiff> {
  return compareRevisions(await collect(cluster, ref, {revisions: 'needed'}, signal), range);
}

/**
 * `to` stands by itself for what the workload's template is, `from` for what was before `to`. Rejects with exit code 5 where there is no
 * such revision.
 */
export function compareRevisions(situation: Situation, {from, to}: DiffRange): RolloutDiff {
  const workload = refOf(situation.workload);
  const after = to === undefined ? livePoint(situation) : pickRevision(situation, to);
  const before =
    from !== undefined ? pickRevision(situation, from) : to === undefined ? pickPrevious(situation) : pickBelow(situation, to);
  const nameOf = (number: number | 'live') => `${workloadName(workload)} ${number === 'live' ? 'live' : `revision ${number}`}`;
  return {
    kind: 'RolloutDiff',
    workload,
    from: before.number,
    to: after.number,
    changes: diffTemplates(before.template, after.template),
    unified: unifiedDiff(before.template, after.template, {before: nameOf(before.number), after: nameOf(after.number)}),
  };
}

const livePoint = ({workload, revisions}: Situation): {number: number | 'live'; template: Template} =>
  currentRevision(revisions) ?? {number: 'live', template: workload.spec?.template ?? {}};
