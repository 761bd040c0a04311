/**
 * Text that is safe to print: line feeds, tabs and the rest of the control characters become their visible pictures (U+2400…), so that a
 * value can neither move the cursor nor colour the screen.
 */
export function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Bidi_Control}]/gu, (character) => {
    const code = character.codePointAt(0) ?? 0;
    if (code < 0x20) return String.fromCodePoint(0x2400 + code);
    return code === 0x7f ? '\u2421' : `\\u${code.toString(16).padStart(4, '0')}`;
  });
}
