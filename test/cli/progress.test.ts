import {expect, test} from 'vitest';
import {lineProgress} from '../../src/cli/progress.ts';
import {createTheme} from '../../src/text/screen.ts';

const screen = {theme: createTheme(false), width: 80, now: 0};

function progress() {
  const lines: string[] = [];
  const clock = {now: 0};
  const wait = async (seconds: number) => {
    clock.now += seconds * 1000;
  };
  return {
    lines,
    wait,
    steps: lineProgress(
      (line) => lines.push(line),
      screen,
      () => clock.now,
    ),
  };
}

test('off a terminal each step is a line when it is done, with what it said last and how long it took', async () => {
  const {lines, wait, steps} = progress();
  await steps.run([
    {title: 'certificates', run: () => wait(0.24)},
    {
      title: 'etcd',
      run: async (detail) => {
        detail('1 of 2');
        await wait(12);
        detail('2 of 2');
      },
    },
  ]);
  expect(lines).toEqual(['✔ certificates  0.2s', '✔ etcd  2 of 2  12s']);
});

test('a long step says now and then how it goes', async () => {
  const {lines, wait, steps} = progress();
  const run = async (detail: (text: string) => void) => {
    for (let i = 1; i <= 40; i++) {
      await wait(1);
      detail(`${i} of 40`);
    }
  };
  await steps.run([{title: 'building', run}]);
  expect(lines).toEqual(['… building: 15 of 40', '… building: 30 of 40', '✔ building  40 of 40  40s']);
});

test('a step that fails ends it with its own error; no later step starts', async () => {
  const {lines, steps} = progress();
  let started = false;
  const failing = {title: 'etcd', run: () => Promise.reject(new Error('port taken'))};
  const later = {
    title: 'nodes',
    run: async () => {
      started = true;
    },
  };
  await expect(steps.run([failing, later])).rejects.toThrow('port taken');
  expect(started).toBe(false);
  expect(lines).toEqual([]);
});
