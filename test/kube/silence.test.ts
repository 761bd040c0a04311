import {afterEach, beforeEach, expect, test, vi} from 'vitest';
import {guardSilence} from '../../src/kube/silence.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const never = new AbortController().signal;
const seconds = (n: number) => vi.advanceTimersByTimeAsync(n * 1000);

test('a watch that speaks is not checked', async () => {
  const ping = vi.fn(async () => {});
  const guard = guardSilence({ping}, never);
  for (let i = 0; i < 30; i++) {
    await seconds(10);
    guard.heard();
  }
  expect(ping).not.toHaveBeenCalled();
});

test('a quiet watch costs one small request every 15 s and goes on as long as the server answers', async () => {
  const ping = vi.fn(async () => {});
  const guard = guardSilence({ping}, never);
  await seconds(60);
  expect(ping).toHaveBeenCalledTimes(4);
  expect(guard.signal.aborted).toBe(false);
});

test('where the server no longer answers, the watch ends within 30 s', async () => {
  const dead = new Error('no answer');
  const guard = guardSilence({ping: () => new Promise((_, reject) => setTimeout(reject, 10_000, dead))}, never);
  await seconds(30);
  expect(guard.signal.reason).toBe(dead);
});

test('a watch without even a bookmark is started anew, though the server answers', async () => {
  const guard = guardSilence({ping: async () => {}}, never);
  await seconds(160);
  expect(guard.signal.reason).toBe(guard.tooLong);
});

test('Ctrl-C ends the watch with its own reason, and nothing is left running', async () => {
  const outer = new AbortController();
  const guard = guardSilence({ping: async () => {}}, outer.signal);
  outer.abort('enough');
  expect(guard.signal.reason).toBe('enough');
  guard.stop();
  expect(vi.getTimerCount()).toBe(0);
});
