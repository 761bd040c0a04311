import type {Screen} from '../../text/screen.ts';
import type {RolloutDiff} from '../diff.ts';
import {changeLines} from './changes.ts';
import {placeLine} from './place.ts';

export function renderDiff({workload, from, to, changes}: RolloutDiff, {theme}: Screen): string {
  const range = `revision ${from} → ${to === 'live' ? 'live template, not rolled out yet' : to}`;
  if (changes.length === 0) return placeLine(workload, `${range}: no difference`, theme);
  return [placeLine(workload, range, theme), ...changeLines(changes, theme)].join('\n');
}
