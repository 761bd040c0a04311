import type {Cluster} from '../kube/cluster.ts';
import {ExitCode, Problem} from '../problem.ts';
import {kubectl} from '../text/kubectl.ts';
import {type ChangeContext, type DryRun, patchWorkload} from './change.ts';
import {collect} from './collect.ts';
import {diffTemplates, type TemplateChange} from './diff-template.ts';
import {currentRevision} from './revisions.ts';
import type {Situation} from './situation.ts';
import {refOf, type Workload, type WorkloadRef, workloadKinds, workloadName, workloadWords} from './workload.ts';

export interface RolloutPause {
  readonly kind: 'RolloutPause';
  readonly context: string;
  readonly workload: WorkloadRef;
  readonly paused: boolean;
  /** `unchanged`: it was so already. */
  readonly outcome: 'paused' | 'resumed' | 'unchanged' | 'dry-run';
  /** What waits for the Deployment to be resumed, or, once it is, rolls out; null without the right to list ReplicaSets. */
  readonly pending: readonly TemplateChange[] | null;
  readonly dryRun: DryRun;
  readonly undoCommand: string | null;
}

/** Stops or starts the rollouts of a Deployment. Harmless where it is so already. Rejects with exit code 2 for another kind. */
export async function setPaused(
  cluster: Cluster,
  ref: WorkloadRef,
  paused: boolean,
  context: ChangeContext,
): Promise<RolloutPause> {
  const verb = paused ? 'pause' : 'resume';
  refuseOthers(ref, verb);
  const situation = await collect(cluster, ref, {revisions: 'welcome'}, context.signal);
  const isSo = isPaused(situation.workload) === paused;
  await patchWorkload(
    cluster,
    situation.workload,
    {
      patchFor: (latest) => (isPaused(latest) === paused ? [] : [{op: 'add', path: '/spec/paused', value: paused}]),
      isDone: (latest) => isPaused(latest) === paused,
    },
    context,
  );
  return {
    kind: 'RolloutPause',
    context: cluster.context,
    workload: refOf(situation.workload),
    paused,
    outcome: isSo ? 'unchanged' : context.dryRun !== 'none' ? 'dry-run' : paused ? 'paused' : 'resumed',
    pending: situation.revisionsDenied ? null : pendingChanges(situation),
    dryRun: context.dryRun,
    undoCommand: isSo ? null : `kops rollout ${paused ? 'resume' : 'pause'} ${workloadWords(ref)}`,
  };
}

/** Only Deployments can be paused: says what the other kinds have instead. Exit code 2. */
export function refuseOthers(
  {kind, name, namespace}: Pick<WorkloadRef, 'kind' | 'name'> & {readonly namespace?: string | undefined},
  verb: string,
): void {
  if (kind === 'Deployment') return;
  const patch = (strategy: object) =>
    `${kubectl(['patch', `${workloadKinds[kind].short}/${name}`], {namespace})} -p '${JSON.stringify({spec: {updateStrategy: strategy}})}'`;
  const next =
    kind === 'StatefulSet'
      ? patch({rollingUpdate: {partition: verb === 'pause' ? 999 : 0}})
      : patch({type: verb === 'pause' ? 'OnDelete' : 'RollingUpdate', ...(verb === 'pause' && {rollingUpdate: null})});
  const instead =
    kind === 'StatefulSet'
      ? 'a partition above the highest ordinal holds new pods back'
      : 'the strategy OnDelete holds new pods back';
  throw new Problem(`${workloadName({kind, name})} cannot be ${verb}d`, {
    why: `only Deployments can; of a ${kind} ${instead}`,
    next,
    exitCode: ExitCode.usage,
  });
}

const isPaused = ({kind, spec}: Workload): boolean => (kind === 'Deployment' && spec?.paused) ?? false;

/** From what is rolled out to the template. */
function pendingChanges({workload, revisions}: Situation): TemplateChange[] {
  const rolledOut = currentRevision(revisions) ?? revisions.at(-1);
  return rolledOut === undefined ? [] : diffTemplates(rolledOut.template, workload.spec?.template ?? {});
}
