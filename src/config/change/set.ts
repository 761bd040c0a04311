import type {Cluster} from '../../kube/cluster.ts';
import {ExitCode, Problem} from '../../problem.ts';
import type {Warning} from '../../rollout/warning.ts';
import {nearest} from '../../text/nearest.ts';
import {writtenAgain} from '../create/keepers.ts';
import type {ConfigObject} from '../create/object.ts';
import {checkValues} from './check.ts';
import {type ConfigChange, type DryRun, reported, undoOf} from './report.ts';
import {nameOf, saveValues} from './save.ts';
import {type KeyChange, keyChanges, type Values, valuesOf} from './values.ts';

/** What would be written, before anyone is asked. */
export interface ChangePlan {
  readonly object: ConfigObject;
  readonly before: Values;
  readonly after: Values;
  readonly keys: readonly KeyChange[];
  readonly warnings: readonly Warning[];
}

/** Throws a Problem where the object is immutable, or cannot have these values. */
export function planValues(object: ConfigObject, after: Values): ChangePlan {
  const before = valuesOf(object);
  const keys = keyChanges(before, after);
  if (keys.length > 0) checkValues(object, before, after);
  if (keys.length > 0 && object.immutable) throw immutable(object);
  return {object, before, after, keys, warnings: keys.length > 0 ? writtenAgain(object) : []};
}

export const planSet = (object: ConfigObject, key: string, value: Buffer): ChangePlan =>
  planValues(object, new Map([...valuesOf(object), [key, value]]));

/** Throws a Problem with exit code 5 where it has no such key. */
export function planUnset(object: ConfigObject, keys: readonly string[]): ChangePlan {
  const after = valuesOf(object);
  const there = [...after.keys()];
  for (const key of new Set(keys)) if (!after.delete(key)) throw unknownKey(object, key, there);
  return planValues(object, after);
}

export interface WriteContext {
  readonly dryRun: DryRun;
  readonly undoCommand?: string | null;
  readonly signal: AbortSignal;
}

/** Writes a plan. What others changed of other keys meanwhile stays; where they changed the same it rejects with a Problem. */
export async function applyPlan(
  cluster: Cluster,
  {object, before, after, keys, warnings}: ChangePlan,
  {dryRun, undoCommand, signal}: WriteContext,
): Promise<ConfigChange> {
  const {kind, metadata} = object;
  if (keys.length === 0) return reported(cluster, object, {outcome: 'unchanged', keys, dryRun}, signal);
  const saved = dryRun === 'client' ? {object, theirs: []} : await saveValues(cluster, object, after, {dryRun, signal});
  const undo = undoCommand ?? undoOf({kind, name: metadata.name, namespace: cluster.namespace}, before, keys);
  const known = {outcome: 'changed', keys, theirs: saved.theirs, warnings, dryRun} as const;
  return reported(cluster, saved.object, {...known, undoCommand: dryRun === 'none' ? undo : null}, signal);
}

const immutable = ({kind, metadata}: ConfigObject): Problem =>
  new Problem(`${nameOf({kind, name: metadata.name})} is immutable`, {
    why: 'immutable: true cannot be taken back, so its values stay for as long as it exists',
    next: `make a new one with other values, and see who uses this one: kops ${kind.toLowerCase()} edit ${metadata.name} -n ${metadata.namespace ?? 'default'}`,
    exitCode: ExitCode.negative,
  });

function unknownKey({kind, metadata}: ConfigObject, key: string, there: readonly string[]): Problem {
  const near = nearest(key, there);
  const {name, namespace = ''} = metadata;
  return new Problem(`${nameOf({kind, name})} in namespace ${namespace} has no key ${key}`, {
    why: there.length > 0 ? `its keys: ${there.join(', ')}` : 'it has no data at all',
    next: near && `kops ${kind.toLowerCase()} unset ${name} ${near} -n ${namespace}`,
    exitCode: ExitCode.noAccess,
  });
}
