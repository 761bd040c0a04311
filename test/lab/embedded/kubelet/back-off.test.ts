import {expect, test} from 'vitest';
import {type BackOff, nextStart} from '../../../../src/lab/embedded/kubelet/back-off.ts';

/** Seconds that a container waits each time, when every run of it lasts as long as `runs` says. */
function waits(runs: readonly number[]): number[] {
  let backOff: BackOff | undefined;
  let now = 1_000_000;
  return runs.map((seconds) => {
    const endedAt = now + seconds * 1000;
    const next = nextStart(backOff, endedAt);
    backOff = next.backOff;
    now = next.startAt;
    return (next.startAt - endedAt) / 1000;
  });
}

test.each([
  ['one that ends at once waits longer each time, but never for long', Array(7).fill(0), [0, 1, 2, 4, 8, 10, 10]],
  ['a few good seconds change nothing', [0, 0, 15, 15], [0, 1, 2, 4]],
  ['one that ran well starts at once again', [0, 0, 0, 21, 0], [0, 1, 2, 0, 1]],
  ['one that is killed now and then never waits', [60, 60, 60], [0, 0, 0]],
])('%s', (_case, runs, expected) => {
  expect(waits(runs)).toEqual(expected);
});
