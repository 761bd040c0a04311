import {expect, test} from 'vitest';
import {enumerate} from '../../src/text/enumerate.ts';

test.each([
  [[], ''],
  [['a'], 'a'],
  [['a', 'b'], 'a and b'],
  [['a', 'b', 'c', 'd', 'e'], 'a, b, c, d and e'],
  [['a', 'b', 'c', 'd', 'e', 'f'], 'a, b, c, d and 2 more'],
])('%j in words', (names, words) => {
  expect(enumerate(names)).toBe(words);
});
