import {setTimeout as sleep} from 'node:timers/promises';

/** Turns for work that is asked for more often than it should be done. */
export interface Pace {
  /** Asked for twice before a turn, there is one turn. */
  ask(): void;
  /** Resolves when a turn was asked for: at once where the last one was long enough ago. */
  turn(): Promise<void>;
}

/**
 * Two turns begin at least `every` milliseconds apart, and at least five times as far as the work of the last one took: it never has more
 * than a fifth of the processor, however much there is to look at.
 */
export function createPace(every: number): Pace {
  let asked = Promise.withResolvers<void>();
  let beganAt = Number.NEGATIVE_INFINITY;
  return {
    ask: () => asked.resolve(),
    async turn() {
      const took = performance.now() - beganAt;
      await asked.promise;
      const early = beganAt + Math.max(every, Number.isFinite(took) ? 5 * took : 0) - performance.now();
      if (early > 0) await sleep(early);
      asked = Promise.withResolvers();
      beganAt = performance.now();
    },
  };
}
