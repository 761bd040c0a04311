import {once} from 'node:events';
import type {Agent} from 'node:http';
import type {ClientHttp2Session} from 'node:http2';
import type {Agent as HttpsAgent} from 'node:https';
import {isIP} from 'node:net';
import type {TLSSocket} from 'node:tls';
import {TCP_KEEP_ALIVE} from './agents.ts';
import {AnswerTimeout, AnswerTooLarge, exchange, type HttpRequest, type HttpResponse, type Limits} from './transport.ts';

/** Many requests at a time over one HTTP/2 connection, which costs both sides less than one connection for each. */
export interface Multiplexer {
  /** As `exchange`. Over HTTP/1.1 where the server, or a proxy before it, has nothing else. */
  exchange: typeof exchange;
  close(): void;
}

/** Bytes that a server may send before they are read: a page of a list. */
const WINDOW = 4 * 1024 * 1024;
/** Milliseconds. */
const PONG_TIMEOUT = 5_000;
/** RFC 9113, section 7. */
const NO_ERROR = 0;
/** Megabytes: more than is ever under way. */
const MOST_MEMORY = 64;

export function createMultiplexer(): Multiplexer {
  let current: {readonly agent: Agent; readonly session: Promise<ClientHttp2Session | undefined>} | undefined;
  let speaksHttp2 = true;

  /** A connection that is good for another request; undefined where there are none of this kind. */
  async function sessionOf(agent: Agent, server: URL): Promise<ClientHttp2Session | undefined> {
    if (current?.agent !== agent) {
      drop(current?.session);
      const session = open(agent, server);
      const mine = {agent, session};
      current = mine;
      const forget = () => {
        if (current === mine) current = undefined;
      };
      session.then((opened) => {
        if (opened === undefined) speaksHttp2 = false;
        // What is under way on it ends well; the next request has a new one.
        opened?.on('goaway', forget).on('close', forget);
      }, forget);
    }
    return current?.session;
  }

  return {
    async exchange(agent, request, limits, signal) {
      signal.throwIfAborted();
      const multiplexed = speaksHttp2 && request.server.protocol === 'https:';
      const session = multiplexed ? await unlessAborted(sessionOf(agent, request.server), signal) : undefined;
      return session ? send(session, request, limits, signal) : exchange(agent, request, limits, signal);
    },
    close: () => drop(current?.session),
  };
}

/** Others may wait for the same promise, so it goes on where one of them is aborted. */
async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = Promise.withResolvers<never>();
  const onAbort = () => aborted.reject(signal.reason);
  signal.addEventListener('abort', onAbort, {once: true});
  try {
    return await Promise.race([promise, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

function drop(session: Promise<ClientHttp2Session | undefined> | undefined): void {
  session?.then(
    (opened) => opened?.destroy(),
    () => {}, // it was never open
  );
}

async function open(agent: Agent, server: URL): Promise<ClientHttp2Session | undefined> {
  const socket = await connect(agent, server);
  if (socket.alpnProtocol !== 'h2') {
    socket.destroy();
    return undefined;
  }
  socket.setKeepAlive(true, TCP_KEEP_ALIVE);
  const {connect: startSession} = process.getBuiltinModule('node:http2');
  const session = startSession(server.origin, {
    createConnection: () => socket,
    maxSessionMemory: MOST_MEMORY,
    settings: {enablePush: false, initialWindowSize: WINDOW},
  });
  session.on('error', () => {}); // each of its requests is told
  session.once('connect', () => session.setLocalWindowSize(WINDOW * 2));
  return session;
}

/** A connection as the agent makes them, with its certificates, through its proxy. */
async function connect(agent: Agent, server: URL): Promise<TLSSocket> {
  const host = server.hostname.replace(/^\[(.*)\]$/, '$1');
  const {servername = isIP(host) ? '' : host, ...options} = (agent as HttpsAgent).options as {servername?: string};
  const wanted = {...options, host, port: Number(server.port || 443), servername, ALPNProtocols: ['h2', 'http/1.1']};
  const socket = await new Promise<TLSSocket>((resolve, reject) => {
    const direct = agent.createConnection(wanted, (error, tunnelled) => {
      if (error) reject(error);
      else resolve(tunnelled as TLSSocket);
    });
    if (direct) resolve(direct as TLSSocket);
  });
  if (socket.connecting || !socket.encrypted || socket.alpnProtocol === null) await once(socket, 'secureConnect');
  return socket;
}

/** A request that takes too long says nothing of the others on its connection: but perhaps nobody is at its other end. */
function endUnlessThere(session: ClientHttp2Session): void {
  if (session.destroyed) return;
  const timer = setTimeout(() => session.destroy(), PONG_TIMEOUT);
  session.ping(() => clearTimeout(timer));
}

async function send(
  session: ClientHttp2Session,
  {server, method, path, headers, body}: HttpRequest,
  {timeout, maxBytes}: Limits,
  signal: AbortSignal,
): Promise<HttpResponse> {
  signal.throwIfAborted();
  if (session.destroyed || session.closed) throw lost(); // while another request of this caller was waited for
  return new Promise((resolve, reject) => {
    const about = {':method': method, ':path': path, ':authority': server.host, ...headers};
    const stream = session.request(body ? {...about, 'content-length': body.length} : about, {endStream: body === undefined});
    const chunks: Buffer[] = [];
    let bytes = 0;
    let answer: Omit<HttpResponse, 'body'> | undefined;
    let timer: NodeJS.Timeout | undefined;

    const settle = (error?: unknown) => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      if (error === undefined && answer) return resolve({...answer, body: Buffer.concat(chunks, bytes)});
      reject(error ?? lost());
      stream.destroy();
    };
    const onAbort = () => settle(signal.reason);

    if (timeout !== undefined) {
      timer = setTimeout(() => {
        settle(new AnswerTimeout(timeout));
        endUnlessThere(session);
      }, timeout);
    }
    signal.addEventListener('abort', onAbort, {once: true});
    stream.on('response', ({':status': status = 0, ...rest}) => {
      answer = {status, headers: rest as HttpResponse['headers']};
    });
    stream.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > maxBytes) settle(new AnswerTooLarge(maxBytes));
      else chunks.push(chunk);
    });
    // Node ends what was cut off, too.
    stream.on('end', () => settle(stream.rstCode === NO_ERROR ? undefined : lost()));
    stream.on('error', (cause) => settle(lost(cause)));
    stream.on('close', () => settle(lost()));
    if (body) stream.end(body);
  });
}

/** As a connection of HTTP/1.1 says it. */
const lost = (cause?: unknown): Error =>
  Object.assign(new Error('the HTTP/2 connection was lost', {cause}), {code: 'ECONNRESET'});
