import fc from 'fast-check';
import {expect, test} from 'vitest';
import {isBlank, parseText, toKeptText, toText, withFlaws, withoutFlaws} from '../../../src/config/change/document.ts';
import type {Values} from '../../../src/config/change/values.ts';

const values = (data: readonly (readonly [string, string | Buffer])[]): Values =>
  new Map(data.map(([key, value]) => [key, Buffer.from(value)]));

const key = fc
  .oneof(
    fc.stringMatching(/^[-._a-zA-Z0-9]{1,20}$/),
    fc.constantFrom('__proto__', 'constructor', '-', '---', '...x', '-a', '1', '0x1', 'null', 'true', 'y', '_'),
  )
  .filter((word) => word !== '.' && !word.startsWith('..'));
const piece = fc.oneof(
  fc.constantFrom(
    '\n',
    '\r\n',
    '\r',
    '\t',
    ' ',
    '  ',
    ':',
    ': ',
    ' #',
    '#',
    '- ',
    '|',
    '"',
    "'",
    '\\',
    '%',
    '{',
    '[',
    '*',
    '&',
    '!',
  ),
  fc.constantFrom('\u0001', '\u001b[0m', '\u007f', '\u0085', '\u2028', '\ufeff', '---', '\n---\n', '\n...\n', '#! '),
  fc.constantFrom('8080', 'true', 'null', '~', '0x10', '1e3', 'yes', '2001-01-01', 'ä', '😀', 'word'),
  fc.string({unit: 'binary'}),
);
const text = fc
  .array(piece, {maxLength: 12})
  .map((pieces) => pieces.join(''))
  .filter((word) => !word.includes('\0') && word.isWellFormed());

test('what is shown in an editor and saved as it is, is read back as it was', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.tuple(key, text), {selector: ([word]) => word}), (data) => {
      expect(parseText(toText(values(data), 'title'))).toEqual({wish: new Map(data)});
      const wish = new Map(data.map(([word, value]) => [word, value.length % 3 === 0 ? null : value]));
      expect(parseText(toKeptText(wish, 'title'))).toEqual({wish});
    }),
    {numRuns: 300},
  );
});

test.each([' a\n ', ' a\n \n', '  \n a\n ', 'a\n \n', 'a\n\n'])('blanks that nobody sees are kept: %j', (value) => {
  expect(parseText(toText(values([['a', value]]), 'title'))).toEqual({wish: new Map([['a', value]])});
});

test('texts of several lines are blocks, what an editor would spoil is quoted, bytes are not shown', () => {
  const shown = toText(
    values([
      ['.env', 'A=1\n\tB=2\n'],
      ['a', 'x'],
      ['crlf', 'a\r\nb'],
      ['indented', '  a\nb\n\n'],
      ['keystore', Buffer.from([0xff, 0xfe, 0])],
      ['port', '8080'],
      ['unfinished', 'a\nb'],
    ]),
    'secret/db  shop · kind-kops',
  );
  expect(shown).toMatchInlineSnapshot(`
    "# secret/db  shop · kind-kops
    # Each value is text, quoted or not. A key that is deleted here is deleted there. To leave all as it is, save nothing.
    # No text, so not shown; these stay as they are:
    #   keystore  3 bytes
    ".env": |
      A=1
      	B=2
    a: x
    crlf: "a\\r\\nb"
    indented: |2+
        a
      b

    port: "8080"
    unfinished: |-
      a
      b
    "
  `);
});

test.each([
  [
    'numbers and truth values are text',
    'a: 8080\nb: true\nc: null\nd: 0x1F\ne: ~\n',
    {a: '8080', b: 'true', c: 'null', d: '0x1F', e: '~'},
  ],
  ['no value is an empty one', 'a:\nb: ""\n', {a: '', b: ''}],
  ['a folded text', 'a: >\n  x\n  y\n', {a: 'x y\n'}],
  ['a comment between keys', 'a: x\n# note\nb: y\n', {a: 'x', b: 'y'}],
  ['a comment below the last value', 'a: x\n\n# note\n', {a: 'x'}],
  ['a hash without a space before it', 'a: x#y\n', {a: 'x#y'}],
  ['a line of its own in a block', 'a: |\n  # kept\n  b\n', {a: '# kept\nb\n'}],
])('%s', (_case, saved, wish) => {
  expect(parseText(saved)).toEqual({wish: new Map(Object.entries(wish))});
});

test.each([
  ['a broken quote', 'a: x\nb: "y\n', 3],
  ['two values of one key', 'a: x\na: y\n', 2],
  ['an invalid key', 'a: x\n\nb/c: y\n', 3],
  ['a map', 'a:\n  b: c\n', 1],
  ['a list', 'a:\n  - b\n', 1],
  ['what YAML takes for an alias', 'x: y\na: *pass\n', 2],
  ['what YAML takes for an anchor', 'a: &pass word\n', 1],
  ['what YAML takes for a tag', 'a: !pass\n', 1],
  ['what YAML takes for a comment', 'x: 1\na: pass #word\n', 2],
  ['what YAML takes for a comment, with more below', 'x: 1 #word\n# note\na: b\n', 1],
  ['no keys at all', 'hello\n', 1],
  ['two documents', 'a: x\n---\nb: y\n', 2],
])('%s is told with its line', (_case, saved, line) => {
  expect(parseText(saved)).toMatchObject({flaws: [{line}]});
});

test('an editor opens again with what is wrong at the top, and the lines are those that it then shows', () => {
  const saved = '# title\na: x\nb: *y\n';
  const parsed = parseText(saved);
  const again = withFlaws(saved, 'flaws' in parsed ? parsed.flaws : []);
  expect(again).toMatchInlineSnapshot(`
    "#! Nothing was written. Mend this and save, or save it as it is to leave:
    #! line 5: the value of b begins with "*": quote it
    # title
    a: x
    b: *y
    "
  `);
  expect(withoutFlaws(again)).toBe(saved);
  expect(withFlaws(again, [{message: 'other'}])).not.toContain('quote it');
});

test('nothing but comments is no wish to delete all', () => {
  expect(isBlank('# a\n\n  # b\n')).toBe(true);
  expect(isBlank('# a\nb: c\n')).toBe(false);
});
