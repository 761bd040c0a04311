import type {Problem} from '../problem.ts';
import type {Following} from './watch-follow.ts';

/** A connection that is lost and back within this long is routine: servers end watches, proxies cut them. */
export const ROUTINE_MS = 1000;
/** So long the last picture is kept where only some followers are cut off; a workload's own word counts more than all that is around it. */
export const PARTIAL_MS = 10_000;
/** So long the last picture is kept after an outage: followers catch up one after another, and what only some of them know misleads. */
export const CATCH_UP_MS = 1000;

/** How up to date what is followed is. */
export interface Outage {
  /** What to say of it. */
  readonly trouble: Problem | undefined;
  /** Whether to keep the last picture: what came through of several followers does not fit together. */
  readonly holds: boolean;
  /** Whether the next moment may tell something else. */
  readonly isOpen: boolean;
}

/** Remembers since when there is trouble. `now`: epoch milliseconds. */
export function createOutageWatch(following: Pick<Following, 'trouble' | 'isBlind'>): (now: number) => Outage {
  let since: number | undefined;
  let mendedAt: number | undefined;
  let blindAt = Number.NEGATIVE_INFINITY;
  return (now) => {
    const trouble = following.trouble();
    if (trouble !== undefined && following.isBlind()) blindAt = now;
    if (trouble !== undefined) {
      since ??= now;
      mendedAt = undefined;
      const lasted = now - since;
      return {
        trouble: lasted >= ROUTINE_MS ? trouble : undefined,
        // What happened meanwhile comes event by event: the first of them tells of a change that nobody has looked at.
        holds: now - blindAt < CATCH_UP_MS || lasted < PARTIAL_MS,
        isOpen: true,
      };
    }
    mendedAt ??= now;
    const isCatchingUp = since !== undefined && mendedAt - since >= ROUTINE_MS && now - mendedAt < CATCH_UP_MS;
    if (!isCatchingUp) since = undefined;
    return {trouble: undefined, holds: isCatchingUp, isOpen: isCatchingUp};
  };
}
