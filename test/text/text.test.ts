import fc from 'fast-check';
import {expect, test} from 'vitest';
import {age, duration, wholeDuration} from '../../src/text/duration.ts';
import {nearest} from '../../src/text/nearest.ts';
import {printable} from '../../src/text/printable.ts';

test.each([
  [-5, '0s'],
  [999, '0s'],
  [119_000, '119s'],
  [120_000, '2m'],
  [200_000, '3m20s'],
  [11 * 60_000, '11m'],
  [4 * 3_600_000 + 60_000, '4h1m'],
  [30 * 3_600_000, '30h'],
  [3 * 86_400_000 + 3_600_000, '3d1h'],
  [100 * 86_400_000, '100d'],
  [800 * 86_400_000, '2y'],
])('%i ms read as %s', (ms, text) => {
  expect(duration(ms)).toBe(text);
});

test.each([
  [100, '0.1s'],
  [1500, '1.5s'],
  [90_000, '90s'],
  [150_000, '2m30s'],
  [600_000, '10m'],
  [9 * 3_600_000 + 59 * 60_000, '9h59m'],
  [3_605_000, '1h0m5s'],
  [7_200_000, '2h'],
])('%i ms that were asked for are told as %s', (ms, text) => {
  expect(wholeDuration(ms)).toBe(text);
});

test('an age counts from an RFC 3339 time', () => {
  expect(age('2026-01-01T00:00:00Z', Date.parse('2026-01-01T00:00:12Z'))).toBe('12s');
  expect(age(undefined, 0)).toBe('-');
});

test.each([
  ['wbe', ['web', 'worker'], 'web'],
  ['deploymnet', ['deployment', 'daemonset'], 'deployment'],
  ['wbe', ['be', 'web-2', 'web', 'wb'], 'web'],
  ['wbe', ['be', 'db'], 'be'],
  ['ew', ['we'], 'we'],
  ['axc', ['bac', 'axd'], 'axd'],
  ['x', ['web'], undefined],
  ['zzzzzz', ['web', 'worker'], undefined],
])('of %s and %j the nearest is %s', (word, candidates, expected) => {
  expect(nearest(word, candidates)).toBe(expected);
});

test('printable text holds nothing that a terminal obeys', () => {
  fc.assert(
    fc.property(fc.string({unit: 'binary'}), (text) => {
      expect(printable(text)).not.toMatch(/[\p{Cc}\p{Bidi_Control}]/u);
    }),
  );
  expect(printable('a\u001b[31m\n')).toBe('a␛[31m␊');
});
