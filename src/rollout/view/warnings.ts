import {age} from '../../text/duration.ts';
import {wrap} from '../../text/fit.ts';
import {printable} from '../../text/printable.ts';
import type {Screen} from '../../text/screen.ts';
import type {Warning} from '../warning.ts';

/** `⚠ what the change does not see to`, and what to do about it below. */
export function warningLines(warnings: readonly Warning[], {theme, width, now}: Screen): string[] {
  return warnings.flatMap(({message, hint, at}) => {
    const text = at === undefined ? message : `${message} (${age(at, now)} ago)`;
    return [
      ...wrap(printable(text), width - 2).map((line, i) => `${i === 0 ? theme.waiting('⚠') : ' '} ${line}`),
      ...wrap(printable(hint ?? ''), width - 4).flatMap((line, i) => (hint ? [`  ${i === 0 ? '→' : ' '} ${line}`] : [])),
    ];
  });
}
