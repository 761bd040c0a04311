import {defineConfig} from 'vitest/config';
import {kindTests, probeMachine} from './test/support/kind-tests.ts';

const kind = await kindTests(process.env, probeMachine);

// One group after another: what watches the clock has the machine to itself, and what waits for a control plane waits together.
const quick = (groupOrder: number) => ({maxWorkers: 2, sequence: {groupOrder}});
const waiting = {maxWorkers: 3, sequence: {groupOrder: 2}};
const OWN_CONTROL_PLANE = 'test/*/control-plane/**/*.test.ts';

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/live/**', 'test/kind/**'],
          testTimeout: 60_000, // for tests that start programs, on a machine with other work
          isolate: false, // a third of the CPU time would go into loading the same modules for each file
          ...quick(0),
        },
      },
      {
        test: {
          name: 'live',
          include: ['test/live/**/*.test.ts'],
          exclude: [OWN_CONTROL_PLANE],
          globalSetup: 'test/support/live-global.ts',
          setupFiles: 'test/support/lab-ready.ts',
          testTimeout: 60_000,
          hookTimeout: 60_000,
          ...quick(1),
        },
      },
      {
        test: {
          name: 'control-plane',
          include: [OWN_CONTROL_PLANE],
          exclude: kind.run ? [] : ['test/kind/**'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          ...waiting,
        },
      },
      ...(kind.run
        ? [
            {
              test: {
                name: 'kind',
                include: ['test/kind/**/*.test.ts'],
                exclude: [OWN_CONTROL_PLANE],
                globalSetup: 'test/support/kind-global.ts',
                setupFiles: 'test/support/lab-ready.ts',
                testTimeout: 120_000,
                hookTimeout: 120_000,
                ...waiting,
              },
            },
          ]
        : []),
    ],
  },
});
