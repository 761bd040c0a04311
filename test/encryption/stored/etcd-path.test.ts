import {expect, test} from 'vitest';
import {etcdPathOf, keysOf} from '../../../src/encryption/stored/etcd-path.ts';

test.each([
  ['a core resource', 'secrets', '/registry', '/registry/secrets/'],
  ['one of a group of the API server itself, without its group', 'deployments.apps', '/registry', '/registry/deployments/'],
  ['one whose group has dots', 'roles.rbac.authorization.k8s.io', '/registry', '/registry/roles/'],
  ['a custom resource, with its group', 'widgets.example.com', '/registry', '/registry/example.com/widgets/'],
  [
    'a custom resource in a group of the Kubernetes project',
    'gateways.gateway.networking.k8s.io',
    '/registry',
    '/registry/gateway.networking.k8s.io/gateways/',
  ],
  [
    'what the extension server stores',
    'customresourcedefinitions.apiextensions.k8s.io',
    '/registry',
    '/registry/apiextensions.k8s.io/customresourcedefinitions/',
  ],
  ['nodes, which once were minions', 'nodes', '/registry', '/registry/minions/'],
  ['services', 'services', '/registry', '/registry/services/specs/'],
  ['endpoints', 'endpoints', '/registry', '/registry/services/endpoints/'],
  ['a custom resource that is called services', 'services.example.com', '/registry', '/registry/example.com/services/'],
  ['ingresses', 'ingresses.networking.k8s.io', '/registry', '/registry/ingress/'],
  ['another prefix', 'secrets', '/k8s/one', '/k8s/one/secrets/'],
  ['no prefix at all', 'secrets', '', '/secrets/'],
])('%s: %s below %s is in %s', (_case, resource, prefix, path) => {
  expect(etcdPathOf(resource, prefix)).toBe(path);
});

test('what is kept in another etcd is not looked for in this one', () => {
  const keyspace = {etcdPrefix: '/registry', elsewhere: ['events', 'deployments.apps']};
  expect(keysOf(['secrets'], keyspace)).toEqual([{resource: 'secrets', path: '/registry/secrets/'}]);
  expect(() => keysOf(['secrets', 'events'], keyspace)).toThrow('events is kept in another etcd than Secrets');
});
