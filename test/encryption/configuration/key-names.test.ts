import fc from 'fast-check';
import {expect, test} from 'vitest';
import {isKeyName, nextKeyName} from '../../../src/encryption/configuration/key-names.ts';

test.each([
  ['the first of a day', '2026-11-23T10:00:00Z', [], 'key-20261123-1'],
  ['the day is that of UTC', '2026-11-23T23:30:00-05:00', [], 'key-20261124-1'],
  ['the next of a day', '2026-11-23T10:00:00Z', ['key-20261123-1'], 'key-20261123-2'],
  ['other names do not count', '2026-11-23T10:00:00Z', ['key1', 'key-20261122-1', 'key-20261123-2'], 'key-20261123-1'],
  ['a gap is as good as any', '2026-11-23T10:00:00Z', ['key-20261123-1', 'key-20261123-3'], 'key-20261123-2'],
])('%s', (_case, now, used, name) => {
  expect(nextKeyName(new Date(now), used)).toBe(name);
});

test('a name is never used twice, and always one that may be used', () => {
  const day = fc.date({min: new Date('2020-01-01'), max: new Date('2099-12-31'), noInvalidDate: true});
  fc.assert(
    fc.property(day, fc.array(fc.integer({min: 1, max: 9})), (now, numbers) => {
      const used = numbers.map((number) => `${nextKeyName(now, []).slice(0, -1)}${number}`);
      const name = nextKeyName(now, used);
      expect(used).not.toContain(name);
      expect(isKeyName(name)).toBe(true);
    }),
  );
});

test.each([
  ['key1', true],
  ['key-20261123-1', true],
  ['schlüssel', true],
  ['a.b/c_d', true],
  ['', false],
  ['team:a', false],
  ['my key', false],
  ['key\n', false],
  ['key\u0007', false],
  ['key\u202e', false],
  ['k'.repeat(253), true],
  ['k'.repeat(254), false],
])('%j as the name of a key: %s', (name, may) => {
  expect(isKeyName(name)).toBe(may);
});
