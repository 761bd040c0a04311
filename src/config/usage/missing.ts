import type {Cluster} from '../../kube/cluster.ts';
import {ApiProblem} from '../../kube/errors.ts';
import type {KubeObject} from '../../kube/json.ts';
import {resources} from '../../kube/resources.ts';
import {type ConfigResource, collectUses, failUnlessNamespace, type Scope} from './collect.ts';
import type {Owner, Use, User} from './user.ts';

/** What does not exist, and who refers to it. */
export interface MissingReference {
  readonly object: Owner;
  /** Null: the object itself is missing. */
  readonly key: string | null;
  readonly users: readonly User[];
  /** What comes of it, for the worst of the users. */
  readonly consequence: Consequence;
}

export type Consequence =
  | 'pods do not start'
  | 'images may not be pulled'
  | 'the default certificate is served'
  | 'nothing, for now';

export interface MissingConfig {
  readonly kind: 'MissingConfig';
  readonly resource: ConfigResource;
  /** Worst first. */
  readonly missing: readonly MissingReference[];
  /** Whether the user may see what there is. */
  readonly checked: boolean;
  /** Whether all kinds of users could be read: else there may be more. */
  readonly complete: boolean;
  readonly notes: readonly string[];
}

/** The references to objects, or keys of them, that do not exist; optional ones, and those of old revisions, do not count. */
export async function missingConfig(cluster: Cluster, scope: Scope, signal: AbortSignal): Promise<MissingConfig> {
  const {resource} = scope;
  const [{uses, complete, notes}, keys] = await Promise.all([
    collectUses(cluster, scope, signal),
    readKeys(cluster, scope, signal),
  ]);
  if (uses.length === 0) await failUnlessNamespace(cluster, scope, ' --missing', signal);
  if (keys instanceof ApiProblem) {
    const note = `${keys.message}: which of them exist, and with which keys, was not checked`;
    return {kind: 'MissingConfig', resource, missing: [], checked: false, complete, notes: [...notes, note]};
  }
  return {kind: 'MissingConfig', resource, missing: missingAmong(uses, keys, resource), checked: true, complete, notes};
}

/** 3: something will fail. 5: nobody knows. */
export const exitCodeOfMissing = ({missing, checked, complete}: MissingConfig): 0 | 3 | 5 => {
  if (missing.length > 0) return 3;
  return checked && complete ? 0 : 5;
};

/** `keys`: those of each object by `namespace/name`. */
function missingAmong(
  uses: readonly Use[],
  keys: ReadonlyMap<string, ReadonlySet<string>>,
  resource: ConfigResource,
): MissingReference[] {
  const lacking = uses.flatMap((use): {readonly use: Use; readonly key: string | null}[] => {
    const {namespace, name, user} = use;
    if (user.optional || user.revision !== null) return [];
    const there = keys.get(`${namespace}/${name}`);
    if (there === undefined) return [{use, key: null}];
    return user.key === null || there.has(user.key) ? [] : [{use, key: user.key}];
  });
  const groups = Map.groupBy(lacking, ({use: {namespace, name}, key}) => JSON.stringify([namespace, name, key]));
  const missing = Array.from(groups.values(), (group): MissingReference => {
    const [{use, key}] = group as [(typeof group)[number]];
    const users = group.map((one) => one.use.user);
    const object = {kind: resources[resource].kind, namespace: use.namespace, name: use.name};
    return {object, key, users, consequence: CONSEQUENCES[Math.min(...users.map(severity))] ?? 'nothing, for now'};
  });
  return missing.sort((a, b) => CONSEQUENCES.indexOf(a.consequence) - CONSEQUENCES.indexOf(b.consequence));
}

const CONSEQUENCES: readonly Consequence[] = [
  'pods do not start',
  'images may not be pulled',
  'the default certificate is served',
  'nothing, for now',
];

/** An index of `CONSEQUENCES`. */
function severity({via}: User): number {
  if (via === 'imagePullSecrets') return 1;
  if (via === 'tls') return 2;
  return via === 'serviceAccount' ? 3 : 0;
}

/** The keys of what there is; of values nothing is held on to. */
async function readKeys(
  cluster: Cluster,
  {resource, namespace}: Scope,
  signal: AbortSignal,
): Promise<Map<string, Set<string>> | ApiProblem> {
  const keys = new Map<string, Set<string>>();
  const note = ({metadata, data = {}, binaryData = {}}: KubeObject & {data?: object; binaryData?: object}): object => {
    keys.set(`${metadata?.namespace}/${metadata?.name}`, new Set([...Object.keys(data), ...Object.keys(binaryData)]));
    return {};
  };
  try {
    if (resource === 'secrets') await cluster.list('secrets', {namespace}, signal, note);
    else await cluster.list('configmaps', {namespace}, signal, note);
    return keys;
  } catch (error) {
    if (error instanceof ApiProblem && error.reason === 'Forbidden') return error;
    throw error;
  }
}
