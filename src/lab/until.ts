import {setTimeout as sleep} from 'node:timers/promises';

const INTERVAL = 50;

/** Asks every 50 ms until the answer is not undefined or false; resolves with undefined after `timeout` milliseconds. */
export async function until<T>(
  ask: () => T | undefined | false | Promise<T | undefined | false>,
  {timeout, signal}: {timeout: number; signal: AbortSignal},
): Promise<T | undefined> {
  const deadline = Date.now() + timeout;
  for (;;) {
    signal.throwIfAborted();
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer;
    if (Date.now() >= deadline) return undefined;
    await sleep(INTERVAL, undefined, {signal});
  }
}
