import {expect, test} from 'vitest';
import type {ConfigResource} from '../../../src/config/usage/collect.ts';
import {spareReason} from '../../../src/config/usage/spared.ts';

test.each<[string, ConfigResource, object, string | undefined]>([
  [
    'the root certificate of each namespace',
    'configmaps',
    {name: 'kube-root-ca.crt'},
    'a controller publishes it in every namespace',
  ],
  ['a token', 'secrets', {annotations: {'kubernetes.io/service-account.name': 'web'}}, 'a token of serviceaccount/web'],
  ['a bootstrap token', 'secrets', {namespace: 'kube-system', name: 'bootstrap-token-abc'}, 'nodes join with it'],
  ['one that only has such a name', 'secrets', {namespace: 'shop', name: 'bootstrap-token-abc'}, undefined],
  ['a release of helm', 'secrets', {labels: {owner: 'helm', name: 'web'}}, 'helm keeps its release web in it'],
  ['a lock', 'configmaps', {annotations: {'control-plane.alpha.kubernetes.io/leader': '{}'}}, 'a leader is elected with it'],
  ['what somebody owns', 'secrets', {ownerReferences: [{kind: 'Kafka', name: 'k'}]}, 'kafka/k owns it'],
  [
    'a certificate',
    'secrets',
    {annotations: {'cert-manager.io/certificate-name': 'web'}},
    'cert-manager keeps a certificate in it',
  ],
  ['of the system', 'configmaps', {namespace: 'kube-system', name: 'coredns'}, 'programs of kube-system read objects by name'],
  ['any other', 'configmaps', {namespace: 'shop', name: 'web'}, undefined],
])('%s', (_case, resource, metadata, reason) => {
  expect(spareReason(resource, {metadata})).toBe(reason);
});
