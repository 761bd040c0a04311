import type {Cluster} from '../kube/cluster.ts';
import {collect, type Needs} from './collect.ts';
import {pickRevision} from './pick.ts';
import type {Template} from './semantic.ts';
import type {Revision, Situation} from './situation.ts';
import {refOf, type WorkloadRef} from './workload.ts';

export interface RevisionSummary {
  readonly number: number;
  /** RFC 3339. */
  readonly createdAt: string;
  /** Of the containers, then of the init containers. */
  readonly images: readonly string[];
  /** Pods that it has now. */
  readonly replicas: number;
  readonly changeCause: string | null;
  readonly current: boolean;
}

export interface RolloutHistory {
  readonly kind: 'RolloutHistory';
  readonly workload: WorkloadRef;
  /** Oldest (lowest number) first. */
  readonly revisions: readonly RevisionSummary[];
  /** The workload has a template that is no revision yet: it is paused, or its controller has not looked at it. */
  readonly pending: boolean;
}

export interface RolloutRevision extends RevisionSummary {
  readonly kind: 'RolloutRevision';
  readonly workload: WorkloadRef;
  readonly template: Template;
}

/** A ControllerRevision does not say how many pods it has. */
const NEEDS: Needs = {revisions: 'needed', pods: 'needed'};

export async function rolloutHistory(cluster: Cluster, ref: WorkloadRef, signal: AbortSignal): Promise<RolloutHistory> {
  return historyOf(await collect(cluster, ref, NEEDS, signal));
}

/** One revision with its template. Rejects with exit code 5 where the workload has none of this number. */
export async function rolloutRevision(
  cluster: Cluster,
  ref: WorkloadRef,
  number: number,
  signal: AbortSignal,
): Promise<RolloutRevision> {
  const situation = await collect(cluster, ref, NEEDS, signal);
  const revision = pickRevision(situation, number);
  const workload = refOf(situation.workload);
  return {kind: 'RolloutRevision', workload, ...summaryOf(revision), template: revision.template};
}

export function historyOf({workload, revisions}: Situation): RolloutHistory {
  return {
    kind: 'RolloutHistory',
    workload: refOf(workload),
    revisions: revisions.map(summaryOf),
    pending: !revisions.some(({current}) => current),
  };
}

const summaryOf = ({number, createdAt, template, replicas, changeCause, current}: Revision): RevisionSummary => ({
  number,
  createdAt,
  images: imagesOf(template),
  replicas,
  changeCause: changeCause ?? null,
  current,
});

const imagesOf = ({spec}: Template): string[] =>
  [...(spec?.containers ?? []), ...(spec?.initContainers ?? [])].map(({image}) => image ?? '');
