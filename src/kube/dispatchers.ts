import type {Socket} from 'node:net';
import {createSecureContext, type SecureContext} from 'node:tls';
import type {buildConnector as BuildConnector, Dispatcher} from 'undici';
import buildConnector from 'undici/lib/core/connect.js';
import Pool from 'undici/lib/dispatcher/pool.js';
import {ExitCode, Problem} from '../problem.ts';
import type {Access} from './access.ts';
import type {Certificate} from './credential.ts';
import {readReferenced} from './referenced.ts';
import type {Target} from './tunnel.ts';

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
  const tunnel = proxy && (await createTunnels(proxy));
  let latest: {readonly certificate: Certificate | undefined; readonly dispatcher: Dispatcher} | undefined;

  return (certificate) => {
    if (latest && isSame(latest.certificate, certificate)) return latest.dispatcher;
    const connector = buildConnector({
      secureContext: secureContext(ca, certificate, context),
      rejectUnauthorized: cluster['insecure-skip-tls-verify'] !== true,
      ...(cluster['tls-server-name'] && {servername: cluster['tls-server-name']}),
      keepAliveInitialDelay: TCP_KEEP_ALIVE,
      timeout: CONNECT_TIMEOUT,
      // A connection a watch: on one shared HTTP/2 connection a single lost packet holds up all of them.
      allowH2: false,
    });
    const connect = tunnel ? throughTunnel(tunnel, connector) : connector;
    void latest?.dispatcher.close();
    latest = {certificate, dispatcher: new Pool(server.origin, {connect, keepAliveTimeout: KEEP_ALIVE})};
    return latest.dispatcher;
  };
}

const isSame = (a: Certificate | undefined, b: Certificate | undefined): boolean => a?.cert === b?.cert && a?.key === b?.key;

/** Loaded only where there is a proxy: what it needs of Node costs a command some milliseconds at its start. */
async function createTunnels(proxy: URL): Promise<(target: Target) => Promise<Socket>> {
  const {openTunnel} = await import('./tunnel.ts');
  return (target) => openTunnel(proxy, target, AbortSignal.timeout(CONNECT_TIMEOUT));
}

/** What the connector does, within a tunnel. */
const throughTunnel =
  (open: (target: Target) => Promise<Socket>, connector: BuildConnector.connector): BuildConnector.connector =>
  (options, callback) => {
    const secure = options.protocol === 'https:';
    open({host: options.hostname, port: Number(options.port || (secure ? 443 : 80))}).then(
      (socket) => {
        if (secure) connector({...options, httpSocket: socket}, callback);
        else callback(null, socket);
      },
      (error: unknown) => callback(error instanceof Error ? error : new Error(String(error)), null),
    );
  };

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
