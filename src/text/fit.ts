import {textWidth} from './width.ts';

/** Text of at most `width` columns; what is too long ends in `…`. */
export function cut(text: string, width: number): string {
  if (textWidth(text) <= width) return text;
  if (width < 2) return width < 1 ? '' : '…';
  return `${start(text, width - 1).trimEnd()}…`;
}

/** As much of the start of a text as `width` columns hold; at least one character of it. */
function start(text: string, width: number): string {
  let taken = '';
  for (const {segment} of new Intl.Segmenter().segment(text)) {
    if (taken !== '' && textWidth(taken + segment) > width) break;
    taken += segment;
  }
  return taken;
}

/** For names, whose ends tell most: `payments-…-7bfb4bc78d-2xkq9`. */
export function cutMiddle(text: string, width: number): string {
  if (textWidth(text) <= width) return text;
  if (width < 3) return cut(text, width);
  const tail = Math.floor((width - 1) / 2);
  const head = width - 1 - tail;
  return `${text.slice(0, head)}…${text.slice(-tail)}`;
}

/** Text and blanks: `width` columns, or more where the text is longer. */
export const pad = (text: string, width: number): string => text + ' '.repeat(Math.max(0, width - textWidth(text)));

/** Lines of at most `width` columns, broken between words; a word that is longer than a line is broken too. */
export function wrap(text: string, columns: number): string[] {
  const width = Math.max(2, columns); // a wide character must fit
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/)) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (textWidth(longer) <= width) {
      line = longer;
      continue;
    }
    if (line !== '') lines.push(line);
    line = word;
    while (textWidth(line) > width) {
      const head = start(line, width);
      lines.push(head);
      line = line.slice(head.length);
    }
  }
  return line === '' && lines.length > 0 ? lines : [...lines, line];
}

/** A piece of a line, and how it looks. */
export type Part = string | readonly [text: string, style: (text: string) => string];

export const partWidth = (part: Part): number => textWidth(typeof part === 'string' ? part : part[0]);

/** The pieces one after another, in at most `width` columns: what is too long is cut, and the cut is not in the middle of a style. */
export function fitParts(parts: readonly Part[], width: number): string {
  let left = width;
  let line = '';
  for (const part of parts) {
    const [text, style] = typeof part === 'string' ? [part, undefined] : part;
    if (text === '') continue;
    const fits = cut(text, left);
    line += style === undefined ? fits : style(fits);
    left -= textWidth(fits);
    if (fits !== text) break;
  }
  return line;
}
