import {expect, test} from 'vitest';
import {etcdProblem} from '../../src/etcd/failure.ts';

const via = 'gRPC to https://172.18.0.2:2379';
const lost = (words: string) => `No connection established. Last error: ${words}. Resolution note: `;
const dial = (words: string) => `latest balancer error: connection error: desc = "transport: ${words}"`;

/** As gRPC (Node's words) and etcdctl (Go's) report them. */
test.each([
  ['unreachable', 'nothing listens there (connection refused)', lost('Error: connect ECONNREFUSED 127.0.0.1:1')],
  [
    'unreachable',
    'nothing listens there (connection refused)',
    dial('Error while dialing: dial tcp 127.0.0.1:1: connect: connection refused'),
  ],
  ['unreachable', 'there is no route to it', lost('Error: connect EHOSTUNREACH 172.17.0.250:2379 - Local (172.17.0.1:4711)')],
  ['unreachable', 'its name is unknown to DNS', 'Name resolution failed for target dns:nowhere.invalid:1'],
  ['unreachable', 'its name is unknown to DNS', dial('Error while dialing: dial tcp: lookup nowhere.invalid: no such host')],
  [
    'unreachable',
    'it took too long',
    'Deadline exceeded after 3.001s,name resolution: 0.002s,metadata filters: 0.001s,Waiting for LB pick',
  ],
  ['unreachable', 'it took too long', 'context deadline exceeded'],
  ['unreachable', 'the connection was closed before an answer came', lost('Failed to connect (2026-11-23T13:45:16.911Z)')],
  ['unreachable', 'the connection was closed before an answer came', 'Connection dropped'],
  [
    'unreachable',
    'what answers there does not speak TLS',
    lost('Error: 4033:error:0A00010B:SSL routines:tls_validate_record_header:wrong version number:tlsany_meth.c:78:\n'),
  ],
  [
    'unreachable',
    'what answers there does not speak TLS',
    dial('authentication handshake failed: tls: first record does not look like a TLS handshake'),
  ],
  [
    'untrusted',
    'it was not issued by the given authority (--etcd-cafile of the kube-apiserver)',
    lost(
      'Error: unable to verify the first certificate; if the root CA is installed locally, try running Node.js with --use-system-ca',
    ),
  ],
  [
    'untrusted',
    'it was not issued by the given authority (--etcd-cafile of the kube-apiserver)',
    dial('authentication handshake failed: tls: failed to verify certificate: x509: certificate signed by unknown authority'),
  ],
  [
    'untrusted',
    'it was issued for other names and addresses than the one used',
    lost(
      "Error [ERR_TLS_CERT_ALTNAME_INVALID]: Hostname/IP does not match certificate's altnames: IP: 10.0.0.1 is not in the cert's list: 127.0.0.1",
    ),
  ],
  [
    'untrusted',
    'it was issued for other names and addresses than the one used',
    dial(
      'authentication handshake failed: tls: failed to verify certificate: x509: certificate is valid for 127.0.0.1, not 10.0.0.1',
    ),
  ],
  ['untrusted', 'it has expired', lost('Error: certificate has expired')],
  [
    'unauthenticated',
    'it takes only certificates of its own authority (its --trusted-ca-file)',
    lost(
      '4033:error:0A00045C:SSL routines:ssl3_read_bytes:tlsv13 alert certificate required:rec_layer_s3.c:918:SSL alert number 116\n (2026-11-23T13:45:16.871Z)',
    ),
  ],
  [
    'unauthenticated',
    'it takes only certificates of its own authority (its --trusted-ca-file)',
    lost('4033:error:0A000418:SSL routines:ssl3_read_bytes:tlsv1 alert unknown ca:rec_layer_s3.c:918:SSL alert number 48\n'),
  ],
  [
    'unauthenticated',
    'it takes only certificates of its own authority (its --trusted-ca-file)',
    dial('authentication handshake failed: remote error: tls: bad certificate'),
  ],
  [
    'other',
    'etcdserver: mvcc: required revision is a future revision',
    'etcdserver: mvcc: required revision is a future revision',
  ],
  ['other', 'open /pki/server.key: permission denied', 'open /pki/server.key: permission denied\nmore of it'],
])('%s: %s', (kind, why, words) => {
  const problem = etcdProblem(words, via);
  expect([problem.kind, problem.why]).toEqual([kind, why]);
  expect(problem.message).toContain(via);
  expect(problem.passing).toBe(kind === 'unreachable');
});
