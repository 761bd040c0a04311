import {configurationTrouble} from './configuration.ts';
import {crashTrouble} from './crashes.ts';
import {failureTrouble, isEndedByNode, readinessTrouble, terminationTrouble} from './endings.ts';
import {imageTrouble} from './images.ts';
import {containersOf, type Pod, type PodContainer, type PodEvent} from './pod.ts';
import {probeTrouble} from './probes.ts';
import {schedulingTrouble} from './scheduling.ts';
import {slowTrouble} from './slow.ts';
import type {Trouble} from './trouble.ts';
import {setUpTrouble} from './volumes.ts';

/**
 * What the scheduler, a kubelet or a controller says is wrong with a pod: in the order of a pod's life, and of each container the one thing
 * that stands in its way. Reads only the pod's status and `events`, those about this pod. `now`: epoch milliseconds.
 */
export function findTroubles(pod: Pod, events: readonly PodEvent[], now: number): Trouble[] {
  if (pod.status?.phase === 'Succeeded') return [];
  if (pod.metadata?.deletionTimestamp) return compact([terminationTrouble(pod, now)]);
  if (isEndedByNode(pod)) return compact([failureTrouble(pod, now)]);
  const early = schedulingTrouble(pod, events, now) ?? setUpTrouble(pod, events);
  if (early !== undefined) return [early];
  const troubles = compact([
    ...containersOf(pod).flatMap((container) => containerTroubles(container, pod, events, now)),
    readinessTrouble(pod),
  ]);
  return troubles.length > 0 ? troubles : compact([slowTrouble(pod, events, now)]);
}

function containerTroubles(container: PodContainer, pod: Pod, events: readonly PodEvent[], now: number): (Trouble | undefined)[] {
  const stopped = imageTrouble(container, pod, events, now) ?? configurationTrouble(container, pod, events, now);
  if (stopped !== undefined) return [stopped];
  const crash = crashTrouble(container, pod, events, now);
  return crash?.doomed ? [crash] : [probeTrouble(container, events, now), crash];
}

const compact = (troubles: readonly (Trouble | undefined)[]): Trouble[] => troubles.filter((trouble) => trouble !== undefined);
