import {defineConfig} from 'vitest/config';
import {BaseSequencer, type TestSpecification} from 'vitest/node';
import {kindTests, probeMachine} from './test/support/kind-tests.ts';

const kind = await kindTests(process.env, probeMachine);

// What uses the processors goes first, two at a time; then what mostly waits: for pods, for control planes.
const group = (groupOrder: number, maxWorkers: number) => ({maxWorkers, sequence: {groupOrder}});
const PATIENCE = 'test/support/patience.ts';
const OWN_CONTROL_PLANE = 'test/*/control-plane/**/*.test.ts';

/**
 * Those that take minutes begin first: a real API server looks at its configuration once a minute. Those on the kind cluster that files share
 * come last, so that it is not up for long. Else vitest would go by the files' size.
 */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const order = [/kind\/control-plane\//, /\/kill-ha/, /\/kill-|\/control-plane\/faults/, /\/rollout-watch/, /\/live\//];
    const rank = ({moduleId}: TestSpecification) => order.findIndex((pattern) => pattern.test(moduleId)) >>> 0; // none: after all
    return (await super.sort(files)).sort((a, b) => rank(a) - rank(b));
  }
}

export default defineConfig({
  test: {
    sequence: {sequencer: LongestFirst},
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/live/**', 'test/kind/**'],
          testTimeout: 60_000, // for tests that start programs, on a machine with other work
          setupFiles: PATIENCE,
          isolate: false, // a third of the CPU time would go into loading the same modules for each file
          ...group(0, 2),
        },
      },
      {
        test: {
          name: 'live',
          include: ['test/live/**/*.test.ts'],
          exclude: [OWN_CONTROL_PLANE],
          globalSetup: 'test/support/live-global.ts',
          setupFiles: [PATIENCE, 'test/support/lab-ready.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          ...group(1, 5),
        },
      },
      {
        test: {
          name: 'control-plane',
          include: [OWN_CONTROL_PLANE],
          exclude: kind.run ? [] : ['test/kind/**'],
          setupFiles: PATIENCE,
          testTimeout: 60_000,
          hookTimeout: 60_000,
          ...group(1, 5),
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
                setupFiles: [PATIENCE, 'test/support/lab-ready.ts'],
                testTimeout: 120_000,
                hookTimeout: 120_000,
                ...group(1, 5),
              },
            },
          ]
        : []),
    ],
  },
});
