import type {JsonPatch} from '../../kube/cluster.ts';
import {ExitCode, Problem} from '../../problem.ts';
import type {Warning} from '../../rollout/warning.ts';
import {writtenAgain} from './keepers.ts';
import type {ConfigObject} from './object.ts';
import {SERVICE_ACCOUNT_ANNOTATION, SecretType} from './secret-types.ts';

/** What it takes to put other values into an object that is there. Labels and annotations that are not asked for stay. */
export interface Replacement {
  /** Empty where it is so already. No precondition yet. */
  readonly patch: JsonPatch;
  readonly added: readonly string[];
  readonly changed: readonly string[];
  readonly removed: readonly string[];
  /** Of labels, annotations and `immutable`: what will be another one. */
  readonly metadata: readonly string[];
  /** Who will take it back. */
  readonly warnings: readonly Warning[];
}

/** Throws a Problem with exit code 3 where the type differs, or the object is immutable and its values differ. */
export function planReplacement(existing: ConfigObject, wanted: ConfigObject): Replacement {
  refuseOther(existing, wanted);
  const [before, after] = [valuesOf(existing), valuesOf(wanted)];
  if (keepsToken(wanted)) for (const [key, value] of before) if (!after.has(key)) after.set(key, value);
  const added = [...after.keys()].filter((key) => !before.has(key));
  const removed = [...before.keys()].filter((key) => !after.has(key));
  const changed = [...after].flatMap(([key, value]) => (before.has(key) && before.get(key) !== value ? [key] : []));
  const isOther = added.length + removed.length + changed.length > 0;
  if (existing.immutable && isOther) throw immutable(existing);

  const labels = metadataPatch(existing, wanted, 'labels');
  const annotations = metadataPatch(existing, wanted, 'annotations');
  const freezes = wanted.immutable === true && existing.immutable !== true;
  return {
    patch: [
      ...(isOther ? dataPatch(existing, wanted) : []),
      ...labels.patch,
      ...annotations.patch,
      ...(freezes ? [{op: 'add', path: '/immutable', value: true} as const] : []),
    ],
    added,
    changed,
    removed,
    metadata: [
      ...labels.keys.map((key) => `label ${key}`),
      ...annotations.keys.map((key) => `annotation ${key}`),
      ...(freezes ? ['immutable'] : []),
    ],
    warnings: isOther ? writtenAgain(existing) : [],
  };
}

/** Whether an object in the cluster has all that was to be written. */
export function holds(found: ConfigObject, wanted: ConfigObject): boolean {
  try {
    return planReplacement(found, wanted).patch.length === 0;
  } catch {
    return false;
  }
}

/** By key; text and binary of one content differ in where they are. */
const valuesOf = (object: ConfigObject): Map<string, string> =>
  new Map([
    ...Object.entries(object.data ?? {}).map(([key, value]) => [key, `text ${value}`] as const),
    ...Object.entries((object.kind === 'ConfigMap' && object.binaryData) || {}).map(
      ([key, value]) => [key, `binary ${value}`] as const,
    ),
  ]);

/** The token controller writes what is in it. */
const keepsToken = (object: ConfigObject): boolean => object.kind === 'Secret' && object.type === SecretType.serviceAccountToken;

function dataPatch(existing: ConfigObject, wanted: ConfigObject): JsonPatch {
  const kept = keepsToken(wanted) ? existing.data : undefined;
  const binary = (object: ConfigObject) => ('binaryData' in object ? object.binaryData : undefined);
  return [
    ...fieldPatch('/data', existing.data, kept || wanted.data ? {...kept, ...wanted.data} : undefined),
    ...fieldPatch('/binaryData', binary(existing), binary(wanted)),
  ];
}

function fieldPatch(path: string, before: object | undefined, after: object | undefined): JsonPatch {
  if (after !== undefined) return [{op: 'add', path, value: after}];
  return before === undefined ? [] : [{op: 'remove', path}];
}

function metadataPatch(
  {metadata: existing}: ConfigObject,
  {metadata: wanted}: ConfigObject,
  field: 'labels' | 'annotations',
): {patch: JsonPatch; keys: string[]} {
  const before = existing[field];
  const other = Object.entries(wanted[field] ?? {}).filter(([key, value]) => before?.[key] !== value);
  const keys = other.map(([key]) => key);
  const path = `/metadata/${field}`;
  if (keys.length === 0) return {patch: [], keys};
  if (before === undefined) return {patch: [{op: 'add', path, value: Object.fromEntries(other)}], keys};
  const pointer = (key: string) => `${path}/${key.replaceAll('/', '~1')}`;
  return {patch: other.map(([key, value]) => ({op: 'add', path: pointer(key), value})), keys};
}

function refuseOther(existing: ConfigObject, wanted: ConfigObject): void {
  if (existing.kind !== 'Secret' || wanted.kind !== 'Secret') return;
  const [before, after] = [existing.type ?? SecretType.opaque, wanted.type ?? SecretType.opaque];
  const {name, namespace = ''} = existing.metadata;
  if (before !== after)
    throw refused(
      existing,
      `is of type ${before}, not ${after}`,
      'the type of a Secret cannot be changed',
      `take another name, or delete it first: kubectl delete secret ${name} -n ${namespace}`,
    );
  const accountOf = ({metadata}: ConfigObject) => metadata.annotations?.[SERVICE_ACCOUNT_ANNOTATION];
  if (after === SecretType.serviceAccountToken && accountOf(existing) !== accountOf(wanted))
    throw refused(
      existing,
      `is a token of serviceaccount/${accountOf(existing)}`,
      'its token would stay that of the other one',
      'take another name',
    );
}

const immutable = (existing: ConfigObject): Problem =>
  refused(
    existing,
    'is immutable, and its values differ',
    'immutable: true cannot be taken back',
    'make a new one, --append-hash gives it a name of its own, and let the workloads use that',
  );

const refused = ({kind, metadata}: ConfigObject, what: string, why: string, next: string): Problem =>
  new Problem(`${kind.toLowerCase()}/${metadata.name} ${what}`, {why, next, exitCode: ExitCode.negative});
