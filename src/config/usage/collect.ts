import type {Cluster} from '../../kube/cluster.ts';
import {ApiProblem} from '../../kube/errors.ts';
import {namespaceMissing, namespacesOf} from '../../kube/lookup.ts';
import {type ObjectOf, type ResourceName, resources} from '../../kube/resources.ts';
import {
  type Use,
  usesOfControllerRevision,
  usesOfIngress,
  usesOfJob,
  usesOfPod,
  usesOfReplicaSet,
  usesOfServiceAccount,
  usesOfTemplate,
  usesOfVolume,
} from './user.ts';

export type ConfigResource = 'configmaps' | 'secrets';

/** Whose users: of one name or of all, in one namespace or in all. */
export interface Scope {
  readonly resource: ConfigResource;
  readonly name?: string | undefined;
  readonly namespace?: string | undefined;
}

export interface Uses {
  /** Each once. */
  readonly uses: readonly Use[];
  /** Whether all kinds of users could be read: else there may be some that are not among these. */
  readonly complete: boolean;
  /** What could not be read, a line each. */
  readonly notes: readonly string[];
}

/**
 * Every user of ConfigMaps or Secrets that the user may read. Of what is listed only the references are held on to: ten thousand pods come to
 * a few megabytes. Pods come last, because those of templates that were read say nothing new.
 */
export async function collectUses(cluster: Cluster, scope: Scope, signal: AbortSignal): Promise<Uses> {
  const found = new Map<string, Use>();
  const denied: ApiProblem[] = [];
  const query = {namespace: scope.namespace};

  /** Whether it may be listed. A list that has to start over meets objects again: they are found once all the same. */
  async function read<N extends ResourceName>(resource: N, usesOf: (object: ObjectOf<N>) => Use[]): Promise<boolean> {
    const nothing = {} as ObjectOf<N>;
    const keep = (object: ObjectOf<N>) => {
      for (const use of usesOf(object)) if (isWanted(use, scope)) found.set(wordsOf(use), use);
      return nothing;
    };
    try {
      await cluster.list(resource, resource === 'persistentvolumes' ? {} : query, signal, keep);
      return true;
    } catch (error) {
      if (!(error instanceof ApiProblem) || error.reason !== 'Forbidden') throw error;
      denied.push(error);
      return false;
    }
  }

  const templates = new Set<string>();
  const readTemplates = async <N extends ResourceName>(kind: string, resource: N, usesOf: (object: ObjectOf<N>) => Use[]) => {
    if (await read(resource, usesOf)) templates.add(kind);
  };
  await Promise.all([
    readTemplates('Deployment', 'deployments', (object) => usesOfTemplate('Deployment', object)),
    readTemplates('ReplicaSet', 'replicasets', usesOfReplicaSet),
    readTemplates('StatefulSet', 'statefulsets', (object) => usesOfTemplate('StatefulSet', object)),
    readTemplates('DaemonSet', 'daemonsets', (object) => usesOfTemplate('DaemonSet', object)),
    read('controllerrevisions', usesOfControllerRevision),
    readTemplates('Job', 'jobs', usesOfJob),
    readTemplates('CronJob', 'cronjobs', ({metadata, spec}) =>
      usesOfTemplate('CronJob', {...(metadata && {metadata}), spec: spec?.jobTemplate.spec ?? {}}),
    ),
    ...(scope.resource === 'secrets'
      ? [read('serviceaccounts', usesOfServiceAccount), read('ingresses', usesOfIngress), read('persistentvolumes', usesOfVolume)]
      : []),
  ]);
  await read('pods', (pod) => usesOfPod(pod, templates));

  const uses = withoutPresent(found);
  return {uses, complete: denied.length === 0, notes: denied.map(({message}) => `${message}: users there may be missing here`)};
}

/** Where nothing was found: rejects with exit code 5 where that is because there is no such namespace. `words` stand behind the command. */
export async function failUnlessNamespace(
  cluster: Cluster,
  {resource, namespace}: Scope,
  words: string,
  signal: AbortSignal,
): Promise<void> {
  if (namespace === undefined) return;
  const command = `kops ${resources[resource].kind.toLowerCase()} usage${words}`;
  const problem = namespaceMissing(cluster, namespace, await namespacesOf(cluster, signal), (near) => `${command} -n ${near}`);
  if (problem !== undefined) throw problem;
}

const isWanted = (use: Use, {resource, name, namespace}: Scope): boolean =>
  use.resource === resource && (name ?? use.name) === use.name && (namespace ?? use.namespace) === use.namespace;

/** Tells uses apart, and sorts them by what is used and then by who does. */
const wordsOf = ({namespace, name, user: {workload, container, via, at, key, revision, optional}}: Use): string =>
  [namespace, name, workload.kind, workload.name, container, via, at, key, optional, revision].join('\0');

/** Sorted. What an old revision uses as the present one does, is told once. */
function withoutPresent(found: ReadonlyMap<string, Use>): Use[] {
  const uses = [...found.keys()].sort().map((words) => found.get(words) as Use);
  return uses.filter((use) => {
    const present: Use = {...use, user: {...use.user, revision: null}};
    return use.user.revision === null || !found.has(wordsOf(present));
  });
}
