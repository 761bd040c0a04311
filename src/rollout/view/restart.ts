import type {Screen} from '../../text/screen.ts';
import type {RolloutPause} from '../pause.ts';
import type {RolloutRestart} from '../restart.ts';
import {changeLines} from './changes.ts';
import {dryRunLine, placeLine} from './place.ts';
import {warningLines} from './warnings.ts';

export function renderRestart(report: RolloutRestart, screen: Screen): string {
  const {workload, context, newRevision, warnings, dryRun, undoCommand} = report;
  const {theme} = screen;
  const dry = dryRun !== 'none';
  const text = `${dry ? 'would restart' : 'restarts'}${newRevision === null ? '' : ` as revision ${newRevision}`}`;
  return [
    `${dry ? theme.dim('·') : theme.good('✓')} ${placeLine(workload, text, theme, context)}`,
    ...warningLines(warnings, screen),
    ...(dry ? [`  ${dryRunLine(dryRun, theme)}`] : undoCommand ? [`  undo  ${undoCommand}`] : []),
  ].join('\n');
}

export function renderPause(report: RolloutPause, screen: Screen): string {
  const {workload, context, paused, outcome, pending, dryRun, undoCommand} = report;
  const {theme} = screen;
  const state = paused ? 'paused' : 'resumed';
  const text = {
    unchanged: paused ? 'is paused already' : 'is not paused: nothing to resume',
    'dry-run': `would be ${state}`,
    paused: 'paused: rolls nothing out until it is resumed',
    resumed: pending === null ? 'resumed' : pending.length > 0 ? 'resumed: rolls out now' : 'resumed: nothing was waiting',
  }[outcome];
  const waits = paused && pending !== null && pending.length > 0 ? ['  waiting:'] : [];
  return [
    `${outcome === 'dry-run' ? theme.dim('·') : theme.good('✓')} ${placeLine(workload, text, theme, context)}`,
    ...waits,
    ...changeLines(pending ?? [], theme),
    ...(outcome === 'dry-run' ? [`  ${dryRunLine(dryRun, theme)}`] : undoCommand ? [`  undo  ${undoCommand}`] : []),
  ].join('\n');
}
