import {pad, wrap} from './fit.ts';

/**
 * Names and what is said of them, in two columns with a margin of two; what is too long goes on below itself. Several texts of one name
 * stand one below the other, and a name without any is left out.
 */
export function namedRows(rows: readonly (readonly [name: string, ...texts: readonly string[]])[], width: number): string[] {
  const shown = rows.filter(([, ...texts]) => texts.length > 0);
  const names = Math.max(0, ...shown.map(([name]) => name.length));
  return shown.flatMap(([name, ...texts]) =>
    texts
      .flatMap((text) => (text.includes('  ') ? [text] : wrap(text, width - names - 4)))
      .map((line, i) => `  ${pad(i === 0 ? name : '', names)}  ${line}`),
  );
}
