import type {V1PodTemplateSpec} from '@kubernetes/client-node';
import type {Json} from '../kube/json.ts';
import {isSeen} from './assess.ts';
import type {Situation} from './situation.ts';
import type {Assessment, Cause, EarlierRevision, RolloutStatus} from './status.ts';
import {refOf} from './workload.ts';

/**
 * Puts together how far a rollout is and what stands in its way. A cause that will not go away by itself makes it failed before any
 * deadline does; `lost: false` says that it is too early to call it that.
 */
export function statusOf(
  situation: Situation,
  assessment: Assessment,
  causes: readonly Cause[],
  {notes = [], lost = true}: {notes?: readonly string[]; lost?: boolean} = {},
): RolloutStatus {
  const doom = lost && assessment.phase !== 'healthy' ? doomOf(situation, causes) : undefined;
  const verdict =
    doom !== undefined && assessment.phase !== 'failed'
      ? ({phase: 'failed', message: `will not finish: ${doom.message} (${assessment.message})`} as const)
      : {};
  return {
    kind: 'RolloutStatus',
    workload: refOf(situation.workload),
    ...assessment,
    ...verdict,
    images: imagesOf(situation.workload.spec?.template),
    previous: previousOf(situation),
    causes,
    notes,
  };
}

/** The cause that will not go away by itself. What a change that its controller has yet to look at may have mended does not count. */
export const doomOf = ({workload}: Situation, causes: readonly Cause[]): Cause | undefined =>
  isSeen(workload) ? causes.find(({doomed}) => doomed) : undefined;

const imagesOf = (template: Json<V1PodTemplateSpec> | undefined): string[] =>
  template?.spec?.containers.map(({image = ''}) => image) ?? [];

function previousOf({revisions}: Situation): EarlierRevision | undefined {
  const [previous] = revisions.filter(({current}) => !current).sort((a, b) => b.replicas - a.replicas || b.number - a.number);
  if (previous === undefined) return undefined;
  const {number, template, createdAt, replicas} = previous;
  return {number, images: imagesOf(template), createdAt, replicas};
}
