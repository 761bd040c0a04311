import {isIP} from 'node:net';
import {checkServerIdentity, createSecureContext} from 'node:tls';
import {Client, credentials, type ServiceError} from '@grpc/grpc-js';
import {etcdProblem} from '../failure.ts';
import type {Method} from './descriptor.ts';

/** PEM, all of it in memory: it comes from a node and never touches this machine's disk. */
export interface EtcdTls {
  /** The authority of etcd's server certificate. */
  readonly ca: Buffer;
  /** The client certificate with its key; without them etcd must allow anyone. */
  readonly cert?: Buffer;
  readonly key?: Buffer;
}

export interface GrpcEndpoint {
  /** `https://172.18.0.2:2379`; `http:` speaks without TLS. */
  readonly url: string;
  /** The name or address in etcd's certificate, where it is not the one of the URL: behind a port-forward. */
  readonly serverName?: string;
  /** For people, where the URL alone does not tell: `a port-forward to pod etcd-a`. */
  readonly via?: string;
}

/** A connection to one member. */
export interface Channel {
  readonly endpoint: GrpcEndpoint;
  readonly via: string;
  /** Rejects with an EtcdProblem, with the signal's reason, or after `timeout` milliseconds. */
  call<Q extends object, A extends object>(method: Method<Q, A>, request: Q, timeout: number, signal: AbortSignal): Promise<A>;
  /** As long as it takes, as long as something comes within `stall` milliseconds. */
  stream<Q extends object, A extends object>(
    method: Method<Q, A>,
    request: Q,
    stall: number,
    signal: AbortSignal,
  ): AsyncGenerator<A>;
  close(): void;
}

/** One answer is at most this large: etcd's own bound for a single request is 1.5 MiB by default, and a page adapts. */
const MAX_ANSWER = 16 * 1024 * 1024;

const OPTIONS = {
  'grpc.max_receive_message_length': MAX_ANSWER,
  // etcd refuses pings more often than every 5 s.
  'grpc.keepalive_time_ms': 10_000,
  // Long enough for kops to be busy with what it read: an answer counts only once there is time to look at it.
  'grpc.keepalive_timeout_ms': 20_000,
  'grpc.initial_reconnect_backoff_ms': 200,
  'grpc.max_reconnect_backoff_ms': 2_000,
  'grpc.service_config_disable_resolution': 1,
  // Its own channels, so that closing one ends its connections.
  'grpc.use_local_subchannel_pool': 1,
  // A node's address is reached directly or not at all.
  'grpc.enable_http_proxy': 0,
  'grpc-node.flow_control_window': 4 * 1024 * 1024,
};

/** Connects on the first call. */
export function openChannel(endpoint: GrpcEndpoint, tls: EtcdTls | undefined): Channel {
  const {protocol, host, hostname} = new URL(endpoint.url);
  const name = endpoint.serverName ?? hostname.replace(/^\[(.*)\]$/, '$1');
  const via = `gRPC to ${endpoint.url}${endpoint.via === undefined ? '' : ` (${endpoint.via})`}`;
  const client = new Client(withPort(host), protocol === 'https:' ? secure(tls, name) : credentials.createInsecure(), {
    ...OPTIONS,
    // What TLS sends as the name it wants; gRPC would send an address too, which Node refuses (RFC 6066 allows names only).
    'grpc.ssl_target_name_override': isIP(name) ? 'etcd' : name,
  });
  const problemOf = (error: ServiceError) => etcdProblem(wordsOf(error), via, error);

  return {
    endpoint,
    via,
    call: <Q extends object, A extends object>(
      {path, requestSerialize, responseDeserialize}: Method<Q, A>,
      request: Q,
      timeout: number,
      signal: AbortSignal,
    ) =>
      new Promise<A>((resolve, reject) => {
        signal.throwIfAborted();
        const deadline = Date.now() + timeout;
        const call = client.makeUnaryRequest(
          path,
          requestSerialize,
          responseDeserialize,
          request,
          {deadline},
          (error, answer) => {
            signal.removeEventListener('abort', cancel);
            if (signal.aborted) reject(signal.reason);
            else if (error !== null) reject(problemOf(error));
            else resolve(answer as A); // where there is no error there is an answer
          },
        );
        const cancel = () => call.cancel();
        signal.addEventListener('abort', cancel);
      }),
    stream: async function* <Q extends object, A extends object>(
      {path, requestSerialize, responseDeserialize}: Method<Q, A>,
      request: Q,
      stall: number,
      signal: AbortSignal,
    ) {
      signal.throwIfAborted();
      const call = client.makeServerStreamRequest(path, requestSerialize, responseDeserialize, request);
      const cancel = () => call.cancel();
      signal.addEventListener('abort', cancel);
      let stalled = false;
      const stop = () => {
        stalled = true;
        call.cancel();
      };
      let timer = setTimeout(stop, stall);
      try {
        for await (const message of call as AsyncIterable<A>) {
          clearTimeout(timer); // what the caller does with it takes as long as it takes
          yield message;
          timer = setTimeout(stop, stall);
        }
      } catch (error) {
        signal.throwIfAborted();
        throw stalled ? etcdProblem('deadline exceeded', via, error) : problemOf(error as ServiceError);
      } finally {
        clearTimeout(timer);
        signal.removeEventListener('abort', cancel);
        call.cancel();
      }
    },
    close: () => client.close(),
  };
}

/** `name`: the name or address that the server's certificate must have. */
function secure(tls: EtcdTls | undefined, name: string) {
  const context = createSecureContext({
    ...(tls && {ca: tls.ca}),
    ...(tls?.cert && {cert: tls.cert}),
    ...(tls?.key && {key: tls.key}),
  });
  return credentials.createFromSecureContext(context, {
    checkServerIdentity: (_sent, certificate) => checkServerIdentity(name, certificate),
  });
}

/** A URL leaves its scheme's own port out. */
const withPort = (host: string): string => (/:\d+$/.test(host) ? host : `${host}:2379`);

const wordsOf = ({details, message}: ServiceError): string => details || message;
