import type {Cluster} from '../kube/cluster.ts';
import {ApiProblem} from '../kube/errors.ts';
import {Problem} from '../problem.ts';
import {type LogRequest, logRequests, withLog} from './diagnose.ts';
import type {Situation} from './situation.ts';
import type {RolloutStatus} from './status.ts';

/** A node that does not answer must not hold up the verdict. */
const PATIENCE_MS = 3000;

/** The status with the last words of the containers that crash. Without the right to read logs it stays as it is, with a note. */
export async function withLogs(
  cluster: Cluster,
  status: RolloutStatus,
  situation: Situation,
  signal: AbortSignal,
): Promise<RolloutStatus> {
  const requests = logRequests(status.causes, situation);
  if (requests.length === 0) return status;
  const patience = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]);
  const denied = new Set<string>();
  const read = async ({pod, query}: LogRequest): Promise<string> => {
    try {
      return await cluster.logs(pod, query, patience);
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof Problem) && !patience.aborted) throw error;
      if (error instanceof ApiProblem && error.reason === 'Forbidden')
        denied.add(`${error.message}: what they tell is missing here`);
      return '';
    }
  };
  const texts = await Promise.all(requests.map(read));
  const told = new Map(requests.map(({cause}, i) => [cause, withLog(cause, texts[i] ?? '')]));
  return {...status, causes: status.causes.map((cause) => told.get(cause) ?? cause), notes: [...status.notes, ...denied]};
}
