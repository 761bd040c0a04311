import type {Theme} from '../../text/screen.ts';
import {type WorkloadRef, workloadName} from '../workload.ts';

/** First line of a screen: what it is about, where that is, and what of it. */
export const placeLine = (workload: WorkloadRef, text: string, theme: Theme, context?: string): string =>
  `${theme.strong(workloadName(workload))}  ${theme.dim([workload.namespace, ...(context ? [context] : [])].join(' · '))}  ${text}`;
