import {enumerate} from '../../text/enumerate.ts';
import {counted} from '../../text/plural.ts';
import {printable} from '../../text/printable.ts';
import type {Screen} from '../../text/screen.ts';
import type {SecretLint} from './lint.ts';

/** `file:line: what`, as compilers print it, and how to mend it below. */
export function renderLint({files, secrets, findings, skipped, notes}: SecretLint, {theme}: Screen): string {
  const looked = `${counted(secrets, 'Secret')} in ${counted(files, 'file')}`;
  return [
    ...findings.flatMap(({file, line, rule, object, message, fix}) => [
      `${theme.strong(printable(`${file}:${line}`))}  ${object === null ? '' : `${printable(object)}  `}${printable(message)}  ${theme.dim(rule)}`,
      `  → ${printable(fix)}`,
    ]),
    ...(skipped.length === 0
      ? []
      : [
          `${theme.waiting('⚠')} ${counted(skipped.length, 'template')} skipped: ${printable(enumerate(skipped))}`,
          theme.dim('  → render first: helm template CHART | kops secret lint -f -'),
        ]),
    ...notes.map((note) => `${theme.waiting('⚠')} ${printable(note)}`),
    files === 0
      ? `${theme.waiting('⚠')} nothing was checked`
      : findings.length === 0
        ? `${theme.good('✓')} ${looked}: nothing found`
        : `${theme.wrong('✗')} ${looked}: ${counted(findings.length, 'finding')}`,
  ].join('\n');
}
