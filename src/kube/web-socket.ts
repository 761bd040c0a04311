import type {IncomingMessage} from 'node:http';
import WebSocket from 'ws';
import {apiFailure, type Target, unauthorized} from './api-failure.ts';
import {connectionFailure} from './connection-failure.ts';
import type {Connection} from './request.ts';

export interface SocketRequest {
  /** With its query; the server's own path goes before it. */
  readonly path: string;
  /** Subprotocols, the preferred one first. */
  readonly protocols: readonly string[];
  readonly target: Target;
  /** One message: its channel is its first byte. What this throws ends the socket. */
  onMessage(channel: number, data: Buffer, socket: WebSocket): void;
  /** It has ended, by either side; `problem` where it was lost or `onMessage` threw. Called once, and only after it was open. */
  onEnd(problem: unknown): void;
}

/** Milliseconds: how often the other side is asked whether it is there, and how long it may keep silent. */
const PING_EVERY = 10_000;
const SILENCE = 35_000;
const LONGEST_REFUSAL = 64 * 1024;

/**
 * Opens a WebSocket to the API server: over the connection's own agent, so with its certificates, credentials and proxy. Rejects with a
 * Problem where the server refuses, after 401 once more with new credentials. An abort ends it with the signal's reason.
 */
export async function openSocket(connection: Connection, request: SocketRequest, signal: AbortSignal): Promise<WebSocket> {
  const {credentials} = connection;
  for (let refused = false; ; refused = true) {
    const credential = await credentials.current(signal);
    const outcome = await dial(connection, request, credential, signal);
    if (outcome instanceof WebSocket) return outcome;
    const {status, body} = outcome;
    if (status !== 401) throw apiFailure(status, body, request.target, connection);
    if (refused || !credentials.refused(credential)) throw unauthorized(connection, await credentials.hint(credential));
  }
}

type Credential = Awaited<ReturnType<Connection['credentials']['current']>>;
interface Refusal {
  readonly status: number;
  readonly body: Buffer;
}

function dial(
  connection: Connection,
  {path, protocols, onMessage, onEnd}: SocketRequest,
  {headers, certificate}: Credential,
  signal: AbortSignal,
): Promise<WebSocket | Refusal> {
  const {url, requestTimeout} = connection;
  signal.throwIfAborted();
  const to = `${url.protocol === 'https:' ? 'wss' : 'ws'}://${url.host}${url.pathname.replace(/\/$/, '')}${path}`;
  const socket = new WebSocket(to, [...protocols], {
    agent: connection.agent(certificate),
    headers: {...connection.headers, ...headers} as Record<string, string>,
    ...(requestTimeout !== undefined && {handshakeTimeout: requestTimeout}),
    perMessageDeflate: false,
  });
  const {promise, resolve, reject} = Promise.withResolvers<WebSocket | Refusal>();
  let isOpen = false;
  let problem: unknown;
  const fail = (error: unknown) => {
    problem ??= error;
    socket.terminate();
  };
  const onAbort = () => fail(signal.reason);
  signal.addEventListener('abort', onAbort, {once: true});
  const heartbeat = watchSilence(socket, () => fail(connectionFailure(new Silent(), connection)));

  socket.on('open', () => {
    isOpen = true;
    resolve(socket);
  });
  socket.on('unexpected-response', (_request, response) => {
    readRefusal(response)
      .then(resolve, (error: unknown) => fail(connectionFailure(error, connection)))
      .finally(() => socket.terminate());
  });
  socket.on('error', (error) => {
    problem ??= connectionFailure(error, connection);
  });
  socket.on('message', (message: Buffer, isBinary) => {
    if (!isBinary || problem !== undefined) return;
    try {
      onMessage(message[0] ?? 0, message.subarray(1), socket);
    } catch (error) {
      fail(error);
    }
  });
  socket.on('close', () => {
    clearInterval(heartbeat);
    signal.removeEventListener('abort', onAbort);
    if (isOpen) onEnd(problem);
    else reject(problem ?? connectionFailure(new Silent(), connection));
  });
  return promise;
}

class Silent extends Error {
  readonly code = 'ECONNRESET';
}

function watchSilence(socket: WebSocket, onSilence: () => void): NodeJS.Timeout {
  let heard = Date.now();
  const listen = () => {
    heard = Date.now();
  };
  socket.on('message', listen).on('ping', listen).on('pong', listen);
  return setInterval(() => {
    if (socket.readyState !== WebSocket.OPEN || socket.isPaused) listen();
    else if (Date.now() - heard > SILENCE) onSilence();
    else socket.ping();
  }, PING_EVERY).unref();
}

async function readRefusal(response: IncomingMessage): Promise<Refusal> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > LONGEST_REFUSAL) break;
  }
  return {status: response.statusCode ?? 0, body: Buffer.concat(chunks)};
}
