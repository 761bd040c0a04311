import {printable} from '../text/printable.ts';
import {Compacted, type EtcdFailure, EtcdProblem} from './problems.ts';

/**
 * The Problem that a failure makes, by the words of etcd's servers and of the TLS and network layers below: gRPC's status codes are too
 * coarse to tell them apart, and etcdctl prints the words only. Source of etcd's: api/v3rpc/rpctypes/error.go.
 */
export function etcdProblem(words: string, via: string, cause?: unknown): EtcdProblem {
  const found = CASES.find(({match}) => match.test(words));
  if (found?.kind === 'compacted') return new Compacted(via, cause);
  const {kind, what, why, next} = found ?? OTHER;
  return new EtcdProblem(`${what}: ${via}`, {kind, why: why ?? firstLine(words), next, cause});
}

/** `etcdserver: …` and the like; nothing that etcd says repeats a value. */
const firstLine = (words: string): string => printable(words.trim().split('\n')[0] ?? '').slice(0, 300);

interface Case {
  readonly match: RegExp;
  readonly kind: EtcdFailure;
  readonly what: string;
  /** Where left out: the failure's own words. */
  readonly why?: string;
  readonly next?: string;
}

const UNTRUSTED = 'the certificate of etcd is not trusted';
const UNREACHABLE = 'cannot reach etcd';
const CHECK = 'check that etcd runs and that its address is right: --etcd-servers of the kube-apiserver';

const OTHER: Omit<Case, 'match'> = {kind: 'other', what: 'etcd failed'};

/** The first that matches counts. */
const CASES: readonly Case[] = [
  {match: /required revision has been compacted/i, kind: 'compacted', what: ''},
  {
    match: /database space exceeded/i,
    kind: 'no-space',
    what: "etcd's database is full",
    why: 'it has reached its quota and raised the NOSPACE alarm: it can be read, not written',
    next: 'compact and defragment it, then disarm the alarm: etcdctl alarm disarm',
  },
  {
    match: /etcdserver: permission denied/i,
    kind: 'forbidden',
    what: "etcd's access control refused",
    why: 'etcd has its authentication on, and the user of this client certificate may not do that',
    next: 'use the client certificate of the kube-apiserver, or grant its user the role root',
  },
  {
    match: /user name is empty|invalid auth token|user name not found|authentication failed/i,
    kind: 'unauthenticated',
    what: 'etcd does not know the user',
    why: 'etcd has its authentication on, and the client certificate names no user of it (its common name)',
    next: 'use the client certificate of the kube-apiserver',
  },
  {
    match: /received message larger than max/i,
    kind: 'too-large',
    what: 'one value of etcd is larger than kops reads',
    why: 'a single answer is bounded, so that kops stays small',
  },
  {
    match: /no leader|leader changed|request timed out|too many (requests|learner)|server stopped|apply request took too long/i,
    kind: 'unavailable',
    what: 'etcd cannot serve for now',
    next: 'check its members: too few of them may be up',
  },
  {
    match: /alert.{0,40}(certificate|unknown ca|handshake failure)|(bad|required) certificate|certificate required/i,
    kind: 'unauthenticated',
    what: 'etcd refused the client certificate',
    why: 'it takes only certificates of its own authority (its --trusted-ca-file)',
    next: 'use the certificate and key that the kube-apiserver uses: --etcd-certfile, --etcd-keyfile',
  },
  {
    match: /certificate has expired/i,
    kind: 'untrusted',
    what: UNTRUSTED,
    why: 'it has expired',
    next: 'kubeadm certs renew etcd-server',
  },
  {
    match: /altnames|certificate is (not )?valid for|hostname\/ip does not match/i,
    kind: 'untrusted',
    what: UNTRUSTED,
    why: 'it was issued for other names and addresses than the one used',
    next: 'reach it by a name or an address that its certificate has',
  },
  {
    match: /self[- ]signed certificate|unable to (verify|get)|unknown authority|signature failure|certificate signature/i,
    kind: 'untrusted',
    what: UNTRUSTED,
    why: 'it was not issued by the given authority (--etcd-cafile of the kube-apiserver)',
  },
  {
    match: /wrong version number|packet length too long|first record does not look like a tls|http\/1\.x|parse error/i,
    kind: 'unreachable',
    what: UNREACHABLE,
    why: 'what answers there does not speak TLS',
    next: CHECK,
  },
  {
    match: /ECONNREFUSED|connection refused/i,
    kind: 'unreachable',
    what: UNREACHABLE,
    why: 'nothing listens there (connection refused)',
    next: CHECK,
  },
  {
    match: /ENOTFOUND|EAI_AGAIN|no such host|name resolution failed/i,
    kind: 'unreachable',
    what: UNREACHABLE,
    why: 'its name is unknown to DNS',
    next: CHECK,
  },
  {
    match: /EHOSTUNREACH|ENETUNREACH|no route to host|network is unreachable/i,
    kind: 'unreachable',
    what: UNREACHABLE,
    why: 'there is no route to it',
    next: CHECK,
  },
  {
    match: /deadline exceeded|timed? ?out/i,
    kind: 'unreachable',
    what: 'no answer from etcd',
    why: 'it took too long',
    next: CHECK,
  },
  {
    match:
      /ECONNRESET|EPIPE|socket (closed|hang up)|failed to connect|connection (dropped|closed|reset)|goaway|no connection established|transport is closing|stream removed/i,
    kind: 'unreachable',
    what: UNREACHABLE,
    why: 'the connection was closed before an answer came',
    next: CHECK,
  },
];
