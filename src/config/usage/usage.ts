import type {Cluster} from '../../kube/cluster.ts';
import {ApiProblem} from '../../kube/errors.ts';
import type {KubeObject} from '../../kube/json.ts';
import {getNamed} from '../../kube/lookup.ts';
import {resources} from '../../kube/resources.ts';
import {ExitCode, Problem} from '../../problem.ts';
import {type ConfigResource, collectUses, failUnlessNamespace, type Scope} from './collect.ts';
import {spareReason} from './spared.ts';
import type {Owner, Use, User} from './user.ts';

/** Who uses one ConfigMap or Secret. */
export interface ConfigUsage {
  readonly kind: 'ConfigUsage';
  readonly object: Owner;
  /** Null where the user may not look. */
  readonly exists: boolean | null;
  readonly users: readonly User[];
  /** Whether all kinds of users could be read: else nobody knows whether there are more. */
  readonly complete: boolean;
  /** What could not be read, a line each. */
  readonly notes: readonly string[];
}

/** Who uses each: of those that there are, and of those that somebody refers to. */
export interface ConfigUsageList {
  readonly kind: 'ConfigUsageList';
  readonly resource: ConfigResource;
  readonly items: readonly Omit<ConfigUsage, 'kind' | 'complete' | 'notes'>[];
  readonly complete: boolean;
  readonly notes: readonly string[];
}

export interface UnusedObject extends Owner {
  /** RFC 3339. */
  readonly createdAt: string | null;
}

export interface UnusedConfig {
  readonly kind: 'UnusedConfig';
  readonly resource: ConfigResource;
  /** Empty where a kind of user could not be read: see `unseen`. */
  readonly unused: readonly UnusedObject[];
  /** Those of which no user was seen, where a kind of user could not be read: any of them may be in use. */
  readonly unseen: readonly UnusedObject[];
  /** No pod refers to these either, but something speaks for them. */
  readonly spared: readonly (UnusedObject & {readonly reason: string})[];
  readonly notes: readonly string[];
}

/** One object of one namespace. Rejects with exit code 5 where there is no such object, and nobody who refers to it. */
export async function configUsage(
  cluster: Cluster,
  {resource, name}: {readonly resource: ConfigResource; readonly name: string},
  signal: AbortSignal,
): Promise<ConfigUsage> {
  const {namespace} = cluster;
  const scope = {resource, name, namespace};
  const [{uses, complete, notes}, there] = await Promise.all([
    collectUses(cluster, scope, signal),
    listObjects(cluster, scope, signal),
  ]);
  const exists = 'denied' in there ? null : there.objects.length > 0;
  if (uses.length === 0 && exists === false) {
    const command = `kops ${resources[resource].kind.toLowerCase()} usage`;
    await getNamed(cluster, resource, {namespace, name}, (ref) => `${command} ${ref.name} -n ${ref.namespace}`, signal);
  }
  const object = {kind: resources[resource].kind, namespace, name};
  const users = uses.map(({user}) => user);
  return {kind: 'ConfigUsage', object, exists, users, complete, notes: [...notes, ...deniedNote(there)]};
}

/** 5: no user was seen, and not everybody could be looked at, so nobody knows. */
export const exitCodeOfUsage = (report: ConfigUsage | ConfigUsageList): 0 | 5 => {
  const all = report.kind === 'ConfigUsage' ? [report] : report.items;
  return report.complete || all.some(({users}) => isUsed(users)) ? ExitCode.ok : ExitCode.noAccess;
};

/** 5: nobody knows of some. */
export const exitCodeOfUnused = ({unseen}: UnusedConfig): 0 | 5 => (unseen.length > 0 ? ExitCode.noAccess : ExitCode.ok);

/** By what is there now: what old revisions used does not count. */
export const isUsed = (users: readonly User[]): boolean => users.some(({revision}) => revision === null);

/** All that the scope has. Rejects with exit code 5 where it is about one name, and there is none of that name anywhere. */
export async function configUsages(cluster: Cluster, scope: Scope, signal: AbortSignal): Promise<ConfigUsageList> {
  const {resource} = scope;
  const [{uses, complete, notes}, there] = await Promise.all([
    collectUses(cluster, scope, signal),
    listObjects(cluster, scope, signal),
  ]);
  const users = Map.groupBy(uses, wordsOf);
  const existing = 'denied' in there ? undefined : new Set(there.objects.map(({metadata}) => wordsOf(metadata ?? {})));
  const all = [...new Set([...(existing ?? []), ...users.keys()])].sort();
  const items = all.map((words) => {
    const [namespace = '', name = ''] = words.split('/');
    const own = (users.get(words) ?? []).map(({user}) => user);
    return {object: {kind: resources[resource].kind, namespace, name}, exists: existing?.has(words) ?? null, users: own};
  });
  if (items.length === 0) await failUnlessNamespace(cluster, scope, '', signal);
  if (items.length === 0 && scope.name !== undefined && existing !== undefined) throw nowhere(resource, scope.name);
  return {kind: 'ConfigUsageList', resource, items, complete, notes: [...notes, ...deniedNote(there)]};
}

function nowhere(resource: ConfigResource, name: string): Problem {
  const kind = resources[resource].kind.toLowerCase();
  return new Problem(`${kind}/${name} not found in any namespace`, {
    why: 'neither is there one, nor does anyone refer to it',
    next: `kops ${kind} usage -A`,
    exitCode: ExitCode.noAccess,
  });
}

/** What nobody refers to. Rejects with exit code 5 where the user may not list the objects. */
export async function unusedConfig(cluster: Cluster, scope: Scope, signal: AbortSignal): Promise<UnusedConfig> {
  const {resource} = scope;
  const [{uses, complete, notes}, objects] = await Promise.all([
    collectUses(cluster, scope, signal),
    cluster.listMetadata(resource, {namespace: scope.namespace}, signal),
  ]);
  if (objects.length === 0) await failUnlessNamespace(cluster, scope, ' --unused', signal);
  const users = Map.groupBy(uses, wordsOf);
  const unseen: UnusedObject[] = [];
  const spared: (UnusedObject & {reason: string})[] = [];
  for (const object of objects) {
    const {namespace = '', name = '', creationTimestamp = null} = object.metadata ?? {};
    const own = users.get(wordsOf({namespace, name})) ?? [];
    if (isUsed(own.map(({user}) => user))) continue;
    const reason = spareReason(resource, object) ?? pastReason(own);
    const one = {kind: resources[resource].kind, namespace, name, createdAt: creationTimestamp};
    if (reason === undefined) unseen.push(one);
    else spared.push({...one, reason});
  }
  return {kind: 'UnusedConfig', resource, unused: complete ? unseen : [], unseen: complete ? [] : unseen, spared, notes};
}

/** Who used it, and would again after an undo. */
function pastReason(uses: readonly Use[]): string | undefined {
  const [first] = uses;
  if (first === undefined) return undefined;
  const {workload, revision} = first.user;
  return `revision ${revision} of ${workload.kind.toLowerCase()}/${workload.name}, where undo may go back to, uses it`;
}

type Objects = {readonly objects: readonly KubeObject[]} | {readonly denied: ApiProblem};

async function listObjects(cluster: Cluster, {resource, name, namespace}: Scope, signal: AbortSignal): Promise<Objects> {
  const fieldSelector = name === undefined ? undefined : `metadata.name=${name}`;
  try {
    return {objects: await cluster.listMetadata(resource, {namespace, fieldSelector}, signal)};
  } catch (error) {
    if (error instanceof ApiProblem && error.reason === 'Forbidden') return {denied: error};
    throw error;
  }
}

const deniedNote = (there: Objects): string[] =>
  'denied' in there ? [`${there.denied.message}: which of them exist was not checked`] : [];

const wordsOf = ({namespace = '', name = ''}: {namespace?: string; name?: string}): string => `${namespace}/${name}`;
