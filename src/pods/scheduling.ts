import {earliest, firstOf, latest, messageOf} from './events.ts';
import {conditionOf, elapsed, oneLine, type Pod, type PodEvent} from './pod.ts';
import type {Trouble} from './trouble.ts';
import {unschedulableWords} from './unschedulable.ts';

/** A scheduler looks at a new pod within a second; a kubelet at one that is given to it within a few. */
const PATIENCE_MS = 30_000;

/** Why a pod has no node, or its node has not taken it up yet. */
export function schedulingTrouble(pod: Pod, events: readonly PodEvent[], now: number): Trouble | undefined {
  const node = pod.spec?.nodeName;
  if (node) return notTakenUp(pod, node, now);
  const scheduled = conditionOf(pod, 'PodScheduled');
  if (scheduled?.reason === 'SchedulingGated') return gated(pod, scheduled.lastTransitionTime);
  const said = scheduled?.status === 'False' ? scheduled.message : undefined;
  const failure = latest(
    events.filter(
      ({reason, source, reportingComponent}) =>
        reason === 'FailedScheduling' && isScheduler(source?.component ?? reportingComponent),
    ),
  );
  const message = said ?? (failure === undefined ? undefined : messageOf(failure));
  if (message === undefined) return unseen(pod, now);
  const found = unschedulableWords(message, pod);
  return {
    ...found,
    message: `${found.message}${autoscalerWords(events)}${preemptionWords(pod)}`,
    since: earliest([scheduled?.lastTransitionTime, ...(scheduled === undefined && failure ? [firstOf(failure)] : [])]),
    ofTemplate: true,
  };
}

/** Autoscalers write events of the same name. */
const isScheduler = (component: string | undefined): boolean => !/autoscaler|karpenter/i.test(component ?? '');

function gated({spec}: Pod, since: string | undefined): Trouble {
  const gates = (spec?.schedulingGates ?? []).map(({name}) => name).join(', ');
  return {
    reason: 'SchedulingGated',
    message: `held back by scheduling gate${gates === '' ? 's' : ` ${gates}`}`,
    doomed: false,
    since,
    fix: 'whoever set the gate must lift it',
    ofTemplate: true,
  };
}

function unseen(pod: Pod, now: number): Trouble | undefined {
  const since = pod.metadata?.creationTimestamp;
  if ((elapsed(since, now) ?? 0) < PATIENCE_MS) return undefined;
  const scheduler = pod.spec?.schedulerName ?? 'default-scheduler';
  return {
    reason: 'NotScheduled',
    message: `scheduler ${scheduler} has not looked at it`,
    doomed: false,
    since,
    fix: `check that ${scheduler} runs: kubectl get pods -A`,
    ofTemplate: scheduler !== 'default-scheduler',
  };
}

function notTakenUp(pod: Pod, node: string, now: number): Trouble | undefined {
  const {containerStatuses = [], initContainerStatuses = [], phase} = pod.status ?? {};
  const since = conditionOf(pod, 'PodScheduled')?.lastTransitionTime ?? pod.metadata?.creationTimestamp;
  if (containerStatuses.length > 0 || initContainerStatuses.length > 0 || phase !== 'Pending') return undefined;
  if ((elapsed(since, now) ?? 0) < PATIENCE_MS) return undefined;
  return {
    reason: 'NotTakenUp',
    message: `node ${node} has not started it`,
    doomed: false,
    since,
    fix: `look at its kubelet: kubectl describe node ${node}`,
    ofTemplate: false,
  };
}

/** Pods of lower priority are being stopped to make room for it. */
const preemptionWords = ({status}: Pod): string =>
  status?.nominatedNodeName ? `; ${status.nominatedNodeName} makes room by preemption` : '';

/** What the Cluster Autoscaler or Karpenter makes of it, as an appendix. */
function autoscalerWords(events: readonly PodEvent[]): string {
  const last = latest(
    events.filter(({reason}) => reason === 'NotTriggerScaleUp' || reason === 'TriggeredScaleUp' || reason === 'Nominated'),
  );
  if (last === undefined) return '';
  const message = messageOf(last);
  if (last.reason === 'NotTriggerScaleUp') {
    const why = oneLine(message.replace(/^pod didn't trigger scale-up:?\s*/, '').replace(/\b\d+ (?=[a-z])/gi, ''), 120);
    return `; the autoscaler adds no node${why === '' ? '' : ` (${why})`}`;
  }
  const groups = Array.from(message.matchAll(/\{([^{}]+)\}/g), ([, group = '']) => group.replace(/ \(max: \d+\)/, ''));
  return `; the autoscaler is adding a node${groups.length > 0 ? ` (${oneLine(groups.join(', '), 80)})` : ''}`;
}
