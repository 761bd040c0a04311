import fc from 'fast-check';
import {expect, test} from 'vitest';
import {cut, cutMiddle, fitParts, pad, wrap} from '../../src/text/fit.ts';
import {textWidth} from '../../src/text/width.ts';

test.each([
  ['what fits stays', 'web', 3, 'web'],
  ['what is too long ends in an ellipsis', 'image not found', 9, 'image no…'],
  ['no blank stands before the ellipsis', 'image not found', 7, 'image…'],
  ['wide characters count twice', '漢字漢字', 5, '漢字…'],
  ['no room at all', 'web', 0, ''],
])('cut: %s', (_case, text, width, expected) => {
  expect(cut(text, width)).toBe(expected);
});

test.each([
  ['what fits stays', 'web-7bfb4bc78d-2xkq9', 20, 'web-7bfb4bc78d-2xkq9'],
  ['both ends of a long name stay', 'payments-gateway-7bfb4bc78d-2xkq9', 21, 'payments-g…c78d-2xkq9'],
  ['with next to no room it is only cut', 'web-1', 2, 'w…'],
])('cut in the middle: %s', (_case, text, width, expected) => {
  expect(cutMiddle(text, width)).toBe(expected);
});

test('padding never cuts', () => {
  expect(pad('web', 5)).toBe('web  ');
  expect(pad('database', 5)).toBe('database');
});

test.each([
  ['between words', 'no node of 3 will do', 10, ['no node of', '3 will do']],
  ['a word that is longer than a line is broken', 'see https://example.com/x', 10, ['see', 'https://ex', 'ample.com/', 'x']],
  ['nothing is one empty line', '', 10, ['']],
])('wrap: %s', (_case, text, width, expected) => {
  expect(wrap(text, width)).toEqual(expected);
});

const character = fc
  .string({unit: 'grapheme', minLength: 1, maxLength: 1})
  .filter((char) => textWidth(char) <= 2 && !/\s/.test(char));
const words = fc.array(fc.string({unit: character, minLength: 1, maxLength: 30}));

test('wrapped lines fit and lose nothing', () => {
  fc.assert(
    fc.property(words, fc.integer({min: 2, max: 60}), (all, width) => {
      const lines = wrap(all.join(' '), width);
      expect(lines.every((line) => textWidth(line) <= width)).toBe(true);
      expect(lines.join('').replaceAll(' ', '')).toBe(all.join(''));
    }),
  );
});

test('parts of a line never take more than its width, and a style is never left open', () => {
  const style = (text: string) => `<${text}>`;
  expect(fitParts(['pod ', ['web-1', style], ' ready'], 9)).toBe('pod <web-1>');
  expect(fitParts(['pod ', ['web-1', style], ' ready'], 7)).toBe('pod <we…>');
  expect(fitParts(['pod ', ['web-1', style]], 80)).toBe('pod <web-1>');
});
