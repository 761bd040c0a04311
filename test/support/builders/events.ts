import type {CoreV1Event} from '@kubernetes/client-node';
import type {Json} from '../../../src/kube/json.ts';
import {ago, type Owner} from './base.ts';

export interface EventState {
  type?: 'Normal' | 'Warning';
  reason: string;
  message: string;
  count?: number;
  /** Seconds ago. */
  first?: number;
  last?: number;
  /** `spec.containers{web}`. */
  fieldPath?: string;
  component?: string;
  /** In the newer form that the scheduler writes: eventTime and series, no count. */
  series?: boolean;
}

let events = 0;
export function event(about: Owner & {apiVersion?: string}, state: EventState): Json<CoreV1Event> {
  const {type = 'Warning', reason, message, count = 1, last = 5, first = last, fieldPath, component = 'kubelet'} = state;
  const {name = '', uid = ''} = about.metadata ?? {};
  const times = state.series
    ? {
        eventTime: ago(first).replace('Z', '.000000Z'),
        reportingComponent: component,
        ...(count > 1 && {series: {count, lastObservedTime: ago(last).replace('Z', '.000000Z')}}),
      }
    : {firstTimestamp: ago(first), lastTimestamp: ago(last), count, source: {component}};
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: {name: `${name}.${(events++).toString(16)}`, namespace: 'shop', uid: `event-${events}`},
    involvedObject: {
      apiVersion: about.apiVersion ?? 'v1',
      kind: about.kind,
      name,
      namespace: 'shop',
      uid,
      ...(fieldPath && {fieldPath}),
    },
    type,
    reason,
    message,
    ...times,
  } as Json<CoreV1Event>;
}
