import {ExitCode, Problem} from '../problem.ts';
import {currentRevision} from './revisions.ts';
import {sameTemplate} from './semantic.ts';
import type {Revision, Situation} from './situation.ts';
import {refOf, workloadName, workloadWords} from './workload.ts';

/** The revision with this number. Rejects with exit code 5, naming those there are. */
export function pickRevision({workload, revisions}: Situation, number: number): Revision {
  const found = revisions.find((revision) => revision.number === number);
  if (found !== undefined) return found;
  const ref = refOf(workload);
  throw new Problem(`${workloadName(ref)} has no revision ${number}`, {
    why: revisions.length > 0 ? `the cluster keeps ${listed(revisions)}` : 'the cluster keeps none',
    next: `kops rollout history ${workloadWords(ref)}`,
    exitCode: ExitCode.noAccess,
  });
}

/** What was before the workload's template: the highest revision below the current one, or, where that is not made yet, the highest. */
export function previousRevision({workload, revisions}: Situation): Revision | undefined {
  const template = workload.spec?.template ?? {};
  const limit = currentRevision(revisions)?.number ?? Number.POSITIVE_INFINITY;
  return revisions.findLast((revision) => revision.number < limit && !sameTemplate(revision.template, template));
}

/** The same; rejects with exit code 5 where there is none. */
export const pickPrevious = (situation: Situation): Revision =>
  previousRevision(situation) ?? nothingBefore(situation, 'it has no earlier revision');

/** The highest revision below this number; rejects with exit code 5 where there is none. */
export const pickBelow = (situation: Situation, number: number): Revision =>
  situation.revisions.findLast((revision) => revision.number < number) ??
  nothingBefore(situation, `it has none before revision ${number}`);

function nothingBefore({workload, revisions}: Situation, what: string): never {
  const ref = refOf(workload);
  throw new Problem(`${workloadName(ref)}: ${what}`, {
    why: revisions.length > 0 ? `the cluster keeps ${listed(revisions)}` : 'the cluster keeps none',
    next: `kops rollout history ${workloadWords(ref)}`,
    exitCode: ExitCode.noAccess,
  });
}

const listed = (revisions: readonly Revision[]): string =>
  `${revisions.length === 1 ? 'revision' : 'revisions'} ${revisions.map(({number}) => number).join(', ')}`;
