import type {Pod} from '../../pods/pod.ts';
import {currentRevision} from '../revisions.ts';
import type {Situation} from '../situation.ts';

/**
 * Which pods are of the revision that they should be of. A partition keeps a StatefulSet's lower ordinals at the old one. Where no
 * revision could be read at all, a Deployment's last made pods are, and of the others every pod; where the controller has not made the
 * current one yet, none.
 */
export function wantedPods({
  workload,
  revisions,
  pods,
}: Pick<Situation, 'workload' | 'revisions' | 'pods'>): (pod: Pod) => boolean {
  const current = currentRevision(revisions);
  if (current === undefined && revisions.length > 0) return () => false;
  if (current === undefined) return workload.kind === 'Deployment' ? likeTheLast(pods) : () => true;
  if (workload.kind === 'Deployment')
    return ({metadata}) => metadata?.ownerReferences?.some(({uid}) => uid === current.uid) ?? false;

  const marks = [current.name, current.object.metadata?.labels?.['controller-revision-hash']];
  const isCurrent = (pod: Pod) => marks.includes(revisionMark(pod));
  if (workload.kind === 'DaemonSet') return isCurrent;
  const partition = workload.spec?.updateStrategy?.rollingUpdate?.partition ?? 0;
  const kept = workload.status?.currentRevision;
  return (pod) => isCurrent(pod) || ((ordinalOf(pod) ?? 0) < partition && revisionMark(pod) === kept);
}

/** Without its ReplicaSets nothing but their age tells a Deployment's new pods from its old ones. */
function likeTheLast(pods: readonly Pod[]): (pod: Pod) => boolean {
  const madeAt = ({metadata}: Pod) => Date.parse(metadata?.creationTimestamp ?? '') || 0;
  const last = pods.reduce((time, pod) => Math.max(time, madeAt(pod)), 0);
  const hashOf = ({metadata}: Pod) => metadata?.labels?.['pod-template-hash'];
  const hashes = new Set(pods.filter((pod) => madeAt(pod) === last).map(hashOf));
  return (pod) => hashes.has(hashOf(pod));
}

/** The revision that a StatefulSet's or DaemonSet's pod was made of: a name of the one, a hash of the other. */
export const revisionMark = ({metadata}: Pod): string | undefined => metadata?.labels?.['controller-revision-hash'];

/** `db-2` → 2. */
export function ordinalOf({metadata}: Pod): number | undefined {
  const digits = /-(\d+)$/.exec(metadata?.name ?? '')?.[1];
  return digits === undefined ? undefined : Number(digits);
}
