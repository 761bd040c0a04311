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
    why: kept(revisions),
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
  previousRevision(situation) ?? nothingBefore(situation, 'has no earlier revision');

/** The highest revision below this number; rejects with exit code 5 where there is none. */
export const pickBelow = (situation: Situation, number: number): Revision =>
  situation.revisions.findLast((revision) => revision.number < number) ??
  nothingBefore(situation, `has no revision before ${number}`);

function nothingBefore({workload, revisions}: Situation, what: string): never {
  const ref = refOf(workload);
  throw new Problem(`${workloadName(ref)} ${what}`, {
    why:
      workload.spec?.revisionHistoryLimit === 0 ? 'its revisionHistoryLimit is 0: earlier ones are thrown away' : kept(revisions),
    next: `kops rollout history ${workloadWords(ref)}`,
    exitCode: ExitCode.noAccess,
  });
}

function kept(revisions: readonly Revision[]): string {
  if (revisions.length === 0) return 'the cluster keeps none';
  return `the cluster keeps ${revisions.length === 1 ? 'only revision' : 'revisions'} ${revisions.map(({number}) => number).join(', ')}`;
}
