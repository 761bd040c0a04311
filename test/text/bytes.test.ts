import {expect, test} from 'vitest';
import {bytes} from '../../src/text/bytes.ts';

test.each([
  [0, '0 bytes'],
  [812, '812 bytes'],
  [1024, '1.0 KiB'],
  [12_500, '12 KiB'],
  [1_500_000_000, '1.4 GiB'],
])('%i is %s', (count, text) => {
  expect(bytes(count)).toBe(text);
});
