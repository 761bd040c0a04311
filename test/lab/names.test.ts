import {expect, test} from 'vitest';
import {checkLabName, contextOf, controlPlaneNames, LONGEST_NAME, workerNames} from '../../src/lab/names.ts';

test.each(['kops', 'a', 'exam-2', '7', 'x'.repeat(LONGEST_NAME)])('%s can name a lab', (name) => {
  expect(checkLabName(name)).toBe(name);
});

test.each(['', 'Kops', '-a', 'a-', 'a.b', 'a/b', '../x', 'a b', 'kör', 'x'.repeat(LONGEST_NAME + 1)])(
  '"%s" cannot, and the problem says what can',
  (name) => {
    expect(() => checkLabName(name)).toThrow(
      expect.objectContaining({exitCode: 2, why: expect.stringContaining('lower-case letters, digits and inner dashes')}),
    );
  },
);

test('nodes are called as kind calls them: the first has no number', () => {
  expect(controlPlaneNames('x', 3)).toEqual(['x-control-plane', 'x-control-plane2', 'x-control-plane3']);
  expect(workerNames('x', 2)).toEqual(['x-worker', 'x-worker2']);
  expect(workerNames('x', 0)).toEqual([]);
});

test("a lab's context does not look like one of kind's", () => {
  expect(contextOf('practice')).toBe('kops-practice');
});
