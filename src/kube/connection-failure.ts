import {duration} from '../text/duration.ts';
import {printable} from '../text/printable.ts';
import type {Place} from './api-failure.ts';
import {ConnectionProblem} from './errors.ts';
import {AnswerTimeout, AnswerTooLarge, ProxyRefusal} from './http/transport.ts';

/** The Problem that a request without an answer makes: the network, TLS, a proxy, a server that keeps silent. */
export function connectionFailure(error: unknown, {context, server, proxy}: Place): ConnectionProblem {
  const where = `${server} (context ${context}${proxy === undefined ? '' : `, through the proxy ${proxy}`})`;
  const check = `kubectl config view --minify --context ${context}`;
  if (error instanceof AnswerTimeout) {
    const {milliseconds} = error;
    return new ConnectionProblem(`no answer from the API server ${where}`, {
      why: `it took longer than ${milliseconds < 1000 ? `${milliseconds} ms` : duration(milliseconds)}`,
      next: 'check the network, or allow more with --request-timeout',
      passing: true,
      cause: error,
    });
  }
  if (error instanceof AnswerTooLarge) {
    return new ConnectionProblem(`the answer of the API server is too large ${where}`, {
      why: `one answer is longer than ${Math.round(error.maxBytes / MIB)} MiB`,
      passing: true,
      cause: error,
    });
  }
  const {code, message} = rootOf(error);
  const certificate = CERTIFICATE[code];
  if (certificate) {
    return new ConnectionProblem(`the certificate of the API server is not trusted: ${where}`, {
      ...certificate,
      passing: false,
      cause: error,
    });
  }
  const network = error instanceof ProxyRefusal ? message : NETWORK[code];
  if (network) {
    return new ConnectionProblem(`cannot reach the API server ${where}`, {
      why: proxy === undefined ? network : `at the proxy: ${network}`,
      next: `check that the cluster runs and that the server is right: ${check}`,
      passing: true,
      cause: error,
    });
  }
  return new ConnectionProblem(`cannot talk to the API server ${where}`, {
    why: printable(`${code ? `${code}: ` : ''}${message}`).slice(0, 300),
    next: `check that the cluster runs and that the server is right: ${check}`,
    passing: true,
    cause: error,
  });
}

/** Whether the connection was lost under a request that had been sent. */
export const wasReset = (error: unknown): boolean => ['ECONNRESET', 'EPIPE'].includes(rootOf(error).code);

const MIB = 1024 * 1024;

const NETWORK: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there (connection refused)',
  ENOTFOUND: 'the name of the server is unknown to DNS',
  EAI_AGAIN: 'DNS did not answer',
  EHOSTUNREACH: 'there is no route to the server',
  ENETUNREACH: 'there is no network to the server',
  ETIMEDOUT: 'the connection timed out',
  ECONNRESET: 'the connection was closed before an answer came',
  EPIPE: 'the connection was closed before an answer came',
  ABORT_ERR: 'the connection timed out',
  EPROTO: 'what answers there does not speak TLS',
  ERR_SSL_WRONG_VERSION_NUMBER: 'what answers there does not speak TLS',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'what answers there does not speak TLS',
};

const WRONG_CA = {
  why: "it was not issued by the kubeconfig's certificate authority",
  next: 'the cluster may have been made anew, or something intercepts the connection: fetch its kubeconfig again',
};
const CERTIFICATE: Readonly<Record<string, {readonly why: string; readonly next: string}>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: {
    why: 'it is self-signed, and the kubeconfig does not name it as its certificate authority',
    next: 'put the certificate into certificate-authority of the kubeconfig, or fetch the kubeconfig again',
  },
  SELF_SIGNED_CERT_IN_CHAIN: WRONG_CA,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: WRONG_CA,
  UNABLE_TO_GET_ISSUER_CERT: WRONG_CA,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: WRONG_CA,
  CERT_SIGNATURE_FAILURE: WRONG_CA,
  CERT_UNTRUSTED: WRONG_CA,
  CERT_HAS_EXPIRED: {
    why: 'it has expired',
    next: "renew it on the control plane (kubeadm: kubeadm certs renew apiserver), and check this machine's clock",
  },
  CERT_NOT_YET_VALID: {why: 'it is not valid yet', next: "check the clocks of this machine and of the control plane's"},
  ERR_TLS_CERT_ALTNAME_INVALID: {
    why: 'it was issued for other names than the one of the server',
    next: 'use a name that the certificate has, or set tls-server-name in the kubeconfig',
  },
};

/** What lies at the bottom: Node tries several addresses and reports them as one. */
function rootOf(error: unknown): {readonly code: string; readonly message: string} {
  if (!(error instanceof Error)) return {code: '', message: String(error)};
  const code = 'code' in error ? String(error.code) : '';
  const inner: unknown = error instanceof AggregateError ? error.errors[0] : error.cause;
  if (inner instanceof Error && !(code in NETWORK) && !(code in CERTIFICATE)) return rootOf(inner);
  return {code, message: error.message};
}
