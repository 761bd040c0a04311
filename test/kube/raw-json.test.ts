import fc from 'fast-check';
import {expect, test} from 'vitest';
import {elementsOf, membersOf, textOf} from '../../src/kube/raw-json.ts';

/** JSON with white space wherever it may be, and strings that look like structure. */
const spaces = fc.stringMatching(/^[ \t\r\n]{0,3}$/);
const tricky = fc.oneof(fc.string({unit: 'binary'}), fc.stringMatching(/^["\\{}[\],:]*$/), fc.string({unit: 'grapheme'}));
const numbers = fc.constantFrom('9007199254740993', '-0', '1.50', '1e400', '0.1e-7', '12345678901234567890123');
const texts = fc.letrec<{value: string}>((tie) => ({
  value: fc.oneof(
    {maxDepth: 4},
    tricky.map((text) => JSON.stringify(text)),
    numbers,
    fc.constantFrom('null', 'true', 'false', '""', '{}', '[]'),
    fc.tuple(fc.array(tie('value')), spaces).map(([items, space]) => `[${space}${items.join(`${space},${space}`)}${space}]`),
    fc.tuple(fc.array(fc.tuple(tricky, tie('value'))), spaces).map(([members, space]) => {
      const pairs = members.map(([name, value]) => `${JSON.stringify(name)}${space}:${space}${value}`);
      return `{${space}${pairs.join(`${space},${space}`)}${space}}`;
    }),
  ),
})).value;

test('the elements of any array are its own text, byte for byte', () => {
  fc.assert(
    fc.property(fc.array(texts), spaces, (elements, space) => {
      const json = Buffer.from(`${space}[${space}${elements.join(`${space},${space}`)}${space}]`);
      expect(elementsOf(json, {start: 0}).map((span) => textOf(json, span))).toEqual(elements);
      expect(JSON.parse(json.toString())).toEqual(elements.map((element) => JSON.parse(element)));
    }),
  );
});

test('the members of any object are its own text; of two of one name the last, as JSON.parse has it', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(tricky, texts)), spaces, (members, space) => {
      const pairs = members.map(([name, value]) => `${JSON.stringify(name)}${space}:${space}${value}`);
      const json = Buffer.from(`${space}{${space}${pairs.join(`${space},${space}`)}${space}}`);
      const found = membersOf(json, {start: 0});
      expect([...found].map(([name, span]) => [name, textOf(json, span)])).toEqual([...new Map(members)]);
    }),
  );
});

test('a text that is cut off anywhere throws, and never loops', () => {
  fc.assert(
    fc.property(fc.array(texts, {minLength: 1}), fc.double({min: 0, max: 1, noNaN: true}), (elements, share) => {
      const json = Buffer.from(`[${elements.join(',')}]`);
      const cut = json.subarray(0, Math.floor(share * (json.length - 1)));
      expect(() => elementsOf(cut, {start: 0})).toThrow(SyntaxError);
    }),
  );
});

test.each(['', 'null', '[]', '"x"', '{"a" 1}', '{"a":}'])('%j is no object', (text) => {
  expect(() => membersOf(Buffer.from(text), {start: 0})).toThrow(SyntaxError);
});
