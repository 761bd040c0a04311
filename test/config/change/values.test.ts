import fc from 'fast-check';
import {expect, test} from 'vitest';
import {keyChanges, mergeValues, patchOf, type Values, valuesOf} from '../../../src/config/change/values.ts';
import type {ConfigObject} from '../../../src/config/create/object.ts';

const values = (data: Readonly<Record<string, string>>): Values =>
  new Map(Object.entries(data).map(([key, value]) => [key, Buffer.from(value)]));
const shown = (all: Values) => Object.fromEntries([...all].map(([key, value]) => [key, value.toString()]));
const BYTES = Buffer.from([0xff, 0]);

const secret = {
  kind: 'Secret',
  metadata: {name: 'db'},
  data: {['__proto__']: 'eA==', password: 'czNjcjN0'},
} as unknown as ConfigObject;
const configMap = {
  kind: 'ConfigMap',
  metadata: {name: 'app'},
  data: {level: 'info'},
  binaryData: {icon: BYTES.toString('base64')},
} as unknown as ConfigObject;

test('a Secret is decoded, a ConfigMap is both of its fields, and __proto__ is a key like any other', () => {
  expect([...valuesOf(secret)]).toEqual([
    ['__proto__', Buffer.from('x')],
    ['password', Buffer.from('s3cr3t')],
  ]);
  expect([...valuesOf(configMap)]).toEqual([
    ['icon', BYTES],
    ['level', Buffer.from('info')],
  ]);
});

test('what differs is told by key and size', () => {
  expect(keyChanges(values({a: '1', b: '2', c: '3'}), values({b: '2', c: '33', d: ''}))).toEqual([
    {key: 'a', change: 'removed', before: 1, after: null},
    {key: 'c', change: 'changed', before: 1, after: 2},
    {key: 'd', change: 'added', before: null, after: 0},
  ]);
});

test.each([
  ['each side changed a key of its own', {a: '1', b: '1'}, {a: '2', b: '1'}, {a: '1', b: '2'}, {a: '2', b: '2'}, ['b'], []],
  ['both made the same of a key', {a: '1'}, {a: '2'}, {a: '2'}, {a: '2'}, [], []],
  ['both changed a key', {a: '1'}, {a: '2'}, {a: '3'}, {a: '2'}, [], ['a']],
  ['I removed what they changed', {a: '1'}, {}, {a: '3'}, {}, [], ['a']],
  ['I changed what they removed', {a: '1'}, {a: '2'}, {}, {a: '2'}, [], ['a']],
  ['both removed a key', {a: '1'}, {}, {}, {}, [], []],
  ['they added and removed', {a: '1'}, {a: '1', m: '1'}, {n: '1'}, {m: '1', n: '1'}, ['a', 'n'], []],
  ['both added a key', {}, {a: '1'}, {a: '2'}, {a: '1'}, [], ['a']],
] as const)('%s', (_case, base, mine, theirs, merged, kept, conflicts) => {
  const result = mergeValues(values(base), values(mine), values(theirs));
  expect({...result, values: shown(result.values)}).toEqual({values: merged, theirs: kept, conflicts});
});

test('nothing of either side is lost, unless both wrote the same key', () => {
  const some = fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd'), fc.constantFrom('1', '2', '3'), {noNullPrototype: true});
  fc.assert(
    fc.property(some, some, some, (base, mine, theirs) => {
      const {values: merged, conflicts} = mergeValues(values(base), values(mine), values(theirs));
      for (const key of ['a', 'b', 'c', 'd']) {
        if (conflicts.includes(key)) continue;
        if (mine[key] !== base[key]) expect(shown(merged)[key]).toBe(mine[key]);
        else expect(shown(merged)[key]).toBe(theirs[key]);
      }
    }),
  );
});

test.each([
  ['a key of a Secret', secret, {password: 'new'}, [{op: 'add', path: '/data/password', value: 'bmV3'}]],
  ['text of a ConfigMap', configMap, {level: 'ä'}, [{op: 'add', path: '/data/level', value: 'ä'}]],
  ['bytes of a ConfigMap', configMap, {more: BYTES}, [{op: 'add', path: '/binaryData/more', value: '/wA='}]],
  [
    'bytes that become text',
    configMap,
    {icon: 'x'},
    [
      {op: 'remove', path: '/binaryData/icon'},
      {op: 'add', path: '/data/icon', value: 'x'},
    ],
  ],
  ['a key that goes', configMap, {level: undefined}, [{op: 'remove', path: '/data/level'}]],
  ['a key that is so already', secret, {password: 's3cr3t'}, []],
  [
    'the first keys of all',
    {kind: 'ConfigMap', metadata: {name: 'app'}} as ConfigObject,
    {a: 'x', b: BYTES},
    [
      {op: 'add', path: '/data', value: {a: 'x'}},
      {op: 'add', path: '/binaryData', value: {b: '/wA='}},
    ],
  ],
] as const)('%s is patched, and no other', (_case, object, wanted, patch) => {
  const after = new Map(valuesOf(object));
  for (const [key, value] of Object.entries(wanted)) {
    if (value === undefined) after.delete(key);
    else after.set(key, Buffer.from(value));
  }
  expect(patchOf(object, after)).toEqual(patch);
});
