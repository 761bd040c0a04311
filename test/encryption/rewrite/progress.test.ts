import {expect, test} from 'vitest';
import {rewriteProgress, rewriteSummary} from '../../../src/encryption/rewrite/progress.ts';

test.each([
  ['nothing yet', {done: 0, total: 214, seconds: 0}, '0/214'],
  ['too early for a rate', {done: 20, total: 214, seconds: 0.1}, '20/214'],
  ['on the way', {done: 1710, total: 5000, seconds: 2}, '1710/5000, 855/s, 3s left'],
  ['slowly', {done: 9, total: 700, seconds: 3}, '9/700, 3.0/s, 3m50s left'],
  ['at the end', {done: 214, total: 214, seconds: 1}, '214/214, 214/s'],
])('%s', (_case, progress, text) => {
  expect(rewriteProgress(progress)).toBe(text);
});

test('what was done, in all and how fast', () => {
  const resources = [
    {resource: 'secrets', total: 214},
    {resource: 'configmaps', total: 12},
  ];
  expect(rewriteSummary(resources, 2)).toBe('214 secrets, 12 configmaps, 113/s');
  expect(rewriteSummary([], 0)).toBe('');
});
