import type {Cluster} from '../../kube/cluster.ts';
import {Problem} from '../../problem.ts';
import {type RolloutRestart, rolloutRestart} from '../../rollout/restart.ts';
import type {WorkloadRef} from '../../rollout/workload.ts';

export interface Restarts {
  readonly restarted: readonly RolloutRestart[];
  /** Those that could not be, each with why: one that is paused, or that the user may not change. */
  readonly refused: readonly {readonly workload: WorkloadRef; readonly problem: Problem}[];
  /** Those that an interruption kept from it. */
  readonly left: readonly WorkloadRef[];
}

/** Restarts each; one that cannot be does not keep the others from it. An interruption is told, not thrown: what was restarted stays known. */
export async function restartAll(cluster: Cluster, refs: readonly WorkloadRef[], signal: AbortSignal): Promise<Restarts> {
  const restarted: RolloutRestart[] = [];
  const refused: {workload: WorkloadRef; problem: Problem}[] = [];
  const left: WorkloadRef[] = [];
  for (const workload of refs) {
    try {
      signal.throwIfAborted();
      restarted.push(await rolloutRestart(cluster, workload, Date.now(), {dryRun: 'none', signal}));
    } catch (problem) {
      if (problem instanceof Problem) refused.push({workload, problem});
      else if (signal.aborted) left.push(workload);
      else throw problem;
    }
  }
  return {restarted, refused, left};
}
