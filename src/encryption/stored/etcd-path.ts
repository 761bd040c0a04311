import {ExitCode, Problem} from '../../problem.ts';
import {enumerate} from '../../text/enumerate.ts';
import {groupResource} from '../configuration/coverage.ts';

/** Those whose API servers call them otherwise in etcd. Source: SpecialDefaultResourcePrefixes in kubernetes' pkg/kubeapiserver. */
const SPECIAL: Readonly<Record<string, string>> = {
  replicationcontrollers: 'controllers',
  endpoints: 'services/endpoints',
  nodes: 'minions',
  services: 'services/specs',
  'ingresses.extensions': 'ingress',
  'ingresses.networking.k8s.io': 'ingress',
};

/** kube-apiserver's own groups, whose names are not part of the path. Source: kubernetes' pkg/apis, the two served by servers of their own left out. */
const OWN_GROUPS = new Set([
  '',
  'admissionregistration.k8s.io',
  'apps',
  'authentication.k8s.io',
  'authorization.k8s.io',
  'autoscaling',
  'batch',
  'certificates.k8s.io',
  'coordination.k8s.io',
  'discovery.k8s.io',
  'events.k8s.io',
  'extensions',
  'flowcontrol.apiserver.k8s.io',
  'internal.apiserver.k8s.io',
  'lifecycle.k8s.io',
  'networking.k8s.io',
  'node.k8s.io',
  'policy',
  'rbac.authorization.k8s.io',
  'resource.k8s.io',
  'scheduling.k8s.io',
  'storage.k8s.io',
  'storagemigration.k8s.io',
]);

/** What is kept in the etcd that kops has open, and below which keys. */
export interface Keyspace {
  /** What all keys of the API servers start with: `/registry`. */
  readonly etcdPrefix: string;
  /** Resources that have an etcd of their own (--etcd-servers-overrides): `events`, `deployments.apps`. */
  readonly elsewhere: readonly string[];
}

/** Where each of these resources is. Rejects as `refuseElsewhere` does, with a hint for who can name resources. */
export function keysOf(resources: readonly string[], keyspace: Keyspace): {readonly resource: string; readonly path: string}[] {
  refuseElsewhere(resources, keyspace, 'name the others: --resources');
  return resources.map((resource) => ({resource, path: etcdPathOf(resource, keyspace.etcdPrefix)}));
}

/** The configuration in force names it, and what is stored of it cannot be followed: there is no part of it that kops could change. */
export const BY_HAND =
  'change this configuration by hand: https://kubernetes.io/docs/tasks/administer-cluster/encrypt-data/; nothing was changed';

/** Rejects where one of them is in another etcd: nothing would be found of it, and that looks like a proof. */
export function refuseElsewhere(resources: readonly string[], {elsewhere}: Pick<Keyspace, 'elsewhere'>, next: string): void {
  const missing = resources.filter((resource) => elsewhere.includes(resource));
  if (missing.length === 0) return;
  throw new Problem(`${enumerate(missing)} ${missing.length === 1 ? 'is' : 'are'} kept in another etcd than Secrets`, {
    why: 'the API servers have --etcd-servers-overrides for that, and kops reads one etcd only',
    next,
    exitCode: ExitCode.negative,
  });
}

/**
 * What the etcd keys of all objects of a resource (`secrets`, `widgets.example.com`) start with: `/registry/secrets/`,
 * `/registry/example.com/widgets/`. Custom resources, and what the aggregator and the extension server store, have their group in it.
 */
export function etcdPathOf(resource: string, etcdPrefix: string): string {
  const {group, resource: plural} = groupResource(resource);
  const plain = OWN_GROUPS.has(group) ? plural : `${group}/${plural}`;
  return `${etcdPrefix}/${SPECIAL[group === '' ? plural : resource] ?? plain}/`;
}
