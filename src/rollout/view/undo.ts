import type {Screen} from '../../text/screen.ts';
import type {RolloutUndo} from '../undo.ts';
import type {UndoPlan} from '../undo-plan.ts';
import type {Warning} from '../warning.ts';
import {refOf, workloadName} from '../workload.ts';
import {changeLines} from './changes.ts';
import {dryRunLine, placeLine} from './place.ts';
import {warningLines} from './warnings.ts';

/** What an undo would do: shown before it asks. */
export function renderUndoPlan({workload, from, to, changes, warnings}: UndoPlan, context: string, screen: Screen): string {
  return planText({workload: refOf(workload), context, from: from?.number ?? null, to: to.number, changes, warnings}, screen);
}

/** What was done. The plan was shown before: a dry run, which did not ask, shows it here. */
export function renderUndo(report: RolloutUndo, screen: Screen): string {
  const {workload, context, to, newRevision, outcome, warnings, dryRun, undoCommand} = report;
  const {theme} = screen;
  const done = (text: string) => `${theme.good('✓')} ${placeLine(workload, text, theme, context)}`;
  const stuck = stuckWarnings(report);
  if (outcome === 'dry-run') {
    return `${planText({...report, warnings: [...warnings, ...stuck]}, screen)}\n\n${dryRunLine(dryRun, theme)}`;
  }
  return [
    done(
      outcome === 'unchanged'
        ? `already at revision ${to}: nothing to undo`
        : `back at revision ${to}, now numbered ${newRevision}`,
    ),
    ...report.deletedPods.map((pod) => `  deleted pod/${pod}, which was not ready: ${workloadName(workload)} makes it anew`),
    ...warningLines(stuck, screen),
    ...(undoCommand ? [`  undo  ${undoCommand}`] : []),
  ].join('\n');
}

type Planned = Pick<RolloutUndo, 'workload' | 'context' | 'from' | 'to' | 'changes' | 'warnings'>;

function planText({workload, context, from, to, changes, warnings}: Planned, screen: Screen): string {
  const range = `undo: ${from === null ? 'live template' : `revision ${from}`} → ${to}`;
  const difference = [placeLine(workload, range, screen.theme, context), ...changeLines(changes, screen.theme)];
  return [difference, warningLines(warnings, screen)]
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n');
}

function stuckWarnings({workload, stuckPods, deletedPods, notDeleted}: RolloutUndo): Warning[] {
  return stuckPods
    .filter((pod) => !deletedPods.includes(pod))
    .map((pod) => {
      const failed = notDeleted.find((other) => other.pod === pod);
      return {
        reason: 'StuckPod',
        message: failed
          ? `pod/${pod} holds it up and was not deleted: ${failed.why}`
          : `pod/${pod} is not ready, so its StatefulSet does not replace it`,
        hint: `kubectl delete pod ${pod} -n ${workload.namespace}`,
      };
    });
}
