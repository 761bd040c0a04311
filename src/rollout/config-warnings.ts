import type {Cluster} from '../kube/cluster.ts';
import {ApiProblem} from '../kube/errors.ts';
import type {KubeObject} from '../kube/json.ts';
import {resources} from '../kube/resources.ts';
import {type ConfigRef, configRefs} from './config-refs.ts';
import type {Revision} from './situation.ts';
import type {Warning} from './warning.ts';

/** What a ConfigMap or Secret is now. Of its values nothing is kept. */
export type ConfigState =
  | {readonly state: 'missing'}
  | {readonly state: 'unreadable'}
  | {readonly state: 'there'; readonly keys: readonly string[]; readonly createdAt: string; readonly changedAt: string};

/**
 * What pods of an earlier revision would find otherwise than when it was made: undo brings back a template, not what the template names.
 */
export async function configWarnings(
  cluster: Cluster,
  revision: Revision,
  namespace: string,
  signal: AbortSignal,
): Promise<Warning[]> {
  const refs = configRefs(revision.template);
  const states = await Promise.all(refs.map((ref) => readState(cluster, ref, namespace, signal)));
  return refs.flatMap((ref, i) => configWarning(ref, states[i] ?? {state: 'unreadable'}, revision));
}

/** One object's warnings: none where it is as it was, or where pods do without it. */
export function configWarning(ref: ConfigRef, found: ConfigState, {number, createdAt}: Revision): Warning[] {
  const object = `${resources[ref.resource].kind.toLowerCase()}/${ref.name}`;
  if (found.state === 'unreadable') {
    return [{reason: 'ConfigUnreadable', object, message: `you may not read ${object}: whether it changed is not known`}];
  }
  if (found.state === 'missing') {
    if (ref.optional) return [];
    const message = `${object} does not exist any more: pods of revision ${number} will not start`;
    return [{reason: 'ConfigMissing', object, message, hint: 'create it before you go back'}];
  }
  const missing = ref.keys.filter((key) => !found.keys.includes(key));
  if (missing.length > 0) {
    const message = `${object} has no key ${missing.join(', ')}: pods of revision ${number} will not start`;
    return [{reason: 'ConfigKeyMissing', object, message, hint: 'add it before you go back'}];
  }
  const hint = 'its pods will start with what it holds now';
  if (found.createdAt > createdAt) {
    return [
      {reason: 'ConfigRecreated', object, message: `${object} was made anew after revision ${number}`, hint, at: found.createdAt},
    ];
  }
  if (found.changedAt > createdAt) {
    return [
      {reason: 'ConfigChanged', object, message: `${object} was changed after revision ${number}`, hint, at: found.changedAt},
    ];
  }
  return [];
}

async function readState(
  cluster: Cluster,
  {resource, name}: ConfigRef,
  namespace: string,
  signal: AbortSignal,
): Promise<ConfigState> {
  try {
    const object = await cluster.find(resource, {namespace, name}, signal);
    return object === undefined ? {state: 'missing'} : stateOf(object);
  } catch (error) {
    if (error instanceof ApiProblem && error.reason === 'Forbidden') return {state: 'unreadable'};
    throw error;
  }
}

function stateOf(object: KubeObject & {data?: object; binaryData?: object}): ConfigState {
  const {creationTimestamp: createdAt = '', managedFields = []} = object.metadata ?? {};
  return {
    state: 'there',
    keys: [...Object.keys(object.data ?? {}), ...Object.keys(object.binaryData ?? {})],
    createdAt,
    // Whole seconds, UTC, ending in Z, all of them: they compare as text.
    changedAt: [createdAt, ...managedFields.map(({time = ''}) => time)].sort().at(-1) ?? '',
  };
}
