import {type ContainerDescription, describePod} from '../../pods/containers.ts';
import {eventsByObject} from '../../pods/events.ts';
import type {Pod, PodEvent} from '../../pods/pod.ts';
import {shortImage} from '../../text/image.ts';
import {printable} from '../../text/printable.ts';
import type {Revision, Situation} from '../situation.ts';
import type {Branch, Row} from './tree.ts';

/** The revisions that have pods, and the current one, which comes first; pods in the order in which they were made. */
export function branchesOf({workload, revisions, pods, events}: Situation, now: number): Branch[] {
  const eventsOf = eventsByObject(events);
  const isDeployment = workload.kind === 'Deployment';
  const byRevision = Map.groupBy(pods, (pod) => (isDeployment ? ownerOf(pod) : revisionMark(pod)));
  const marksOf = ({uid, name, object}: Revision) =>
    isDeployment ? [uid] : [name, object.metadata?.labels?.['controller-revision-hash'] ?? ''];
  const rowsOf = (some: readonly Pod[]) =>
    some.toSorted(byCreation).map((pod) => rowOf(pod, eventsOf.get(pod.metadata?.uid ?? '') ?? [], now));

  const branches = revisions.map((revision): Branch => {
    const own = new Set(marksOf(revision));
    const {name, number, current} = revision;
    return {name, number, current, rows: rowsOf([...own].flatMap((mark) => byRevision.get(mark) ?? []))};
  });
  const known = new Set(revisions.flatMap(marksOf));
  const unknown = pods.filter((pod) => !known.has((isDeployment ? ownerOf(pod) : revisionMark(pod)) ?? ''));
  const rest =
    unknown.length > 0 ? [{name: 'of no known revision', number: undefined, current: false, rows: rowsOf(unknown)}] : [];
  return [...branches, ...rest]
    .filter(({current, rows}) => current || rows.length > 0)
    .sort((a, b) => Number(b.current) - Number(a.current) || (b.number ?? 0) - (a.number ?? 0));
}

const ownerOf = ({metadata}: Pod): string | undefined => metadata?.ownerReferences?.find(({controller}) => controller)?.uid;
const revisionMark = ({metadata}: Pod): string | undefined => metadata?.labels?.['controller-revision-hash'];

/** Ordinals as numbers: db-2 before db-10. */
const names = new Intl.Collator('en', {numeric: true});

const byCreation = (a: Pod, b: Pod): number =>
  Date.parse(a.metadata?.creationTimestamp ?? '') - Date.parse(b.metadata?.creationTimestamp ?? '') ||
  names.compare(a.metadata?.name ?? '', b.metadata?.name ?? '');

function rowOf(pod: Pod, events: readonly PodEvent[], now: number): Row {
  const {state, since, detail, severity, containers} = describePod(pod, now, events);
  const name = pod.metadata?.name ?? '';
  const ill = containers.filter((container) => container.severity !== 'good');
  // A container of several is worth a line where the pod's own line cannot say all.
  const telling = severity !== 'good' && ill.length > 1 ? ill.map(containerRow) : [];
  return {name, tone: severity, state, since, detail: printable(imageShort(detail)), containers: telling};
}

const containerRow = ({name, role, severity, state, since, detail}: ContainerDescription): Row => ({
  name: role === 'app' ? name : `${name} (${role})`,
  tone: severity,
  state,
  since,
  detail: printable(imageShort(detail)),
  containers: [],
});

/** An image by itself is shown without its registry. */
const imageShort = (detail = ''): string => (/^[^\s]+\/[^\s/]+$/.test(detail) ? shortImage(detail) : detail);
