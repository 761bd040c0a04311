import {createSecureContext, type SecureContext} from 'node:tls';
import type {Dispatcher} from 'undici';
import Pool from 'undici/lib/dispatcher/pool.js';
import {ExitCode, Problem} from '../problem.ts';
import type {Access} from './access.ts';
import type {Certificate} from './credential.ts';
import {readReferenced} from './referenced.ts';

/** Milliseconds. */
const CONNECT_TIMEOUT = 10_000;
/** Shorter than the 90 s after which an API server closes an idle connection, so that no request meets one that is being closed. */
const KEEP_ALIVE = 30_000;
/** Keeps a quiet watch alive through NAT and load balancers. */
const TCP_KEEP_ALIVE = 15_000;

/**
 * The keep-alive connections to one API server: directly or through a proxy, trusting the kubeconfig's certificate authority. The pool of a
 * client certificate is kept until another certificate is asked for.
 */
export async function createDispatchers(
  {context, cluster, server}: Access,
  proxy: URL | undefined,
): Promise<(certificate: Certificate | undefined) => Dispatcher> {
  const ca = await readReferenced(cluster, 'certificate-authority', `the cluster of context ${context}`);
  const ProxyAgent = proxy && (await import('undici')).ProxyAgent;

  let latest: {readonly certificate: Certificate | undefined; readonly dispatcher: Dispatcher} | undefined;
  return (certificate) => {
    if (latest && latest.certificate?.cert === certificate?.cert && latest.certificate?.key === certificate?.key)
      return latest.dispatcher;
    const tls = {
      secureContext: secureContext(ca, certificate, context),
      rejectUnauthorized: cluster['insecure-skip-tls-verify'] !== true,
      keepAliveInitialDelay: TCP_KEEP_ALIVE,
      ...(cluster['tls-server-name'] && {servername: cluster['tls-server-name']}),
    };
    // HTTP/1.1: a connection a watch. On one shared HTTP/2 connection a single lost packet holds up all of them.
    const common = {allowH2: false, keepAliveTimeout: KEEP_ALIVE, connectTimeout: CONNECT_TIMEOUT};
    const dispatcher =
      proxy && ProxyAgent
        ? new ProxyAgent({
            ...common,
            uri: proxy.href,
            requestTls: tls,
            clientFactory: (origin, options) => new Pool(origin, {...options, ...common, headersTimeout: CONNECT_TIMEOUT}),
          })
        : new Pool(server.origin, {...common, connect: {...tls, timeout: CONNECT_TIMEOUT}});
    void latest?.dispatcher.close();
    latest = {certificate, dispatcher};
    return dispatcher;
  };
}

function secureContext(ca: string | undefined, certificate: Certificate | undefined, context: string): SecureContext {
  try {
    return createSecureContext({...(ca !== undefined && {ca}), ...certificate});
  } catch (cause) {
    const {code = ''} = cause as NodeJS.ErrnoException;
    throw new Problem(`the certificates of context ${context} cannot be used`, {
      why:
        code === 'ERR_OSSL_X509_KEY_VALUES_MISMATCH'
          ? 'client-certificate and client-key do not belong together'
          : 'they are not PEM',
      next: 'fetch the kubeconfig again',
      exitCode: ExitCode.usage,
      cause,
    });
  }
}
