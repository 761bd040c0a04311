import {conditionOf, elapsed, oneLine, type Pod} from './pod.ts';
import type {Trouble} from './trouble.ts';

/** How long after its grace period a pod may still be there before it counts as stuck. */
const OVERDUE_MS = 15_000;
/** Evicted pods stay until somebody, or at last the garbage collector, deletes them. */
const RECENT_MS = 60 * 60_000;

/** Reasons of the condition DisruptionTarget. */
const DISRUPTIONS: ReadonlyMap<string, readonly [reason: string, message: string]> = new Map([
  ['PreemptionByScheduler', ['Preempted', 'preempted by a pod of higher priority']],
  ['DeletionByTaintManager', ['NodeLost', 'driven from its node by a taint (node lost or not ready)']],
  ['EvictionByEvictionAPI', ['Drained', 'evicted from its node (drain)']],
  ['TerminationByKubelet', ['Evicted', 'evicted by kubelet']],
  ['DeletionByPodGC', ['NodeLost', 'its node is gone']],
]);

/** Why a pod that is being deleted is still there, or what it is deleted for; undefined where it just takes its time. */
export function terminationTrouble(pod: Pod, now: number): Trouble | undefined {
  const {metadata, spec} = pod;
  const deletion = metadata?.deletionTimestamp; // when the grace period ends
  const overdue = (elapsed(deletion, now) ?? 0) > OVERDUE_MS;
  if (!overdue) return disruption(pod, deletion);
  const finalizers = metadata?.finalizers ?? [];
  const node = spec?.nodeName;
  const target = `${metadata?.name ?? 'POD'} -n ${metadata?.namespace ?? 'default'}`;
  const kept =
    finalizers.length > 0
      ? {
          message: `terminating, but kept by finalizer ${finalizers.join(', ')}`,
          fix: `whoever set the finalizer must lift it: kubectl get pod ${target} -o yaml`,
        }
      : {
          message: node ? `terminating, but node ${node} has not stopped it` : 'terminating for longer than its grace period',
          fix: node ? `only if that node is gone for good: kubectl delete pod ${target} --grace-period=0 --force` : undefined,
        };
  return {reason: 'StuckTerminating', ...kept, doomed: false, since: deletion, ofTemplate: false};
}

function disruption(pod: Pod, since: string | undefined): Trouble | undefined {
  const target = conditionOf(pod, 'DisruptionTarget');
  const known = target?.status === 'True' ? DISRUPTIONS.get(target.reason ?? '') : undefined;
  if (known === undefined) return undefined;
  const [reason, message] = known;
  return {reason, message, doomed: false, since: target?.lastTransitionTime ?? since, fix: undefined, ofTemplate: false};
}

/** Whether a pod was ended for good by something other than its own containers: evicted, its node lost or shut down. */
export const isEndedByNode = ({status}: Pod): boolean =>
  status?.reason === 'NodeLost' || (status?.phase === 'Failed' && ![undefined, 'Completed', 'Error'].includes(status.reason));

/** Why such a pod was; undefined where that was long ago. */
export function failureTrouble({metadata, spec, status}: Pod, now: number): Trouble | undefined {
  const {reason = 'Failed', message = ''} = status ?? {};
  const ended = status?.conditions?.find(({type}) => type === 'Ready' || type === 'DisruptionTarget');
  const since = ended?.lastTransitionTime ?? metadata?.creationTimestamp;
  if ((elapsed(since, now) ?? 0) > RECENT_MS) return undefined;
  const fix = spec?.nodeName ? `kubectl describe node ${spec.nodeName}` : undefined;
  return {reason, message: failureWords(reason, message, spec?.nodeName), doomed: false, since, fix, ofTemplate: false};
}

function failureWords(reason: string, message: string, node = ''): string {
  if (reason === 'NodeLost') return `its node ${node} is lost`;
  if (reason !== 'Evicted') return `failed: ${oneLine(message, 140) || reason}`;
  const resource = /low on resource: ([\w-]+)/.exec(message)?.[1];
  const why = resource === undefined ? oneLine(message.replace(/\. .*$/s, ''), 120) : `the node was low on ${resource}`;
  return `evicted${why === '' ? '' : `: ${why}`}`;
}

/** Why a pod is not ready although its containers are: its node went silent, or a readiness gate is closed. */
export function readinessTrouble(pod: Pod): Trouble | undefined {
  const ready = conditionOf(pod, 'Ready');
  if (ready?.status !== 'False' || conditionOf(pod, 'ContainersReady')?.status !== 'True') return undefined;
  const since = ready.lastTransitionTime;
  const closed = (pod.spec?.readinessGates ?? []).flatMap(({conditionType}) =>
    conditionOf(pod, conditionType ?? '')?.status === 'True' ? [] : (conditionType ?? []),
  );
  if (closed.length > 0) {
    return {
      reason: 'ReadinessGate',
      message: `containers are ready, but readiness gate ${closed.join(', ')} is closed`,
      doomed: false,
      since,
      fix: 'whoever minds the gate must open it',
      ofTemplate: true,
    };
  }
  const node = pod.spec?.nodeName ?? '';
  return {
    reason: 'NodeNotReady',
    message: `node ${node} does not answer`,
    doomed: false,
    since,
    fix: `kubectl describe node ${node}`,
    ofTemplate: false,
  };
}
