import {printable} from '../../text/printable.ts';
import type {Screen} from '../../text/screen.ts';
import type {RolloutDiff} from '../diff.ts';
import {changeLines} from './changes.ts';
import {placeLine} from './place.ts';

export function renderDiff({workload, from, to, changes}: RolloutDiff, {theme}: Screen): string {
  const range = `revision ${from} → ${to === 'live' ? 'live template, not rolled out yet' : to}`;
  if (changes.length === 0) return placeLine(workload, `${range}: no difference`, theme);
  return [placeLine(workload, range, theme), ...changeLines(changes, theme)].join('\n');
}

/** The unified diff for a person: coloured, and with nothing in it that a terminal obeys. The patch itself is in the report. */
export function renderUnified({unified}: RolloutDiff, {theme}: Screen): string {
  const colours: Record<string, (text: string) => string> = {'-': theme.wrong, '+': theme.good, '@': theme.dim};
  const lines = unified.trimEnd().split('\n').map(printable);
  return lines.map((line, i) => (i < 2 ? theme.strong(line) : (colours[line.charAt(0)]?.(line) ?? line))).join('\n');
}
