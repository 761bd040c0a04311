import {expect, test} from 'vitest';
import {counted, countedObjects} from '../../src/text/plural.ts';

test.each([
  [0, '0 nodes'],
  [1, '1 node'],
  [2, '2 nodes'],
])('%i of a noun', (count, text) => expect(counted(count, 'node')).toBe(text));

test.each([
  [0, 'secrets', '0 secrets'],
  [2, 'secrets', '2 secrets'],
  [1, 'secrets', '1 secret'],
  [1, 'widgets.example.com', '1 widget.example.com'],
  [1, 'networkpolicies.networking.k8s.io', '1 networkpolicy.networking.k8s.io'],
  [1, 'ingresses.networking.k8s.io', '1 ingress.networking.k8s.io'],
  [1, 'storageclasses.storage.k8s.io', '1 storageclass.storage.k8s.io'],
  [1, 'leases.coordination.k8s.io', '1 lease.coordination.k8s.io'],
  [1, 'endpoints', '1 endpoints'],
])('%i of the resource %s', (count, resource, text) => expect(countedObjects(count, resource)).toBe(text));
