import type {Situation} from '../situation.ts';
import {refOf, workloadWords} from '../workload.ts';
import type {Finding} from './finding.ts';

/** What to do about each finding: what mends it, and how to go back where an earlier revision does not have it. */
export function hinter({workload, revisions}: Situation, findings: readonly Finding[]): (finding: Finding) => string | undefined {
  const onOldPods = new Set(findings.filter(({current}) => !current).map(key));
  const canGoBack = revisions.some(({current}) => current) && revisions.some(({current}) => !current) && !isPaused(workload);
  const undo = `kops rollout undo ${workloadWords(refOf(workload))}`;
  return (finding) => {
    const {fix, ofTemplate, current} = finding;
    if (!current || !ofTemplate || !canGoBack || onOldPods.has(key(finding))) return fix;
    return fix === undefined ? `go back:  ${undo}` : `${fix}, or go back:  ${undo}`;
  };
}

const key = ({reason, container}: Finding): string => `${reason} ${container}`;

/** An undo is refused then. */
const isPaused = (workload: Situation['workload']): boolean => workload.kind === 'Deployment' && workload.spec?.paused === true;
