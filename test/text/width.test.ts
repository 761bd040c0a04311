import fc from 'fast-check';
import stringWidth from 'string-width';
import {expect, test} from 'vitest';
import {textWidth} from '../../src/text/width.ts';

test.each([
  ['nothing', '', 0],
  ['a name', 'web-7bfb4bc78d-2xkq9', 20],
  ['what views draw with', '✓✗→…·█░●○├└←⚠␊', 14],
  ['colours', '\u001b[1mdeployment/web\u001b[22m ✓', 16],
  ['Hangul', '배포', 4],
  ['Hangul in jamo', '배포'.normalize('NFD'), 4],
  ['a combining accent', 'cafe\u0301', 4],
  ['a symbol that is wide by itself', '✅', 2],
  ['an emoji of several code points', '👩‍👩‍👧', 2],
  ['an emoji that is a symbol made one', '⚠\ufe0f', 2],
  ['a flag', '🇰🇷', 2],
  ['what is not seen', '\u200b\u00ad', 0],
])('the width of %s', (_case, text, width) => {
  expect(textWidth(text)).toBe(width);
  expect(stringWidth(text)).toBe(width);
});

test('it agrees with string-width on the letters and symbols of a terminal', () => {
  const letters = fc.constantFrom(...'az09-/: éßñΩжшआ漢字かなカナ한글（）！…→✓✗●█├⚠€');
  const coloured = letters.map((letter) => `\u001b[33m${letter}\u001b[39m`);
  fc.assert(
    fc.property(fc.array(fc.oneof(letters, coloured)), (parts) => {
      const text = parts.join('');
      expect(textWidth(text)).toBe(stringWidth(text));
    }),
  );
});
