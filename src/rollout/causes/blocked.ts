import {eventsByObject} from '../../pods/events.ts';
import {conditionOf, type Pod} from '../../pods/pod.ts';
import {findTroubles} from '../../pods/troubles.ts';
import {counted} from '../../text/plural.ts';
import {isSeen} from '../assess.ts';
import type {Situation} from '../situation.ts';
import {refOf} from '../workload.ts';
import type {Finding} from './finding.ts';
import {ordinalOf, wantedPods} from './wanted.ts';

/**
 * The one pod that all others of an ordered StatefulSet wait for. Its controller walks the pods from the lowest ordinal and stops at the
 * first that is not ready, before it replaces any: a broken pod of a revision that nobody wants any more is never replaced
 * (kubernetes#67250). Source: updateStatefulSet, processReplica. `now`: epoch milliseconds.
 */
export function blockingPod(situation: Situation, now: number): Finding[] {
  const {workload, pods, events} = situation;
  if (workload.kind !== 'StatefulSet' || workload.spec?.podManagementPolicy === 'Parallel') return [];
  if (!isSeen(workload)) return [];
  const {replicas = 1, ordinals} = workload.spec ?? {};
  const start = ordinals?.start ?? 0;
  const byOrdinal = new Map(pods.map((pod) => [ordinalOf(pod), pod]));
  const inOrder = Array.from({length: Math.min(replicas, pods.length + 1)}, (_, i) => byOrdinal.get(start + i));
  const blocker = inOrder.find((pod) => pod === undefined || !isReady(pod));
  if (blocker === undefined || blocker.metadata?.deletionTimestamp || isOver(blocker)) return [];

  const troubles = findTroubles(blocker, eventsByObject(events).get(blocker.metadata?.uid ?? '') ?? [], now);
  if (troubles.length === 0) return [];
  const isWanted = wantedPods(situation);
  const name = blocker.metadata?.name ?? '';
  const common = {
    reason: 'StatefulSetBlocked',
    object: `pod/${name}`,
    current: true,
    pods: 1,
    since: troubles[0]?.since,
    ofTemplate: false,
  };
  if (!isWanted(blocker)) {
    return [
      {
        ...common,
        message: `${name} is broken and of an old revision, and the controller replaces no pod before it is ready`,
        doomed: troubles.some(({doomed}) => doomed),
        fix: `delete it: kubectl delete pod ${name} -n ${refOf(workload).namespace}`,
      },
    ];
  }
  const others = replicas - pods.filter((pod) => isWanted(pod)).length;
  if (others <= 0) return [];
  return [
    {
      ...common,
      message: `${name} is not ready, and ${counted(others, 'other pod')} ${others === 1 ? 'waits' : 'wait'} for it (OrderedReady)`,
      doomed: false,
      fix: undefined,
    },
  ];
}

const isReady = (pod: Pod): boolean =>
  pod.status?.phase === 'Running' && conditionOf(pod, 'Ready')?.status === 'True' && !pod.metadata?.deletionTimestamp;

/** A pod that ended for good is replaced at once. */
const isOver = ({status}: Pod): boolean => status?.phase === 'Failed' || status?.phase === 'Succeeded';
