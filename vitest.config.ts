import {defineConfig} from 'vitest/config';
import {kindTests, probeMachine} from './test/support/kind-tests.ts';

const kind = await kindTests(process.env, probeMachine);

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/live/**', 'test/kind/**'],
          testTimeout: 60_000, // for tests that start programs, on a machine with other work
        },
      },
      {
        test: {
          name: 'live',
          include: ['test/live/**/*.test.ts'],
          globalSetup: 'test/support/live-global.ts',
          setupFiles: 'test/support/lab-ready.ts',
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      ...(kind.run
        ? [
            {
              test: {
                name: 'kind',
                include: ['test/kind/**/*.test.ts'],
                globalSetup: 'test/support/kind-global.ts',
                setupFiles: 'test/support/lab-ready.ts',
                testTimeout: 120_000,
                hookTimeout: 120_000,
              },
            },
          ]
        : []),
    ],
  },
});
