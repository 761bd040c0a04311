import {expect, test} from 'vitest';
import {Tally} from '../../scripts/tally.ts';

type State = 'passed' | 'failed' | 'skipped';
type Module = Parameters<Tally['onTestRunEnd']>[0][number];

/** What vitest reports of one file: the states of its tests, and how much of it or of its suites could not be prepared. */
function module(states: readonly State[], {broken = 0, brokenSuites = 0} = {}): Module {
  return {
    errors: () => Array(broken).fill({message: 'cannot be read'}),
    children: {
      allTests: () => states.map((state) => ({result: () => ({state})})),
      allSuites: () => Array(brokenSuites).fill({errors: () => [{message: 'a hook failed'}]}),
    },
  } as unknown as Module;
}

const lineOf = (modules: readonly Module[], unhandled: readonly unknown[] = [], somethingFailed = false): string => {
  const tally = new Tally();
  tally.onTestRunEnd(modules, unhandled);
  return tally.line(somethingFailed);
};

test.each([
  ['tests of all files', [module(['passed', 'skipped']), module(['passed', 'failed'])], [], '2 passed, 1 failed, 1 skipped'],
  ['a file that could not be read', [module([], {broken: 1}), module(['passed'])], [], '1 passed, 1 failed, 0 skipped'],
  ['a suite whose hook failed', [module(['skipped'], {brokenSuites: 1})], [], '0 passed, 1 failed, 1 skipped'],
  ['an error outside of any test', [module(['passed'])], [{message: 'late'}], '1 passed, 1 failed, 0 skipped'],
] as const)('the last line counts %s', (_case, modules, unhandled, line) => {
  expect(lineOf(modules, unhandled)).toBe(line);
});

test('a run that failed as a whole never reads as if all had passed', () => {
  expect(lineOf([module(['passed'])], [], true)).toBe('1 passed, 1 failed, 0 skipped');
  expect(lineOf([module(['failed'])], [], true)).toBe('0 passed, 1 failed, 0 skipped');
});
