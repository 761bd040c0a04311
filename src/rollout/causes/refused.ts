import type {V1ReplicaSet} from '@kubernetes/client-node';
import type {Json} from '../../kube/json.ts';
import {earliest, eventsByObject, firstOf, lastTime, latest, messageOf, totalCount} from '../../pods/events.ts';
import {elapsed, type Loose, type Pod, type PodEvent} from '../../pods/pod.ts';
import {type Refusal, refusalOf} from '../../pods/refusals.ts';
import {SETTLED_MS} from '../../pods/trouble.ts';
import {currentRevision} from '../revisions.ts';
import type {Revision, Situation} from '../situation.ts';
import {resolveStrategy} from '../strategy.ts';
import {refOf, workloadName} from '../workload.ts';
import type {Finding} from './finding.ts';

type ReplicaSet = Loose<Json<V1ReplicaSet>>;

/** A controller tries again within moments at first: so often is not by chance. */
const ENOUGH_FAILURES = 3;
/** So long after a failure it counts at least. */
const QUIET_MS = 60_000;

/** Pods that were never made: there is no pod to look at, only what their controller says. `now`: epoch milliseconds. */
export function refusedPods(situation: Situation, now: number): Finding[] {
  const events = eventsByObject(
    situation.events.filter(({reason}) => reason === 'FailedCreate' || reason === 'ReplicaSetCreateError'),
  );
  if (situation.workload.kind !== 'Deployment') return refusedByController(situation, events, now);
  return [
    ...refusedReplicaSet(situation),
    ...situation.revisions.flatMap((revision) => refusedByReplicaSet(situation, revision, events, now)),
  ];
}

/** The Deployment's ReplicaSet could not even be made. */
function refusedReplicaSet({workload}: Situation): Finding[] {
  if (workload.kind !== 'Deployment') return [];
  const condition = workload.status?.conditions?.find(({reason}) => reason === 'ReplicaSetCreateError');
  if (condition?.status !== 'False') return [];
  const {namespace} = refOf(workload);
  return [
    finding(refusalOf(condition.message ?? '', namespace), workloadName(refOf(workload)), true, true, condition.lastUpdateTime),
  ];
}

/** A ReplicaSet says in its ReplicaFailure condition why it is short of pods, and takes it back when it is not. */
function refusedByReplicaSet(
  situation: Situation,
  revision: Revision,
  events: ReadonlyMap<string, readonly PodEvent[]>,
  now: number,
): Finding[] {
  const replicaSet = revision.object as ReplicaSet;
  const condition = replicaSet.status?.conditions?.find(({type}) => type === 'ReplicaFailure');
  if (condition?.status !== 'True' || condition.reason === 'FailedDelete') return [];
  const failures = events.get(revision.uid) ?? [];
  const last = latest(failures);
  const refusal = refusalOf(
    last === undefined ? (condition.message ?? '') : messageOf(last),
    refOf(situation.workload).namespace,
  );
  const since = condition.lastTransitionTime;
  const settled = totalCount(failures) >= ENOUGH_FAILURES || (elapsed(since, now) ?? 0) >= SETTLED_MS;
  const doomed = refusal.until === 'never' || (refusal.until === 'room' && settled && !willMakeRoom(situation));
  return [finding(refusal, `replicaset/${revision.name}`, doomed, revision.current, since)];
}

/**
 * Whether the rollout itself will still give back some of what a quota counts: pods of its own that are about to go. Source: the
 * Deployment controller (reconcileOldReplicaSets, cleanupUnhealthyReplicas).
 */
function willMakeRoom({workload, revisions, pods}: Situation): boolean {
  if (pods.some(({metadata}) => metadata?.deletionTimestamp)) return true;
  const sets = revisions.map(({object}) => object as ReplicaSet);
  const current = currentRevision(revisions)?.object as ReplicaSet | undefined;
  const all = sum(sets.map(({spec}) => spec?.replicas));
  const old = all - (current?.spec?.replicas ?? 0);
  if (old === 0) return false;
  const {type, minAvailable} = resolveStrategy(workload);
  if (type === 'Recreate') return true;
  const missing = (current?.spec?.replicas ?? 0) - (current?.status?.availableReplicas ?? 0);
  return all - minAvailable - missing > 0;
}

const sum = (numbers: readonly (number | undefined)[]): number => numbers.reduce<number>((total, n) => total + (n ?? 0), 0);

/**
 * StatefulSets and DaemonSets have no such condition: their last FailedCreate event counts while a pod is missing, none was made since, and
 * the controller still tries.
 */
function refusedByController(situation: Situation, events: ReadonlyMap<string, readonly PodEvent[]>, now: number): Finding[] {
  const {workload, pods} = situation;
  if (!isShort(situation)) return [];
  const failures = events.get(workload.metadata?.uid ?? '') ?? [];
  const last = latest(failures);
  if (last === undefined || pods.some((pod) => madeAt(pod) > lastTime(last)) || isHistory(failures, last, now)) return [];
  const named = /create (?:Pod|Claim \S+ Pod) (\S+) in StatefulSet/.exec(messageOf(last))?.[1];
  if (named !== undefined && pods.some(({metadata}) => metadata?.name === named)) return [];
  const refusal = refusalOf(messageOf(last), refOf(workload).namespace);
  const since = earliest(failures.map(firstOf));
  const settled = totalCount(failures) >= ENOUGH_FAILURES || (elapsed(since, now) ?? 0) >= SETTLED_MS;
  const leaving = pods.some(({metadata}) => metadata?.deletionTimestamp);
  const doomed = refusal.until === 'never' || (refusal.until === 'room' && settled && !leaving);
  return [finding(refusal, workloadName(refOf(workload)), doomed, true, since)];
}

const madeAt = ({metadata}: Pod): number => Date.parse(metadata?.creationTimestamp ?? '') || 0;

/** A controller waits twice as long before each next try: by then one that still fails would have said so. */
function isHistory(failures: readonly PodEvent[], last: PodEvent, now: number): boolean {
  const tried = lastTime(last) - (Date.parse(earliest(failures.map(firstOf)) ?? '') || lastTime(last));
  return now - lastTime(last) > Math.max(QUIET_MS, 2 * tried);
}

function isShort({workload}: Situation): boolean {
  if (workload.kind === 'DaemonSet') {
    return (workload.status?.currentNumberScheduled ?? 0) < (workload.status?.desiredNumberScheduled ?? 0);
  }
  return (workload.status?.replicas ?? 0) < (workload.spec?.replicas ?? 1);
}

function finding(refusal: Refusal, object: string, doomed: boolean, current: boolean, since: string | undefined): Finding {
  const {reason, message, fix, ofTemplate} = refusal;
  return {reason, message, fix, ofTemplate, object, doomed, current, since, pods: 0};
}
