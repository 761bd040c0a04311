import {duration} from '../../text/duration.ts';
import {countedObjects} from '../../text/plural.ts';
import type {RewriteProgress} from './rewrite.ts';

/** `171/214, 940/s, 3s left`; without a rate as long as it would be a guess. */
export function rewriteProgress({done, total, seconds}: Omit<RewriteProgress, 'resource'>): string {
  const rate = seconds >= 0.5 ? done / seconds : 0;
  const left = rate > 0 && done < total ? `${duration(((total - done) / rate) * 1000)} left` : undefined;
  return [`${done}/${total}`, rate > 0 ? `${formatRate(rate)}/s` : undefined, left].filter(Boolean).join(', ');
}

/** `214 secrets, 12 configmaps, 940/s`. */
export function rewriteSummary(
  resources: readonly {readonly resource: string; readonly total: number}[],
  seconds: number,
): string {
  const total = resources.reduce((sum, resource) => sum + resource.total, 0);
  const counts = resources.map(({resource, total}) => countedObjects(total, resource));
  return [...counts, ...(seconds > 0 && total > 0 ? [`${formatRate(total / seconds)}/s`] : [])].join(', ');
}

const formatRate = (rate: number): string => (rate < 10 ? rate.toFixed(1) : String(Math.round(rate)));
