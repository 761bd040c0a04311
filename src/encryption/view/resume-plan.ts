import {namedRows} from '../../text/rows.ts';
import type {Screen} from '../../text/screen.ts';
import type {EncryptionAbortPlan} from '../abort-plan.ts';
import type {EncryptionResumePlan} from '../resume-plan.ts';
import {renderAbortPlan} from './abort-plan.ts';
import {DRY_RUN} from './words.ts';

/** What is still to be done, in the words that its progress has. */
export function renderResumePlan(plan: EncryptionResumePlan | EncryptionAbortPlan, screen: Screen): string {
  if (plan.kind === 'EncryptionAbortPlan') return renderAbortPlan(plan, screen);
  const {operation, transaction, context, steps} = plan;
  const {theme, width} = screen;
  const titles = steps.map(({title}) => title);
  return [
    theme.strong(`Go on with ${operation} ${transaction} in ${context}`),
    '',
    ...namedRows([['steps', ...titles]], width),
    theme.dim(DRY_RUN),
  ].join('\n');
}
