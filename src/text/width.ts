import {stripVTControlCharacters} from 'node:util';
import {eastAsianWidth} from 'get-east-asian-width';

const ascii = /^[\x20-\x7e]*$/;
/** Latin letters, punctuation, arrows, boxes, symbols: code points that stand alone. */
const alone = /^[\x20-\x7e\xa1-\xac\xae-\u02ff\u2010-\u2027\u2030-\u205e\u20a0-\u20bf\u2100-\u27bf]*$/;

/**
 * Columns that a terminal needs for a text, which may hold colours: Unicode's East Asian Width of what is seen of each grapheme cluster,
 * two for an emoji. The package string-width knows more of rare scripts, but takes 17 ms to load, a tenth of what a
 * whole `rollout status` takes; a test holds this against it.
 */
export function textWidth(text: string): number {
  if (ascii.test(text)) return text.length;
  const plain = stripVTControlCharacters(text);
  if (alone.test(plain)) return sum([...plain].map(codePointWidth));
  return sum([...new Intl.Segmenter().segment(plain)].map(({segment}) => clusterWidth(segment)));
}

function clusterWidth(cluster: string): number {
  const visible = [...cluster.replace(/\u200d.*/su, '')].filter(
    (character) => !/[\p{Cc}\p{Cf}\p{Mn}\p{Me}\p{DI}]/u.test(character),
  );
  const [first] = visible;
  if (first === undefined) return 0;
  if (cluster.includes('\ufe0f') || /^\p{RI}|^\p{EPres}/u.test(first)) return 2;
  if (/\p{Script=Hangul}/u.test(first)) return codePointWidth(first); // its other letters stand in the same block
  return sum(visible.map(codePointWidth));
}

const codePointWidth = (character: string): number => eastAsianWidth(character.codePointAt(0) ?? 0);
const sum = (widths: readonly number[]): number => widths.reduce((total, width) => total + width, 0);
