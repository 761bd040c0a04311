/**
 * What no text that is shown should hold as it is: control characters but line feed and tab, marks that turn the direction of text, and what is
 * a line break to some parsers or nothing to others.
 */
export const UNPRINTABLE = /[^\P{Cc}\n\t]|[\p{Bidi_Control}\u2028\u2029\ufeff\ufffe\uffff]/gu;

export const isPrintable = (text: string): boolean => text.search(UNPRINTABLE) < 0;

/** A value as JSON that is safe to print: a parser reads back what was given, and a terminal obeys nothing of it. */
export const jsonText = (value: unknown, indent?: number): string =>
  JSON.stringify(value, null, indent).replaceAll(
    UNPRINTABLE,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
