import {enumerate} from '../../text/enumerate.ts';
import {counted} from '../../text/plural.ts';
import {printable} from '../../text/printable.ts';
import type {Screen, Theme} from '../../text/screen.ts';
import type {SecretLint} from './lint.ts';

/** `file:line: what`, as compilers print it, and how to mend it below. */
export function renderLint(report: SecretLint, {theme}: Screen): string {
  const {findings, skipped, notes} = report;
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
    verdict(report, theme),
  ].join('\n');
}

function verdict({files, objects, secrets, findings}: SecretLint, theme: Theme): string {
  const looked = `${counted(secrets, 'Secret')} in ${counted(files, 'file')}`;
  if (findings.length > 0) return `${theme.wrong('✗')} ${looked}: ${counted(findings.length, 'finding')}`;
  if (objects > 0) return `${theme.good('✓')} ${looked}: nothing found`;
  const why = files === 0 ? 'templates are no manifests yet' : `there is no object in ${counted(files, 'file')}`;
  return `${theme.wrong('✗')} nothing was checked: ${why}`;
}
