import type {Theme} from '../../text/screen.ts';
import {type WorkloadRef, workloadName} from '../workload.ts';

/** First line of a screen: what it is about, where that is, and what of it. */
export const placeLine = (workload: WorkloadRef, text: string, theme: Theme, context?: string): string =>
  `${theme.strong(workloadName(workload))}  ${theme.dim([workload.namespace, ...(context ? [context] : [])].join(' · '))}  ${text}`;

/** Last line of what only would be done. */
export const dryRunLine = (dryRun: 'client' | 'server' | 'none', theme: Theme): string =>
  theme.dim(
    `nothing was changed: dry run, ${dryRun === 'server' ? 'the API server would take it' : 'the API server was not asked'}`,
  );
