import type {Agent, ClientRequestArgs} from 'node:http';
import type {Socket} from 'node:net';
import {createSecureContext, type SecureContext} from 'node:tls';
import {ExitCode, Problem} from '../../problem.ts';
import type {Access} from '../access/find-access.ts';
import {readReferenced} from '../access/referenced.ts';
import type {Certificate} from '../credentials/credential.ts';
import {http, https} from './node-http.ts';
import type {Target} from './tunnel.ts';

/** Milliseconds. */
const CONNECT_TIMEOUT = 10_000;
/** How long an idle connection is kept. Shorter than the 90 s of an API server, so that no request meets one that is being closed. */
const IDLE = 30_000;
/**
 * When TCP asks a quiet connection whether it is still there; without an answer it is given up 10 s later. Also keeps NAT and load balancers
 * from forgetting it. Milliseconds.
 */
export const TCP_KEEP_ALIVE = 15_000;

/**
 * The keep-alive connections to one API server: directly or through a proxy, trusting the kubeconfig's certificate authority. HTTP/1.1: a
 * connection a watch, where on one shared connection a single lost packet would hold up all of them. The agent of a client certificate is
 * used until another certificate is asked for.
 */
export async function createAgents(
  {context, cluster, server}: Access,
  proxy: URL | undefined,
): Promise<(certificate: Certificate | undefined) => Agent> {
  const ca = await readReferenced(cluster, 'certificate-authority', `the cluster of context ${context}`);
  const openTunnel = proxy && (await tunnelsThrough(proxy));
  let latest: {readonly certificate: Certificate | undefined; readonly agent: Agent} | undefined;

  return (certificate) => {
    if (latest && latest.certificate?.cert === certificate?.cert && latest.certificate?.key === certificate?.key)
      return latest.agent;
    const options = {keepAlive: true, keepAliveMsecs: TCP_KEEP_ALIVE, timeout: IDLE};
    const tls = {
      secureContext: secureContext(ca, certificate, context),
      rejectUnauthorized: cluster['insecure-skip-tls-verify'] !== true,
      ...(cluster['tls-server-name'] && {servername: cluster['tls-server-name']}),
    };
    const agent = server.protocol === 'https:' ? new https.Agent({...options, ...tls}) : new http.Agent(options);
    connectWithin(CONNECT_TIMEOUT, agent, openTunnel);
    latest = {certificate, agent};
    return agent;
  };
}

type OpenTunnel = (target: Target) => Promise<Socket>;

/** Loaded only where there is a proxy. */
async function tunnelsThrough(proxy: URL): Promise<OpenTunnel> {
  const {openTunnel} = await import('./tunnel.ts');
  return (target) => openTunnel(proxy, target, AbortSignal.timeout(CONNECT_TIMEOUT));
}

/** Makes an agent's connections time out, and go through a tunnel where there is one. */
function connectWithin(milliseconds: number, agent: Agent, openTunnel: OpenTunnel | undefined): void {
  const connect = agent.createConnection.bind(agent) as (options: ClientRequestArgs & {socket?: Socket}) => Socket;
  const isSecure = agent instanceof https.Agent;
  const timed = (socket: Socket): Socket => {
    const late = Object.assign(new Error('the connection timed out'), {code: 'ETIMEDOUT'});
    const timer = setTimeout(() => socket.destroy(late), milliseconds);
    const stop = () => clearTimeout(timer);
    return socket.once(isSecure ? 'secureConnect' : 'connect', stop).once('close', stop);
  };
  agent.createConnection = (options, callback) => {
    if (openTunnel === undefined) return timed(connect(options));
    const {host, port} = options;
    openTunnel({host: host ?? '', port: Number(port)}).then(
      (tunnel) => callback?.(null, isSecure ? timed(connect({...options, socket: tunnel})) : tunnel),
      (error: unknown) => callback?.(error as Error, undefined as never),
    );
    return undefined;
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
