import type {LogQuery, ObjectRef} from '../../kube/cluster.ts';
import {containersOf} from '../../pods/pod.ts';
import type {Situation} from '../situation.ts';
import type {Cause} from '../status.ts';
import {refOf} from '../workload.ts';
import {lastLines, MOST_LINES} from './lines.ts';

/** The log that would tell more of a cause. */
export interface LogRequest {
  readonly cause: Cause;
  readonly pod: ObjectRef;
  readonly query: LogQuery;
}

/** Causes of a container that ran and ended: its last words may say why. */
const TELLING = new Set(['CrashLoopBackOff', 'Crashed', 'OOMKilled', 'LivenessProbeFailed', 'StartupProbeFailed']);
const MOST = 3;
const BYTES = 16 * 1024;

/** Which logs to read for these causes of a situation: at most three, the likeliest first. */
export function logRequests(causes: readonly Cause[], {workload, pods}: Pick<Situation, 'workload' | 'pods'>): LogRequest[] {
  const wanted = causes.filter(({reason, container}) => container !== undefined && TELLING.has(reason)).slice(0, MOST);
  if (wanted.length === 0) return [];
  const byName = new Map(pods.map((pod) => [`pod/${pod.metadata?.name}`, pod]));
  const {namespace} = refOf(workload);
  return wanted.flatMap((cause): LogRequest[] => {
    const pod = byName.get(cause.object);
    const container = pod && containersOf(pod).find(({name}) => name === cause.container);
    if (pod === undefined || container === undefined) return [];
    const {state, lastState} = container.status;
    if (state?.terminated === undefined && lastState?.terminated === undefined) return [];
    const query = {
      container: container.name,
      previous: state?.terminated === undefined,
      tailLines: MOST_LINES,
      limitBytes: BYTES,
    };
    return [{cause, pod: {namespace, name: pod.metadata?.name ?? ''}, query}];
  });
}

/** The cause with the last lines of a log; as it was where the log is empty. Safe to print. */
export function withLog(cause: Cause, text: string): Cause {
  const lines = lastLines(text);
  return lines.length === 0 ? cause : {...cause, log: lines};
}
