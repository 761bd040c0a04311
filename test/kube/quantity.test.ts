import fc from 'fast-check';
import {expect, test} from 'vitest';
import {parseQuantity} from '../../src/kube/quantity.ts';

test.each([
  ['1', '1000m'],
  ['0.1', '100m'],
  ['.5', '500m'],
  ['1.', '1'],
  ['1k', '1000'],
  ['1Ki', '1024'],
  ['1.5Gi', '1536Mi'],
  ['2e3', '2k'],
  ['2E3', '2000'],
  ['5E', '5000P'],
  ['1e-3', '1m'],
  ['+3', '3'],
  ['-1', '-1000m'],
  ['1n', '0.000000001'],
  ['0.1n', '1n'],
])('%s is the same quantity as %s', (a, b) => {
  expect(parseQuantity(a)).toBeTypeOf('bigint');
  expect(parseQuantity(a)).toBe(parseQuantity(b));
});

test.each([
  ['1', '1m'],
  ['1k', '1Ki'],
  ['1M', '1m'],
  ['1', '-1'],
])('%s is another quantity than %s', (a, b) => {
  expect(parseQuantity(a)).not.toBe(parseQuantity(b));
});

test.each(['', 'm', '.', '1 Gi', '1gi', '0x10', '1e', 'Infinity', '1e999999999'])('%j is no quantity', (text) => {
  expect(parseQuantity(text)).toBeUndefined();
});

test('a number of milli-units is a thousandth of that number of units', () => {
  fc.assert(
    fc.property(fc.maxSafeNat(), (n) => {
      expect(parseQuantity(`${n}000m`)).toBe(parseQuantity(n));
    }),
  );
});
