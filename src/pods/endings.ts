import {conditionOf, elapsed, oneLine, type Pod} from './pod.ts';
import type {Trouble} from './trouble.ts';

/** How long after its grace period a pod may still be there before it counts as stuck. */
const OVERDUE_MS = 15_000;

const DISRUPTIONS: Record<string, readonly [reason: string, message: string]> = {
  PreemptionByScheduler: ['Preempted', 'preempted by a pod of higher priority'],
  DeletionByTaintManager: ['NodeLost', 'driven from its node by a taint (node lost or not ready)'],
  EvictionByEvictionAPI: ['Drained', 'evicted from its node (drain)'],
  TerminationByKubelet: ['Evicted', 'evicted by kubelet'],
  DeletionByPodGC: ['NodeLost', 'its node is gone'],
};

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
  const known = target?.status === 'True' ? DISRUPTIONS[target.reason ?? ''] : undefined;
  if (known === undefined) return undefined;
  const [reason, message] = known;
  return {reason, message, doomed: false, since: target?.lastTransitionTime ?? since, fix: undefined, ofTemplate: false};
}

/** Why a pod was ended for good by something other than its own containers: evicted, its node lost or shut down. */
export function failureTrouble({metadata, spec, status}: Pod): Trouble | undefined {
  const {phase, reason, message = ''} = status ?? {};
  if (phase !== 'Failed' && reason !== 'NodeLost') return undefined;
  const since =
    status?.conditions?.find(({type}) => type === 'Ready' || type === 'DisruptionTarget')?.lastTransitionTime ??
    metadata?.creationTimestamp;
  const common = {
    doomed: false,
    since,
    fix: spec?.nodeName ? `kubectl describe node ${spec.nodeName}` : undefined,
    ofTemplate: false,
  };
  if (reason === 'Evicted') {
    const resource = /low on resource: ([\w-]+)/.exec(message)?.[1];
    const why = resource === undefined ? oneLine(message.replace(/\. .*$/s, ''), 120) : `the node was low on ${resource}`;
    return {reason: 'Evicted', message: `evicted${why === '' ? '' : `: ${why}`}`, ...common};
  }
  if (reason === 'NodeLost') return {reason: 'NodeLost', message: `its node ${spec?.nodeName ?? ''} is lost`, ...common};
  if (reason === undefined || reason === 'Completed' || reason === 'Error') return undefined;
  return {reason, message: `failed: ${oneLine(message, 140) || reason}`, ...common};
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
