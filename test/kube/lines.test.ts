import fc from 'fast-check';
import {expect, test} from 'vitest';
import {createLineSplitter} from '../../src/kube/lines.ts';

test('lines are the same however the bytes are cut', () => {
  const line = fc.string({unit: 'grapheme'}).filter((text) => !text.includes('\n'));
  fc.assert(
    fc.property(fc.array(line), fc.array(fc.nat(20)), (lines, cuts) => {
      const found: string[] = [];
      const split = createLineSplitter(1000, (text) => found.push(text));
      let rest = Buffer.from(lines.map((text) => `${text}\n`).join(''));
      for (const cut of cuts) {
        split(rest.subarray(0, cut));
        rest = rest.subarray(cut);
      }
      split(rest);
      expect(found).toEqual(lines.filter((text) => text !== ''));
    }),
  );
});

test('what has no line feed yet is not a line', () => {
  const found: string[] = [];
  const split = createLineSplitter(1000, (text) => found.push(text));
  split(Buffer.from('one\ntw'));
  expect(found).toEqual(['one']);
});

test('a line without an end is given up on', () => {
  const split = createLineSplitter(10, () => {});
  split(Buffer.from('12345'));
  expect(() => split(Buffer.from('678901'))).toThrow('a line of more than 10 bytes');
});
