import fc from 'fast-check';
import {expect, test} from 'vitest';
import {checkEntries, keyFlaw, MOST_BYTES} from '../../../src/config/create/keys.ts';
import {checkMetadata, parsePairs} from '../../../src/config/create/metadata.ts';
import {Problem} from '../../../src/problem.ts';

const entry = (key: string, value: string | Buffer = 'x', origin = '--from-literal') => ({
  key,
  value: Buffer.from(value),
  origin,
});

/** The message, the reason and the advice. */
function refusalOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (!(error instanceof Problem) || error.exitCode !== 2) throw error;
    return [error.message, error.why, error.next].join(' | ');
  }
  return 'accepted';
}

test('a key is letters, digits, "-", "_" and ".", and no path', () => {
  const allowed = fc.stringMatching(/^[-._a-zA-Z0-9]{1,253}$/).filter((key) => key !== '.' && !key.startsWith('..'));
  fc.assert(fc.property(allowed, (key) => keyFlaw(key) === undefined));
  fc.assert(
    fc.property(
      fc.string().filter((key) => !/^[-._a-zA-Z0-9]+$/.test(key)),
      (key) => keyFlaw(key) !== undefined,
    ),
  );
});

test.each([
  ['', 'it is empty'],
  ['a b', 'only letters, digits, "-", "_" and "." are allowed in a key'],
  ['..data', 'it may not be "." or begin with ".."'],
  ['.', 'it may not be "." or begin with ".."'],
  ['k'.repeat(254), 'it has 254 characters, and 253 are the most'],
])('the key %j cannot be one', (key, flaw) => {
  expect(refusalOf(() => checkEntries([entry(key)]))).toContain(`cannot be a key | ${flaw}; it is from --from-literal`);
});

test('a key that is there twice is told with both places', () => {
  expect(refusalOf(() => checkEntries([entry('a', 'x', 'a.txt'), entry('b'), entry('a')]))).toBe(
    'the key a is there twice | from a.txt and from --from-literal | leave one of them out',
  );
});

test('all values together have a mebibyte, and keys do not count', () => {
  const half = Buffer.alloc(MOST_BYTES / 2);
  expect(refusalOf(() => checkEntries([entry('a', half), entry('b', half)]))).toBe('accepted');
  expect(refusalOf(() => checkEntries([entry('a', half), entry('b', half), entry('c')]))).toContain(
    'the API server takes at most 1.0 MiB in one object; the largest is a with 512 KiB',
  );
});

test.each([
  ['my-app.v2', 'accepted'],
  ['a'.repeat(253), 'accepted'],
  ['a'.repeat(254), 'it has 254 characters'],
  ['My-app', 'only lower-case letters'],
  ['my_app', 'lower-case letters, digits'],
  ['-app', 'it begins and ends with a letter or digit'],
  ['app-', 'it begins and ends with a letter or digit'],
  ['a..b', 'each part between dots'],
  ['', 'it is not empty'],
])('the name %j: %s', (name, told) => {
  expect(refusalOf(() => checkMetadata({name}))).toContain(told);
});

test.each([
  ['labels', {app: 'web', 'app.kubernetes.io/name': 'Web_1.0', empty: ''}, 'accepted'],
  ['labels', {app: 'two words'}, 'the value of label app is invalid'],
  ['labels', {app: '-web'}, 'a letter or digit first and last'],
  ['labels', {app: 'x'.repeat(64)}, 'it has 64 characters, and 63 are the most'],
  ['labels', {'a/b/c': 'x'}, 'there is at most one "/" in it'],
  ['labels', {'/b': 'x'}, 'cannot be the key of a label'],
  ['labels', {'A.example/b': 'x'}, 'only lower-case letters'],
  ['labels', {[`a/${'n'.repeat(64)}`]: 'x'}, '63 are the most'],
  ['annotations', {'a.example/b': 'any text\nat all'}, 'accepted'],
  ['annotations', {'a b': 'x'}, 'cannot be the key of an annotation'],
  ['annotations', {a: 'x'.repeat(256 * 1024)}, 'the annotations are too large: 256 KiB'],
])('%s %o', (field, pairs, told) => {
  expect(refusalOf(() => checkMetadata({name: 'app', [field]: pairs}))).toContain(told);
});

test('a pair is KEY=VALUE, and no key has two values', () => {
  expect(parsePairs('--label', ['a=b', 'c=d=e', 'f=', 'a=b'])).toEqual({a: 'b', c: 'd=e', f: ''});
  expect(refusalOf(() => parsePairs('--label', ['a']))).toContain('--label a is incomplete | it takes KEY=VALUE');
  expect(refusalOf(() => parsePairs('--label', ['a=b', 'a=c']))).toContain('--label a is given twice');
});
