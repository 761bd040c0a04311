import type {V1DaemonSet, V1Deployment, V1StatefulSet} from '@kubernetes/client-node';
import type {Json} from '../kube/json.ts';
import type {Pod} from '../pods/pod.ts';
import {keepsCrashing} from '../pods/restarts.ts';
import {ExitCode} from '../problem.ts';
import {duration} from '../text/duration.ts';
import {counted} from '../text/plural.ts';
import {ordinalOf, revisionMark, wantedPods} from './causes/wanted.ts';
import {currentRevision} from './revisions.ts';
import type {Revision, Situation} from './situation.ts';
import type {Assessment, Phase} from './status.ts';
import type {Workload} from './workload.ts';

const EXIT: Record<Phase, ExitCode> = {
  healthy: ExitCode.ok,
  failed: ExitCode.negative,
  progressing: ExitCode.unfinished,
  paused: ExitCode.unfinished,
};
export const exitCodeOf = ({phase}: {readonly phase: Phase}): ExitCode => EXIT[phase];

type Verdict = Pick<Assessment, 'phase' | 'message'>;
type Counts = Omit<Assessment, keyof Verdict>;

/**
 * Judges how far a rollout is by the workload's own status, in the order in which its controller works, so that the first thing that is
 * not true yet is the one reported. Needs nothing but the workload; with revisions and pods it tells more. `now`: epoch milliseconds.
 */
export function assess(situation: Situation, now: number): Assessment {
  const {workload} = situation;
  const counts = countsOf(situation);
  const verdict = (): Verdict => {
    if (workload.metadata?.deletionTimestamp) return {phase: 'failed', message: 'is being deleted'};
    if (!isSeen(workload)) return waiting('the controller has not seen the change yet');
    const judged = judge(situation, counts);
    return judged.phase === 'healthy' ? unlessCrashing(situation, judged, now) : judged;
  };
  return {...verdict(), ...counts};
}

function judge({workload, revisions, pods}: Situation, counts: Counts): Verdict {
  switch (workload.kind) {
    case 'Deployment':
      return judgeDeployment(workload, currentRevision(revisions), counts);
    case 'StatefulSet':
      return judgeStatefulSet(workload, pods, counts);
    case 'DaemonSet':
      return judgeDaemonSet(workload, counts);
  }
}

/** Source: the Deployment controller (DeploymentComplete); kubectl's order differs in that it never says `paused`. */
function judgeDeployment(deployment: Json<V1Deployment>, current: Revision | undefined, counts: Counts): Verdict {
  const {desired, updated, available, terminating} = counts;
  const {spec, status} = deployment;
  const total = status?.replicas ?? 0;

  if (isOutOfTime(deployment, current)) {
    const waited = duration((spec?.progressDeadlineSeconds ?? 600) * 1000);
    return {phase: 'failed', message: `no progress for ${waited}: ${updated} of ${desired} updated, ${available} available`};
  }
  if (spec?.paused && isPending(deployment, current)) {
    const message =
      updated === 0 ? 'paused before the new template was rolled out' : `paused with ${updated} of ${desired} updated`;
    return {phase: 'paused', message};
  }
  const old = total - updated;
  if (updated < desired) {
    if (spec?.strategy?.type === 'Recreate' && old > 0) return waiting(`${old} old to stop before new ones start (Recreate)`);
    return waiting(`${updated} of ${desired} updated`);
  }
  if (old > 0) return waiting(`${old} old still to go`);
  if (updated > desired) return waiting(`${updated - desired} to stop: scaled to ${desired}`);
  if (available < updated) return waiting(availableWords(counts, spec?.minReadySeconds));
  if (desired === 0) return healthy('scaled to 0');
  const notes = [...(terminating ? [`${pods(terminating)} still terminating`] : []), ...(spec?.paused ? ['paused'] : [])];
  return healthy([`${available} of ${desired} available`, ...notes].join(', '));
}

/**
 * Whether the controller gave up on this very rollout. Its condition outlives a change of the template or an undo until the first sign of
 * progress (kubernetes#49637), but names the ReplicaSet that it was about.
 */
export function isOutOfTime({status}: Json<V1Deployment>, current: Revision | undefined): boolean {
  const condition = status?.conditions?.find(({type}) => type === 'Progressing');
  if (condition?.reason !== 'ProgressDeadlineExceeded') return false;
  if (current === undefined) return true;
  const about = /^ReplicaSet "([^"]+)"/.exec(condition.message ?? '')?.[1];
  if (about !== undefined) return about === current.name;
  return !(Date.parse(condition.lastUpdateTime ?? '') < Date.parse(current.createdAt));
}

/** Whether a paused Deployment has something to roll out. Scaling goes on while it is paused. */
function isPending({spec, status}: Json<V1Deployment>, current: Revision | undefined): boolean {
  const {replicas: total = 0, updatedReplicas: updated = 0} = status ?? {};
  return total > updated || (updated < (spec?.replicas ?? 1) && (current === undefined || current.replicas === 0));
}

/**
 * Source: the StatefulSet controller (updateStatus, completeRollingUpdate). It counts the pods of updateRevision whether or not that is
 * currentRevision, and both are the same again after an undo, while pods of the revision between are left. kubectl reads neither
 * revisions nor availability.
 */
function judgeStatefulSet({spec, status}: Json<V1StatefulSet>, ownPods: Situation['pods'], counts: Counts): Verdict {
  const {desired, updated, available, terminating} = counts;
  const total = status?.replicas ?? 0;
  const {type, rollingUpdate} = spec?.updateStrategy ?? {};
  const partition = type === 'OnDelete' ? 0 : (rollingUpdate?.partition ?? 0);
  const kept = Math.min(desired, Math.max(0, partition - (spec?.ordinals?.start ?? 0)));
  const rolling = status?.updateRevision !== status?.currentRevision;
  const isSpared = (pod: Pod) => (ordinalOf(pod) ?? 0) < partition && revisionMark(pod) !== status?.updateRevision;
  const due = rolling ? desired - kept : desired - ownPods.filter(isSpared).length;
  // A pod on its way out is counted among all, but not among those of its revision.
  const outdated = due - updated - (rolling ? 0 : (terminating ?? 0));

  if (type === 'OnDelete' && total >= desired && outdated > 0) return byHand(outdated, desired);
  if (type !== 'OnDelete' && (rolling || total >= desired) && outdated > 0) {
    return waiting(`${updated} of ${due} updated${kept > 0 ? `; ${partitionWords(partition, kept)}` : ''}`);
  }
  if (total < desired) return waiting(`${total} of ${desired} pods made`);
  if (total > desired) return waiting(`${total - desired} to stop: scaled to ${desired}`);
  if (available < desired) return waiting(availableWords(counts, spec?.minReadySeconds));
  if (terminating) return waiting(`${pods(terminating)} still terminating`);
  if (desired === 0) return healthy('scaled to 0');
  const all = `${available} of ${desired} available`;
  return healthy(kept > 0 && updated < desired ? `${all}, ${updated} updated; ${partitionWords(partition, kept)}` : all);
}

const partitionWords = (partition: number, kept: number): string => `partition ${partition} keeps ${kept} as they are`;

/** Source: the DaemonSet controller. */
function judgeDaemonSet({spec, status}: Json<V1DaemonSet>, counts: Counts): Verdict {
  const {desired, updated, available} = counts;
  const scheduled = status?.currentNumberScheduled ?? 0;
  if (desired === 0) return healthy('no node matches, so no pod is wanted');
  if (scheduled < desired && updated >= scheduled) return waiting(`${scheduled} of ${desired} nodes have a pod`);
  if (spec?.updateStrategy?.type === 'OnDelete' && updated < scheduled) return byHand(scheduled - updated, desired);
  if (updated < desired) return waiting(`${updated} of ${desired} updated`);
  if (available < desired) return waiting(availableWords(counts, spec?.minReadySeconds));
  return healthy(`${available} of ${desired} available`);
}

const byHand = (outdated: number, desired: number): Verdict => ({
  phase: 'paused',
  message: `${outdated} of ${desired} still old: with OnDelete a pod is replaced when somebody deletes it`,
});

const waiting = (message: string): Verdict => ({phase: 'progressing', message});
const healthy = (message: string): Verdict => ({phase: 'healthy', message});
const pods = (count: number): string => counted(count, 'pod');

function availableWords({ready, available, desired}: Counts, minReadySeconds = 0): string {
  const message = `${available} of ${desired} available`;
  const settling = Math.min(ready, desired) - available;
  return minReadySeconds > 0 && settling > 0 ? `${message}, ${settling} ready but not yet for ${minReadySeconds}s` : message;
}

/** A container without a readiness probe is ready for the moment between its start and its crash. */
function unlessCrashing(situation: Situation, verdict: Verdict, now: number): Verdict {
  const isWanted = wantedPods(situation);
  const crashing = situation.pods.filter((pod) => isWanted(pod) && keepsCrashing(pod, now)).length;
  if (crashing === 0) return verdict;
  return waiting(`${verdict.message}, but ${pods(crashing)} keep${crashing === 1 ? 's' : ''} crashing`);
}

/** Whether the controller has acted on the spec as it is. */
export const isSeen = ({metadata, status}: Workload): boolean => (metadata?.generation ?? 0) <= (status?.observedGeneration ?? 0);

function countsOf(situation: Situation): Counts {
  const {workload, revisions, pods: all} = situation;
  const {status} = workload;
  const current = currentRevision(revisions);
  const terminating = all.filter(({metadata}) => metadata?.deletionTimestamp !== undefined).length;
  const total = totalOf(workload);
  // A status of before the change counts pods of the old template.
  const updated = (counted: number | undefined) => (isSeen(workload) ? (counted ?? 0) : (current?.replicas ?? 0));
  const counted = all.length > 0 || total === 0 ? terminating : null;
  if (workload.kind === 'DaemonSet') {
    const {desiredNumberScheduled = 0, updatedNumberScheduled, numberReady = 0, numberAvailable = 0} = workload.status ?? {};
    return {
      revision: current?.number ?? null,
      desired: desiredNumberScheduled,
      updated: updated(updatedNumberScheduled),
      ready: numberReady,
      available: numberAvailable,
      terminating: counted,
    };
  }
  const {updatedReplicas, readyReplicas = 0, availableReplicas = 0} = workload.status ?? {};
  const reported = status !== undefined && 'terminatingReplicas' in status ? status.terminatingReplicas : undefined;
  return {
    revision: current?.number ?? null,
    desired: workload.spec?.replicas ?? 1,
    updated: updated(updatedReplicas),
    ready: readyReplicas,
    available: availableReplicas,
    terminating: reported ?? counted,
  };
}

const totalOf = (workload: Workload): number =>
  (workload.kind === 'DaemonSet' ? workload.status?.currentNumberScheduled : workload.status?.replicas) ?? 0;
