/** Milliseconds. The kubelet's are 10 s and 300 s: nobody should have to wait that long in a lab. */
const FIRST = 1_000;
const LONGEST = 10_000;

export interface BackOff {
  /** What a container that ends next waits before it is started again. */
  readonly delay: number;
  /** When it was started for the last time. */
  readonly since: number;
}

/**
 * When a container that ended is started again: at once the first time, then after a delay that doubles, and at once again where it ran
 * for twice the longest delay (client-go's flowcontrol.Backoff, as the kubelet uses it). Times in milliseconds since 1970.
 */
export function nextStart(previous: BackOff | undefined, endedAt: number): {startAt: number; backOff: BackOff} {
  if (!previous || endedAt - previous.since > 2 * LONGEST) return {startAt: endedAt, backOff: {delay: FIRST, since: endedAt}};
  const startAt = endedAt + previous.delay;
  return {startAt, backOff: {delay: Math.min(2 * previous.delay, LONGEST), since: startAt}};
}
