import type {Cluster, JsonPatch} from '../kube/cluster.ts';
import {Conflict} from '../kube/errors.ts';
import {asWorkload, readWorkload} from './collect.ts';
import {refOf, type Workload, workloadKinds} from './workload.ts';

export type DryRun = 'none' | 'client' | 'server';

/** What a change may be told: how much of it to do, and whom to name. */
export interface ChangeContext {
  readonly dryRun: DryRun;
  readonly signal: AbortSignal;
}

const ATTEMPTS = 5;

/**
 * Patches a workload as it was read. Where someone else wrote it in between, it is read anew and `patchFor` asked again: it returns what
 * is right for the new state, or throws where going on would lose what they wrote. An empty patch is not sent, nor is any under
 * `--dry-run=client`; then the workload comes back as it is.
 */
export async function patchWorkload(
  cluster: Cluster,
  workload: Workload,
  patchFor: (workload: Workload) => JsonPatch,
  {dryRun, signal}: ChangeContext,
): Promise<Workload> {
  const {kind} = workload;
  let latest = workload;
  for (let attempt = 1; ; attempt += 1) {
    const patch = patchFor(latest);
    if (patch.length === 0 || dryRun === 'client') return latest;
    try {
      const options = {dryRun: dryRun === 'server'};
      return asWorkload(kind, await cluster.patch(workloadKinds[kind].plural, refOf(latest), patch, options, signal));
    } catch (error) {
      if (!(error instanceof Conflict) || attempt === ATTEMPTS) throw error;
      latest = await readWorkload(cluster, refOf(workload), signal);
    }
  }
}

/** Still the same object, not one of the same name that was made since. */
export const sameObject = ({metadata}: Workload): JsonPatch[number] => ({
  op: 'test',
  path: '/metadata/uid',
  value: metadata?.uid,
});
