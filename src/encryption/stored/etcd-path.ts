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

/**
 * What the etcd keys of all objects of a resource (`secrets`, `widgets.example.com`) start with: `/registry/secrets/`,
 * `/registry/example.com/widgets/`. Custom resources, and what the aggregator and the extension server store, have their group in it.
 */
export function etcdPathOf(resource: string, etcdPrefix: string): string {
  const {group, resource: plural} = groupResource(resource);
  const plain = OWN_GROUPS.has(group) ? plural : `${group}/${plural}`;
  return `${etcdPrefix}/${SPECIAL[group === '' ? plural : resource] ?? plain}/`;
}
