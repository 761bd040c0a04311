import type {PodEvent} from './pod.ts';

/** Events by the UID of the object they are about. */
export const eventsByObject = (events: Iterable<PodEvent>): ReadonlyMap<string, readonly PodEvent[]> =>
  Map.groupBy(events, ({involvedObject}) => involvedObject?.uid ?? '');

/** How often it happened: older clients count in `count`, newer ones in a series. */
export const countOf = ({count, series}: PodEvent): number => series?.count ?? count ?? 1;

/** RFC 3339. */
export const firstOf = ({firstTimestamp, eventTime, metadata}: PodEvent): string | undefined =>
  firstTimestamp ?? eventTime ?? metadata?.creationTimestamp ?? undefined;

/** RFC 3339. */
export const lastOf = (event: PodEvent): string | undefined =>
  event.series?.lastObservedTime ?? event.lastTimestamp ?? firstOf(event);

export const lastTime = (event: PodEvent): number => Date.parse(lastOf(event) ?? '') || 0;

/** `spec.containers{web}` → `web`; undefined where the event is about the whole pod. */
const containerOf = ({involvedObject}: PodEvent): string | undefined => /\{(.+)\}$/.exec(involvedObject?.fieldPath ?? '')?.[1];

/** Whether an event is about this container; one that names none may be. */
export const isAbout = (event: PodEvent, container: string): boolean => (containerOf(event) ?? container) === container;

/** What an event says, without what the event recorder adds when it counts similar ones together. */
export const messageOf = ({message = ''}: PodEvent): string => message.replace(/^\(combined from similar events\): /, '');

export const latest = (events: Iterable<PodEvent>): PodEvent | undefined => {
  let last: PodEvent | undefined;
  for (const event of events) if (last === undefined || lastTime(event) >= lastTime(last)) last = event;
  return last;
};

export const totalCount = (events: readonly PodEvent[]): number => events.reduce((sum, event) => sum + countOf(event), 0);

/** The earliest of these RFC 3339 times. */
export function earliest(times: Iterable<string | undefined>): string | undefined {
  let first: string | undefined;
  for (const time of times) {
    if (time !== undefined && (first === undefined || Date.parse(time) < Date.parse(first))) first = time;
  }
  return first;
}
