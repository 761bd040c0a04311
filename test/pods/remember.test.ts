import {expect, test} from 'vitest';
import {remember} from '../../src/pods/remember.ts';

test('what was read once is not read again, until there is too much of it', () => {
  const reads: string[] = [];
  const length = remember((text) => reads.push(text) && text.length, 2);
  expect(['a', 'bb', 'a', 'bb', 'ccc', 'ccc', 'a'].map(length)).toEqual([1, 2, 1, 2, 3, 3, 1]);
  expect(reads).toEqual(['a', 'bb', 'ccc', 'a']);
});
