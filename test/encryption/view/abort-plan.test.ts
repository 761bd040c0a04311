import {expect, test} from 'vitest';
import type {EncryptionAbortPlan} from '../../../src/encryption/abort-plan.ts';
import {renderAbortPlan} from '../../../src/encryption/view/abort-plan.ts';
import {createTheme} from '../../../src/text/screen.ts';

const screen = {theme: createTheme(false), width: 80, now: 0};
const plan: EncryptionAbortPlan = {
  kind: 'EncryptionAbortPlan',
  context: 'kind-kops',
  operation: 'setup',
  transaction: '20261123-143012-3f9c',
  promoted: false,
  nodes: [
    {
      node: 'cp-1',
      files: [
        {path: '/etc/kubernetes/manifests/kube-apiserver.yaml', change: 'as it was before'},
        {path: '/etc/kubernetes/enc/encryption.yaml', change: 'removed'},
      ],
      restarts: true,
    },
    {node: 'cp-2', files: [], restarts: false},
  ],
  editsKubeadm: false,
};

test('what taking back a setup would do, node by node', () => {
  expect(renderAbortPlan(plan, screen)).toMatchInlineSnapshot(`
    "Take back setup 20261123-143012-3f9c in kind-kops

      aim             every file becomes what it was, byte for byte: nothing was
                      written with the new key
      cp-1            /etc/kubernetes/manifests/kube-apiserver.yaml  as it was before
                      /etc/kubernetes/enc/encryption.yaml            removed
                      its API server restarts: about 15 s without it
      cp-2            nothing: its files are so already
      kubeadm-config  nothing to change
      then            the transaction is closed; nothing that is stored is rewritten
    dry run: nothing changed"
  `);
});

test('what it would do once a server may have written with the new key', () => {
  const nodes = [
    {node: 'cp-1', files: [{path: '/etc/kubernetes/enc/encryption.yaml', change: 'all keys readable'}], restarts: false},
  ] as const;
  expect(renderAbortPlan({...plan, operation: 'rotate', promoted: true, nodes}, screen)).toMatchInlineSnapshot(`
    "Take back rotate 20261123-143012-3f9c in kind-kops

      aim             every key stays readable everywhere: something may be stored
                      under the new one
      cp-1            /etc/kubernetes/enc/encryption.yaml  all keys readable
      kubeadm-config  nothing to change
      then            the transaction is closed; nothing that is stored is rewritten
    dry run: nothing changed"
  `);
});

test('of a disable it says that plaintext stays plaintext', () => {
  const text = renderAbortPlan({...plan, operation: 'disable', promoted: true}, screen);
  expect(text).toContain('something may be stored\n                  in plaintext');
  expect(text).toContain('what is plaintext by then stays so: kops encrypt-at-rest setup');
});
