import {eventsByObject} from '../../pods/events.ts';
import type {Trouble} from '../../pods/trouble.ts';
import {findTroubles} from '../../pods/troubles.ts';
import type {Situation} from '../situation.ts';
import type {Finding} from './finding.ts';
import {wantedPods} from './wanted.ts';

/** What is wrong with the pods: one finding for all that show the same. Linear in pods and events. `now`: epoch milliseconds. */
export function podFindings(situation: Situation, now: number): Finding[] {
  const events = eventsByObject(situation.events);
  const isWanted = wantedPods(situation);
  const groups = new Map<string, Group>();
  for (const pod of situation.pods) {
    const current = isWanted(pod);
    for (const trouble of findTroubles(pod, events.get(pod.metadata?.uid ?? '') ?? [], now)) {
      const key = JSON.stringify([current, kindOf(trouble), trouble.container, trouble.message]);
      const group = groups.get(key);
      if (group === undefined) groups.set(key, newGroup(trouble, pod.metadata?.name ?? '', current));
      else add(group, trouble, pod.metadata?.name ?? '');
    }
  }
  return Array.from(groups.values(), ({first, object, current, pods, doomed, since, count}) => ({
    ...first,
    object,
    current,
    pods,
    doomed,
    since: since.text,
    tally: first.tally && {...first.tally, count},
  }));
}

/** A container that just ended and one that waits for its next start crash for the same cause, seen at two moments. */
const kindOf = ({reason}: Trouble): string => (reason === 'Crashed' ? LOOP : reason);
const LOOP = 'CrashLoopBackOff';

interface Group {
  /** The trouble as it is told, and where it was seen. */
  first: Trouble;
  object: string;
  readonly current: boolean;
  readonly since: {text: string | undefined; time: number};
  pods: number;
  doomed: boolean;
  count: number;
}

const timeOf = (text: string | undefined): number => Date.parse(text ?? '') || Number.POSITIVE_INFINITY;

const newGroup = (first: Trouble, pod: string, current: boolean): Group => ({
  first,
  object: `pod/${pod}`,
  current,
  since: {text: first.since, time: timeOf(first.since)},
  pods: 1,
  doomed: first.doomed,
  count: first.tally?.count ?? 0,
});

/** A group is as old as its oldest member and has happened as often as to the pod that had it most. The gravest word for it is told. */
function add(group: Group, trouble: Trouble, pod: string): void {
  const {since, doomed, tally} = trouble;
  if (group.first.reason !== LOOP && trouble.reason === LOOP) Object.assign(group, {first: trouble, object: `pod/${pod}`});
  group.pods += 1;
  group.doomed ||= doomed;
  group.count = Math.max(group.count, tally?.count ?? 0);
  const time = timeOf(since);
  if (time < group.since.time) Object.assign(group.since, {text: since, time});
}
