import {conditionOf, elapsed} from '../../pods/pod.ts';
import {counted} from '../../text/plural.ts';
import {isOutOfTime, isSeen} from '../assess.ts';
import {currentRevision} from '../revisions.ts';
import type {Situation} from '../situation.ts';
import {refOf, workloadKinds, workloadName, workloadWords} from '../workload.ts';
import type {Finding} from './finding.ts';
import {ordinalOf, wantedPods} from './wanted.ts';

/** A controller looks at a change within a moment. */
const CONTROLLER_PATIENCE_MS = 15_000;
/** So many names fit a line. */
const NAMED = 3;

/** What somebody asked for and what holds a rollout up for that reason: paused, OnDelete, a partition. `now`: epoch milliseconds. */
export function holds(situation: Situation, now: number): Finding[] {
  return [unseen(situation, now), paused(situation), ...byHand(situation), partition(situation)].filter(
    (found) => found !== undefined,
  );
}

const about = ({workload}: Situation) => ({
  object: workloadName(refOf(workload)),
  doomed: false,
  since: undefined,
  ofTemplate: false,
  current: true,
  pods: 0,
});

/** No controller has looked at the latest change. When that was, only the field managers tell. */
function unseen(situation: Situation, now: number): Finding | undefined {
  const {metadata, kind} = situation.workload;
  if (isSeen(situation.workload)) return undefined;
  const changes = (metadata?.managedFields ?? []).filter(({subresource}) => subresource !== 'status');
  const since = changes
    .flatMap(({time}) => time ?? [])
    .sort((a, b) => Date.parse(a) - Date.parse(b))
    .at(-1);
  if ((elapsed(since, now) ?? 0) < CONTROLLER_PATIENCE_MS) return undefined;
  return {
    ...about(situation),
    reason: 'ControllerNotRunning',
    message: `the ${kind} controller has not looked at the latest change`,
    since,
    fix: 'check that it runs: kubectl get pods -n kube-system -l component=kube-controller-manager',
  };
}

function paused(situation: Situation): Finding | undefined {
  const {workload, revisions} = situation;
  if (workload.kind !== 'Deployment' || !workload.spec?.paused) return undefined;
  const {replicas: total = 0, updatedReplicas: updated = 0} = workload.status ?? {};
  const pending = total > updated || (currentRevision(revisions) === undefined && (workload.spec.replicas ?? 1) > 0);
  if (!pending) return undefined;
  return {
    ...about(situation),
    reason: 'Paused',
    message: 'paused with a change that is not rolled out',
    since: workload.status?.conditions?.find(({reason}) => reason === 'DeploymentPaused')?.lastUpdateTime,
    fix: `kops rollout resume ${workloadWords(refOf(workload))}`,
  };
}

/** With OnDelete a pod stays as it is until somebody deletes it. */
function byHand(situation: Situation): Finding[] {
  const {workload, pods} = situation;
  if (workload.kind === 'Deployment' || workload.spec?.updateStrategy?.type !== 'OnDelete') return [];
  if (currentRevision(situation.revisions) === undefined) return [];
  const isWanted = wantedPods(situation);
  const old = pods
    .filter((pod) => !pod.metadata?.deletionTimestamp && !isWanted(pod))
    .map((pod) => ({name: pod.metadata?.name ?? '', ordinal: ordinalOf(pod) ?? 0}))
    .sort((a, b) => b.ordinal - a.ordinal || a.name.localeCompare(b.name))
    .map(({name}) => name);
  const [first] = old;
  if (first === undefined) return [];
  return [
    {
      ...about(situation),
      reason: 'OnDelete',
      message: `${counted(old.length, 'pod')} ${old.length === 1 ? 'is' : 'are'} still of an old revision: ${enumerate(old)}`,
      fix: `delete them one by one, each when the one before is ready: kubectl delete pod ${first} -n ${refOf(workload).namespace}`,
      pods: old.length,
    },
  ];
}

function partition(situation: Situation): Finding | undefined {
  const {workload} = situation;
  if (workload.kind !== 'StatefulSet' || workload.spec?.updateStrategy?.type === 'OnDelete') return undefined;
  const at = workload.spec?.updateStrategy?.rollingUpdate?.partition ?? 0;
  const {updateRevision, currentRevision: kept} = workload.status ?? {};
  if (at <= (workload.spec?.ordinals?.start ?? 0) || updateRevision === kept) return undefined;
  const {namespace, name} = refOf(workload);
  const patch = '{"spec":{"updateStrategy":{"rollingUpdate":{"partition":0}}}}';
  return {
    ...about(situation),
    reason: 'Partition',
    message: `partition ${at} keeps the pods below ${name}-${at} at the old revision`,
    fix: `to go on: kubectl patch ${workloadKinds.StatefulSet.short}/${name} -n ${namespace} --type merge -p '${patch}'`,
  };
}

/** The Deployment made no progress in time, and nothing that could be seen says why. */
export function outOfTime(situation: Situation): Finding[] {
  const {workload, revisions, pods} = situation;
  if (workload.kind !== 'Deployment' || !isSeen(workload) || !isOutOfTime(workload, currentRevision(revisions))) return [];
  const isWanted = wantedPods(situation);
  const unready = pods.filter((pod) => isWanted(pod) && conditionOf(pod, 'Ready')?.status !== 'True').length;
  const {namespace} = refOf(workload);
  return [
    {
      ...about(situation),
      reason: 'ProgressDeadlineExceeded',
      message: `no progress within ${workload.spec?.progressDeadlineSeconds ?? 600}s${unready > 0 ? `: ${unready} of its new pods ${unready === 1 ? 'is' : 'are'} not ready` : ''}`,
      doomed: true,
      ofTemplate: true,
      since: workload.status?.conditions?.find(({type}) => type === 'Progressing')?.lastUpdateTime,
      fix: `look at its events: kubectl get events -n ${namespace}`,
      pods: unready,
    },
  ];
}

/** `db-2, db-1 and 3 more` */
function enumerate(names: readonly string[]): string {
  if (names.length <= NAMED) return names.join(', ');
  return `${names.slice(0, NAMED).join(', ')} and ${names.length - NAMED} more`;
}
