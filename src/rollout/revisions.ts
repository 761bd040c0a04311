import type {V1ControllerRevision, V1Pod} from '@kubernetes/client-node';
import type {Json} from '../kube/json.ts';
import {sameTemplate, type Template, withoutHash} from './semantic.ts';
import type {Revision} from './situation.ts';
import type {Workload} from './workload.ts';

type RevisionObject = Revision['object'];
type Pod = Json<V1Pod>;

const REVISION_ANNOTATION = 'deployment.kubernetes.io/revision';
export const CHANGE_CAUSE_ANNOTATION = 'kubernetes.io/change-cause';

/**
 * The revisions of a workload, lowest number first: of `objects` those that it controls (by UID; a selector alone would take in those of
 * others). `pods` are needed where a revision does not count its own: StatefulSets and DaemonSets.
 */
export function revisionsOf(workload: Workload, objects: readonly RevisionObject[], pods: readonly Pod[]): Revision[] {
  const uid = workload.metadata?.uid;
  const revisions = objects
    .filter((object) => object.metadata?.ownerReferences?.some((owner) => owner.controller && owner.uid === uid))
    .map((object) => revisionOf(object, pods))
    .sort((a, b) => a.number - b.number || a.createdAt.localeCompare(b.createdAt));
  const current = currentOf(workload, revisions);
  return revisions.map((revision) => ({...revision, current: revision === current}));
}

/** The revision that the workload's template is; undefined where the controller has not made it yet. */
export const currentRevision = (revisions: readonly Revision[]): Revision | undefined => revisions.find(({current}) => current);

/** The number that the next change of the template gets, an undo too: the controllers count on from the highest. */
export const nextNumber = (revisions: readonly Revision[]): number => Math.max(0, ...revisions.map(({number}) => number)) + 1;

function revisionOf(object: RevisionObject, pods: readonly Pod[]): Revision {
  const {name = '', uid = '', creationTimestamp = '', annotations} = object.metadata ?? {};
  const common = {
    name,
    uid,
    createdAt: creationTimestamp,
    changeCause: annotations?.[CHANGE_CAUSE_ANNOTATION],
    current: false,
    object,
  };
  if (isControllerRevision(object)) {
    return {...common, number: object.revision, template: templateOf(object), replicas: countPods(object, pods)};
  }
  const number = Number.parseInt(annotations?.[REVISION_ANNOTATION] ?? '0', 10);
  return {...common, number, template: withoutHash(object.spec?.template ?? {}), replicas: object.status?.replicas ?? 0};
}

/** Lists leave `kind` out of their items. */
const isControllerRevision = (object: RevisionObject): object is Json<V1ControllerRevision> => 'revision' in object;

/** `data` is a strategic merge patch of the workload: `{spec: {template: {$patch: 'replace', …}}}`. */
function templateOf({data}: Json<V1ControllerRevision>): Template {
  const {$patch: _, ...template} = (data as {spec?: {template?: Template & {$patch?: string}}} | undefined)?.spec?.template ?? {};
  return template;
}

/** A StatefulSet's pod carries the revision's name, a DaemonSet's its hash. */
function countPods({metadata}: Json<V1ControllerRevision>, pods: readonly Pod[]): number {
  const marks = [metadata?.name, metadata?.labels?.['controller-revision-hash']].filter((mark) => mark !== undefined);
  const owner = metadata?.ownerReferences?.find(({controller}) => controller)?.uid;
  return pods.filter(
    (pod) =>
      marks.includes(pod.metadata?.labels?.['controller-revision-hash'] ?? '') &&
      pod.metadata?.ownerReferences?.some(({controller, uid}) => controller && uid === owner),
  ).length;
}

function currentOf(workload: Workload, revisions: readonly Revision[]): Revision | undefined {
  const template = workload.spec?.template ?? {};
  const same = (revision: Revision) => sameTemplate(revision.template, template);
  if (workload.kind === 'Deployment') return [...revisions].sort(byAge).find(same); // as its controller: FindNewReplicaSet
  const seen = (workload.status?.observedGeneration ?? 0) >= (workload.metadata?.generation ?? 0);
  if (workload.kind === 'StatefulSet' && seen) {
    const named = revisions.find(({name}) => name === workload.status?.updateRevision);
    if (named !== undefined) return named;
  }
  // What an older controller wrote may lack today's defaults: then the one it made last counts.
  return revisions.findLast(same) ?? (seen ? revisions.at(-1) : undefined);
}

const byAge = (a: Revision, b: Revision): number => a.createdAt.localeCompare(b.createdAt) || a.name.localeCompare(b.name);
