import {expect, test} from 'vitest';
import {inspectCommands, scrubCommands, statusCommands, verifyCommands} from '../../src/encryption/audit-commands.ts';

const scope = {namespace: 'shop', context: 'kind-kops'};

test('what a person would type to see the bytes of one Secret', () => {
  expect(verifyCommands('db', ['secrets'], scope)).toMatchInlineSnapshot(`
    [
      "kubectl exec etcd-NODE -n kube-system --context kind-kops -- etcdctl --cacert=/etc/kubernetes/pki/etcd/ca.crt --cert=/etc/kubernetes/pki/etcd/server.crt --key=/etc/kubernetes/pki/etcd/server.key get /registry/secrets/shop/db --print-value-only | hexdump -C",
    ]
  `);
  expect(inspectCommands('/registry/secrets/shop/db', scope)).toEqual(verifyCommands('db', ['secrets'], scope));
});

test('what a person would type to count what is encrypted', () => {
  expect(verifyCommands(undefined, ['secrets', 'widgets.example.com'], {})).toMatchInlineSnapshot(`
    [
      "kubectl exec etcd-NODE -n kube-system -- etcdctl --cacert=/etc/kubernetes/pki/etcd/ca.crt --cert=/etc/kubernetes/pki/etcd/server.crt --key=/etc/kubernetes/pki/etcd/server.key get /registry/secrets/ --prefix --print-value-only | grep -aoE '^(k8s:enc:[a-z]+:v[0-9]+:[^:]+:|k8s|\\{)' | sort | uniq -c",
      "kubectl exec etcd-NODE -n kube-system -- etcdctl --cacert=/etc/kubernetes/pki/etcd/ca.crt --cert=/etc/kubernetes/pki/etcd/server.crt --key=/etc/kubernetes/pki/etcd/server.key get /registry/example.com/widgets/ --prefix --print-value-only | grep -aoE '^(k8s:enc:[a-z]+:v[0-9]+:[^:]+:|k8s|\\{)' | sort | uniq -c",
    ]
  `);
});

test('what a person would type to compare files and servers, and to scrub etcd', () => {
  expect([...statusCommands(scope), ...scrubCommands({})]).toMatchInlineSnapshot(`
    [
      "grep -- --encryption-provider-config /etc/kubernetes/manifests/kube-apiserver.yaml   # on each control plane",
      "sha256sum /etc/kubernetes/enc/encryption.yaml   # the file that the flag names",
      "kubectl get --raw /metrics --server https://NODE:6443 --context kind-kops | grep '^apiserver_encryption_config_controller_last_config_info'",
      "REVISION=$(kubectl exec etcd-NODE -n kube-system -- etcdctl --cacert=/etc/kubernetes/pki/etcd/ca.crt --cert=/etc/kubernetes/pki/etcd/server.crt --key=/etc/kubernetes/pki/etcd/server.key endpoint status --write-out=json | grep -o '"revision":[0-9]*' | cut -d: -f2)",
      "kubectl exec etcd-NODE -n kube-system -- etcdctl --cacert=/etc/kubernetes/pki/etcd/ca.crt --cert=/etc/kubernetes/pki/etcd/server.crt --key=/etc/kubernetes/pki/etcd/server.key compact "$REVISION" --physical",
      "kubectl exec etcd-NODE -n kube-system -- etcdctl --cacert=/etc/kubernetes/pki/etcd/ca.crt --cert=/etc/kubernetes/pki/etcd/server.crt --key=/etc/kubernetes/pki/etcd/server.key defrag   # of each member, one at a time, the leader last",
    ]
  `);
});
