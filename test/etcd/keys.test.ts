import fc from 'fast-check';
import {expect, test} from 'vitest';
import {keyAfter, rangeOf} from '../../src/etcd/keys.ts';

const bytes = (...values: number[]) => Buffer.from(values);

test.each([
  ['of plain text', Buffer.from('/registry/secrets/'), Buffer.from('/registry/secrets0')],
  ['whose last byte is the highest', bytes(0x61, 0xff), bytes(0x62)],
  ['whose last bytes are the highest', bytes(0x61, 0x01, 0xff, 0xff), bytes(0x61, 0x02)],
  ['of the highest bytes alone, to the last key', bytes(0xff, 0xff), bytes(0)],
])('the end of a prefix %s', (_case, prefix, end) => {
  expect(rangeOf(prefix)).toEqual({key: prefix, end});
});

test('an empty prefix is every key: etcd takes no empty one', () => {
  expect(rangeOf('')).toEqual({key: bytes(0), end: bytes(0)});
});

test('a key is in the range of a prefix exactly when it starts with it', () => {
  const byte = fc.oneof(fc.constantFrom(0, 1, 0x61, 0xfe, 0xff), fc.integer({min: 0, max: 255}));
  const some = (minLength: number) => fc.array(byte, {minLength, maxLength: 5}).map((values) => Buffer.from(values));
  fc.assert(
    fc.property(some(1), some(1), (prefix, key) => {
      const {key: from, end} = rangeOf(prefix);
      const isIn = key.compare(from) >= 0 && (end.equals(bytes(0)) || key.compare(end) < 0);
      expect(isIn).toBe(key.subarray(0, prefix.length).equals(prefix));
    }),
  );
});

test('nothing lies between a key and the one after it', () => {
  expect(keyAfter(Buffer.from('/a'))).toEqual(Buffer.from('/a\0'));
});
