import type {V1LabelSelector} from '@kubernetes/client-node';
import type {Json} from './json.ts';

/** A label selector as queries take it: `app=web,tier in (a,b),!legacy`. An empty one selects everything, as in the API. */
export function selectorText({matchLabels = {}, matchExpressions = []}: Json<V1LabelSelector>): string {
  return [
    ...Object.entries(matchLabels).map(([key, value]) => `${key}=${value}`),
    ...matchExpressions.map(({key, operator, values = []}) => {
      if (operator === 'Exists') return key;
      if (operator === 'DoesNotExist') return `!${key}`;
      return `${key} ${operator === 'NotIn' ? 'notin' : 'in'} (${values.join(',')})`;
    }),
  ].join(',');
}
