import {blockingPod} from './causes/blocked.ts';
import {toCause} from './causes/finding.ts';
import {podFindings} from './causes/group.ts';
import {hinter} from './causes/hints.ts';
import {holds, outOfTime} from './causes/holds.ts';
import {mostLikelyFirst} from './causes/rank.ts';
import {refusedPods} from './causes/refused.ts';
import type {Situation} from './situation.ts';
import type {Cause} from './status.ts';

export {type LogRequest, logRequests, withLog} from './causes/logs.ts';

/**
 * What stands in the way of a rollout, most likely first. Reads only what controllers, the scheduler and kubelets wrote: statuses,
 * conditions and events. Only pods of the revision that is rolled out can doom it. `now`: epoch milliseconds.
 */
export function diagnose(situation: Situation, now: number): Cause[] {
  const seen = [
    ...refusedPods(situation, now),
    ...podFindings(situation, now),
    ...blockingPod(situation, now),
    ...holds(situation, now),
  ];
  const findings = seen.some(({current}) => current) ? seen : [...seen, ...outOfTime(situation)];
  const hintOf = hinter(situation, findings);
  return mostLikelyFirst(findings).map((finding) => toCause(finding, hintOf));
}
