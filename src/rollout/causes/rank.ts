import type {Finding} from './finding.ts';

/** Holds that are the answer to "why does nothing happen", unless something is broken. */
const HOLDS = new Set(['Paused', 'OnDelete', 'ControllerNotRunning']);
/** What follows from something else, where that is known. */
const CONSEQUENCES = new Set([
  'StatefulSetBlocked',
  'NotReady',
  'NotStarted',
  'SlowPull',
  'SlowCreation',
  'SlowInit',
  'Partition',
  'ConfigNotSynced',
]);

/**
 * Most likely first: what keeps everything else from happening (an unreachable registry, a pod that is never replaced), what is doomed, what
 * somebody holds up, what may pass, what is on its way out.
 */
export const mostLikelyFirst = (findings: readonly Finding[]): Finding[] => findings.toSorted((a, b) => compare(a, b));

const compare = (a: Finding, b: Finding): number =>
  classOf(a) - classOf(b) || b.pods - a.pods || timeOf(a) - timeOf(b) || a.message.localeCompare(b.message);

function classOf({reason, current, doomed}: Finding): number {
  if (!current) return doomed ? 5 : 6;
  if (reason === 'RegistryUnreachable' || (reason === 'StatefulSetBlocked' && doomed)) return 0;
  if (doomed) return 1;
  if (HOLDS.has(reason)) return 2;
  return CONSEQUENCES.has(reason) ? 4 : 3;
}

const timeOf = ({since}: Finding): number => Date.parse(since ?? '') || 0;
