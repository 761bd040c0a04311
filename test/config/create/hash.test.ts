import fc from 'fast-check';
import {expect, test} from 'vitest';
import {buildObject, type Draft} from '../../../src/config/create/object.ts';

const key = fc.stringMatching(/^[a-zA-Z0-9_-]{1,12}$/);
const entries = fc.uniqueArray(
  fc.record({key, value: fc.uint8Array({maxLength: 40}).map((bytes) => Buffer.from(bytes)), origin: fc.constant('')}),
  {
    selector: (entry) => entry.key,
  },
);
const kind = fc.constantFrom<Draft['kind']>('ConfigMap', 'Secret');

test('the suffix is ten letters and digits that spell no word, whatever the order of the sources', () => {
  fc.assert(
    fc.property(kind, entries, (kind, all) => {
      const name = (some: typeof all) => buildObject({kind, name: 'app', appendHash: true}, some).metadata.name;
      expect(name(all)).toMatch(/^app-[bcdfghkmt2456789]{10}$/);
      expect(name([...all].reverse())).toBe(name(all));
    }),
  );
});

test('another value, type or immutability is another name; a label is not', () => {
  const base: Draft = {kind: 'Secret', name: 'app', appendHash: true};
  const name = (draft: Partial<Draft>, value = 'x') =>
    buildObject({...base, ...draft}, [{key: 'a', value: Buffer.from(value), origin: ''}]).metadata.name;
  expect(new Set([name({}), name({}, 'y'), name({type: 'Opaque'}), name({immutable: true}), name({labels: {a: 'b'}})]).size).toBe(
    4,
  );
});

test('a name that the suffix makes too long is refused', () => {
  expect(() => buildObject({kind: 'ConfigMap', name: 'a'.repeat(250), appendHash: true}, [])).toThrow('cannot be a name');
});

test('every byte comes back: text from data, the rest from binaryData or a Secret', () => {
  fc.assert(
    fc.property(kind, entries, (kind, all) => {
      const object = buildObject({kind, name: 'app'}, all);
      const text = (object.kind === 'ConfigMap' && object.data) || {};
      const binary = (object.kind === 'ConfigMap' ? object.binaryData : object.data) ?? {};
      const read = [
        ...Object.entries(text).map(([name, value]) => [name, Buffer.from(value)] as const),
        ...Object.entries(binary).map(([name, value]) => [name, Buffer.from(value, 'base64')] as const),
      ];
      expect(Object.fromEntries(read.map(([name, value]) => [name, value.toString('hex')]))).toEqual(
        Object.fromEntries(all.map((entry) => [entry.key, entry.value.toString('hex')])),
      );
    }),
  );
});
