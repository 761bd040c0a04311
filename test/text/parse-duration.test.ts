import {expect, test} from 'vitest';
import {parseDuration} from '../../src/text/parse-duration.ts';

test.each([
  ['0', 0],
  ['30s', 30_000],
  ['1h30m', 5_400_000],
  ['1.5s', 1_500],
  ['.5m', 30_000],
  ['250ms', 250],
  ['1000us', 1],
  ['1000µs', 1],
  ['', undefined],
  ['30', undefined],
  ['s', undefined],
  ['1d', undefined],
  ['1h 30m', undefined],
  ['1hh', undefined],
  ['-1s', undefined],
])('"%s" is %s ms', (text, milliseconds) => {
  expect(parseDuration(text)).toBe(milliseconds);
});
