import type {Cluster, JsonPatch} from '../../kube/cluster.ts';
import {Conflict} from '../../kube/errors.ts';
import {getNamed} from '../../kube/lookup.ts';
import {ExitCode, Problem} from '../../problem.ts';
import {isUnknown, letEnd, signalToLook} from '../../rollout/change.ts';
import {enumerate} from '../../text/enumerate.ts';
import type {ConfigObject} from '../create/object.ts';
import {isSame, keyChanges, mergeValues, patchOf, type Values, valuesOf} from './values.ts';

/** One ConfigMap or Secret, in the namespace of the cluster. */
export interface Target {
  readonly kind: ConfigObject['kind'];
  readonly name: string;
}

/** `secret/db` */
export const nameOf = ({kind, name}: Target): string => `${kind.toLowerCase()}/${name}`;

export const resourceOf = ({kind}: Pick<Target, 'kind'>) => (kind === 'Secret' ? 'secrets' : 'configmaps');

/** `words`: what stands behind the name in the command to type for a name that is meant. Rejects with exit code 5 where there is none. */
export async function readConfig(
  cluster: Cluster,
  target: Target,
  {verb, words = ''}: {readonly verb: string; readonly words?: string},
  signal: AbortSignal,
): Promise<ConfigObject> {
  const ref = {namespace: cluster.namespace, name: target.name};
  const retry = (other: {name: string; namespace: string}) =>
    `kops ${target.kind.toLowerCase()} ${verb} ${other.name}${words} -n ${other.namespace}`;
  return typed(target, await getNamed(cluster, resourceOf(target), ref, retry, signal));
}

/** What was asked for, upon an object as it is now. */
export interface Rebased {
  readonly object: ConfigObject;
  readonly values: Values;
  /** Keys that others changed since `base` was read, and that stay as they made them. */
  readonly theirs: readonly string[];
}

/** Reads the object anew. Rejects with a Problem where it is gone, and where others changed a key of `mine` to another value. */
export async function rebase(cluster: Cluster, base: ConfigObject, mine: Values, signal: AbortSignal): Promise<Rebased> {
  const {kind} = base;
  const {name} = base.metadata;
  const found = await cluster.find(resourceOf(base), {namespace: cluster.namespace, name}, signal);
  if (found === undefined) throw gone({kind, name});
  const object = typed(base, found);
  const {values, theirs, conflicts} = mergeValues(valuesOf(base), mine, valuesOf(object));
  if (conflicts.length > 0) throw changedMeanwhile({kind, name}, conflicts, cluster.namespace);
  return {object, values, theirs};
}

/** Tries: each is a conflict with somebody who writes other keys. */
const ATTEMPTS = 10;

/**
 * Gives an object these values, if it is as it was read. Where others wrote other keys in between, theirs stay and it is tried again; where
 * they wrote the same, it rejects with a Problem. Where no answer came, it looks whether it was done.
 */
export async function saveValues(
  cluster: Cluster,
  base: ConfigObject,
  mine: Values,
  {dryRun, signal}: {readonly dryRun: 'none' | 'server'; readonly signal: AbortSignal},
): Promise<Rebased> {
  const ref = {namespace: cluster.namespace, name: base.metadata.name};
  let latest: Rebased = {object: base, values: mine, theirs: []};
  for (let attempt = 1; ; attempt += 1) {
    const {object, values, theirs} = latest;
    const patch = patchOf(object, values);
    if (patch.length === 0) return latest;
    const {resourceVersion} = object.metadata;
    const tested: JsonPatch = [{op: 'test', path: '/metadata/resourceVersion', value: resourceVersion}, ...patch];
    const options = {dryRun: dryRun === 'server'};
    try {
      const written = await letEnd(signal, (late) => cluster.patch(resourceOf(base), ref, tested, options, late));
      return {object: typed(base, written), values, theirs};
    } catch (error) {
      if (dryRun === 'none' && isUnknown(error, signal)) {
        const found = await cluster.find(resourceOf(base), ref, signalToLook()).catch(() => undefined);
        if (found !== undefined && holdsAll(typed(base, found), object, values))
          return {object: typed(base, found), values, theirs};
        throw unknown({kind: base.kind, name: ref.name}, error as Error, {signal, namespace: cluster.namespace});
      }
      if (!(error instanceof Conflict) || attempt === ATTEMPTS) throw error;
      latest = await rebase(cluster, base, mine, signal);
    }
  }
}

/** Whether each key that was to change is as it was to be. */
function holdsAll(found: ConfigObject, before: ConfigObject, wanted: Values): boolean {
  const values = valuesOf(found);
  return keyChanges(valuesOf(before), wanted).every(({key}) => isSame(values.get(key), wanted.get(key)));
}

const changedMeanwhile = (target: Target, keys: readonly string[], namespace: string): Problem =>
  new Problem(`${enumerate(keys)} of ${nameOf(target)} changed meanwhile`, {
    why: 'someone else wrote another value since it was read: theirs is in the cluster, and nothing was written',
    next: `look at what is there, then run the command again: kops ${target.kind === 'Secret' ? 'secret decode' : 'configmap show'} ${target.name} -n ${namespace}`,
    exitCode: ExitCode.negative,
  });

const gone = (target: Target): Problem =>
  new Problem(`${nameOf(target)} is gone`, {
    why: 'someone deleted it since it was read',
    next: `make it anew: kops ${target.kind.toLowerCase()} create --help`,
    exitCode: ExitCode.noAccess,
  });

const unknown = (target: Target, cause: Error, {signal, namespace}: {signal: AbortSignal; namespace: string}): Problem =>
  new Problem(`nobody knows whether ${nameOf(target)} was changed`, {
    why: `it was sent, and no answer came: ${signal.aborted ? 'interrupted' : cause.message}`,
    next: `kops ${target.kind === 'Secret' ? 'secret decode' : 'configmap show'} ${target.name} -n ${namespace}`,
    exitCode: signal.aborted ? ExitCode.interrupted : ExitCode.noAccess,
    cause,
  });

/** What the API server answers may leave the kind out; it is the one that was asked for. */
const typed = ({kind}: {readonly kind: ConfigObject['kind']}, object: unknown): ConfigObject =>
  ({apiVersion: 'v1', ...(object as ConfigObject), kind}) as ConfigObject;
