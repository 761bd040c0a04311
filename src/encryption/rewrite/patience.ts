import {setTimeout as sleep} from 'node:timers/promises';
import type {Api, ApiResponse} from '../../kube/api.ts';
import {ConnectionProblem} from '../../kube/errors.ts';
import {isTooLarge} from '../../kube/http/transport.ts';
import {parseObject} from '../../kube/json.ts';

export interface PatientApi extends Api {
  /** Whether no write, or no read, has been answered well since the last failure of one. */
  isDown(): boolean;
}

/** Milliseconds that an API server or an etcd may be away: longer than one takes to start, and than an election. */
export const PATIENCE = 120_000;
/** Milliseconds: the first pause and the longest one. */
const FIRST_PAUSE = 100;
const LONGEST_PAUSE = 3000;

/**
 * An `Api` that waits where the server, or the etcd behind it, is gone or too busy, and sends again: for requests that do no harm a second
 * time. After `within` milliseconds of that, a request's last answer stands, or its Problem.
 */
export function patientApi(api: Api, within: number): PatientApi {
  const down = new Set<'read' | 'write'>();
  return {
    ...api,
    isDown: () => down.size > 0,
    async send(request, signal) {
      const begun = Date.now();
      const sort = request.method === 'GET' ? 'read' : 'write';
      for (let tries = 0; ; tries++) {
        const outcome = await api.send(request, signal).catch((error: unknown) => {
          if (error instanceof ConnectionProblem && error.passing && !isTooLarge(error)) return error;
          throw error;
        });
        const passing = outcome instanceof ConnectionProblem || isPassing(outcome, down.size > 0);
        if (!passing || Date.now() - begun > within) {
          if (!passing) down.delete(sort);
          if (!passing && sort === 'write') down.clear(); // which needs all that a read needs
          if (outcome instanceof ConnectionProblem) throw outcome;
          return outcome;
        }
        if (isOutage(outcome)) down.add(sort);
        const pause = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** tries) * (0.5 + Math.random());
        await sleep(pause, undefined, {signal}).catch(() => signal.throwIfAborted());
      }
    },
  };
}

const isOutage = (outcome: ApiResponse | ConnectionProblem): boolean =>
  outcome instanceof ConnectionProblem || outcome.status >= 500;

/**
 * Whether an answer will be another one in a while. `afterOutage`: a server that has just come back does not know everybody's rights, or
 * every kind, at once.
 */
function isPassing({status, body}: ApiResponse, afterOutage: boolean): boolean {
  if (status === 429 || (status >= 502 && status <= 504)) return true;
  if (status !== 500 && status !== 403 && status !== 401 && status !== 404) return false;
  const {message = '', details} = (parseObject(body.toString('utf8')) ?? {}) as {message?: string; details?: {name?: string}};
  if (status === 500) return ETCD_TROUBLE.test(message) && !LASTING.test(message);
  if (status === 404) return afterOutage && !details?.name;
  return afterOutage || message.includes('not yet ready to handle request');
}

/** What an API server passes on of an etcd that restarts, elects or is overloaded. */
const ETCD_TROUBLE =
  /etcdserver: |rpc error: code = (Unavailable|Unknown|Canceled|DeadlineExceeded)|connection (refused|reset)|transport is closing|context (deadline exceeded|canceled)|EOF$/;

/** Of an etcd that is full, or will not have this very object; and of a webhook, which has failure policies of its own. */
const LASTING = /space exceeded|request is too large|calling webhook/;
