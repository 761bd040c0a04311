import type {Agent} from 'node:http';
import {setTimeout as sleep} from 'node:timers/promises';
import {apiFailure, type Place, type Target, unauthorized} from './api-failure.ts';
import {connectionFailure, wasReset} from './connection-failure.ts';
import type {Certificate, Credential, Credentials} from './credentials/credential.ts';
import type {ConnectionProblem} from './errors.ts';
import {createLimit} from './http/limit.ts';
import {exchange, HandlerFailure, type HttpRequest, type HttpResponse, stream} from './http/transport.ts';
import {parseObject} from './json.ts';

/** What it takes to send a request to one API server as one user. */
export interface Connection extends Place {
  /** Of the server; its path goes before those of the API. */
  readonly url: URL;
  /** Milliseconds; undefined for no limit. */
  readonly requestTimeout: number | undefined;
  /** The user agent and whom to impersonate. */
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly credentials: Credentials;
  /** The keep-alive connections of one client certificate. */
  agent(certificate: Certificate | undefined): Agent;
}

export interface ApiRequest {
  readonly method: HttpRequest['method'];
  /** With its query; the server's own path goes before it. */
  readonly path: string;
  readonly target: Target;
  readonly body?: unknown;
  /** Default: `application/json`. */
  readonly contentType?: string;
  /** Default: `application/json`. */
  readonly accept?: string | undefined;
  /** Default: 32 MiB. */
  readonly maxBytes?: number;
}

/** A request whose answer is the caller's to judge. */
export interface RawRequest extends Pick<ApiRequest, 'method' | 'path' | 'contentType' | 'accept' | 'maxBytes'> {
  /** As it is to be sent. */
  readonly body?: Buffer | undefined;
  /** Milliseconds; default: that of the connection. */
  readonly timeout?: number;
  /** `false`: sent once, whatever comes of it (but again with new credentials). Default: as all requests are. */
  readonly retry?: boolean;
}

export interface StreamReader {
  /** The answer begins, and it is a success. */
  onStart(): void;
  /** What it throws ends the stream and rejects its promise. */
  onData(chunk: Buffer): void;
}

/** Sends requests: with credentials, within limits, again where that is safe. Rejects with Problems. */
export interface Requester {
  /** Resolves with whatever the server answered at last. */
  send(request: RawRequest, signal: AbortSignal): Promise<HttpResponse>;
  /** An answer longer than `maxBytes` is a Problem with the cause `AnswerTooLarge`. */
  bytes(request: ApiRequest, signal: AbortSignal): Promise<Buffer>;
  json<T>(request: ApiRequest, signal: AbortSignal): Promise<{readonly value: T; readonly bytes: number}>;
  /** Resolves at the end of the answer, however long that takes; only the wait for its beginning is limited. */
  stream(request: ApiRequest, reader: StreamReader, signal: AbortSignal): Promise<void>;
  /** Resolves when the server answers anything at all, or has just done so. */
  ping(): Promise<void>;
  /** The Problem that a failure below HTTP makes. */
  failure(error: unknown): ConnectionProblem;
  readonly place: Place;
}

const MAX_BYTES = 32 * 1024 * 1024;
/** Requests under way at a time, watches apart: what a busy API server bears from one user. */
const CONCURRENCY = 16;
/** The same of requests whose pace is their caller's to set: a rewrite gains by more than 16 and not by more than this. */
const RAW_CONCURRENCY = 32;
const MAX_TRIES = 5;
/** Milliseconds. A server that asks for a longer pause gets this one. */
const LONGEST_PAUSE = 30_000;
const PING_TIMEOUT = 10_000;
const PING_EVERY = 10_000;

export function createRequester(connection: Connection): Requester {
  const {requestTimeout: timeout} = connection;
  const limit = createLimit(CONCURRENCY);
  const failure = (error: unknown) => connectionFailure(error, connection);

  const bytes = async (request: ApiRequest, signal: AbortSignal): Promise<Buffer> => {
    const limits = {timeout, maxBytes: request.maxBytes ?? MAX_BYTES};
    const send: Send = (agent, http) => limit(() => exchange(agent, http, limits, signal), signal);
    return (await attempt(connection, request, send, wasReset, signal)).body;
  };

  return {
    place: connection,
    failure,
    send: createSend(connection, exchange),
    bytes,
    async json<T>(request: ApiRequest, signal: AbortSignal) {
      const body = await bytes(request, signal);
      const value = parseObject(body.toString('utf8'));
      if (value === undefined) {
        const {verb, resource} = request.target;
        throw failure(new Error(`the answer to "${verb} ${resource.plural}" is not an object in JSON`));
      }
      return {value: value as T, bytes: body.length};
    },
    async stream(request, reader, signal) {
      let started = false;
      const onStart = () => {
        started = true;
        reader.onStart();
      };
      const send: Send = (agent, http) => streamSuccess(agent, http, timeout, {...reader, onStart}, signal);
      await attempt(connection, request, send, (error) => !started && wasReset(error), signal);
    },
    ping: shared(PING_EVERY, () => ping(connection)),
  };
}

/** See `Requester.send`; `exchange`: how one request is sent. */
export function createSend(connection: Connection, exchange: Exchange): Requester['send'] {
  const limit = createLimit(RAW_CONCURRENCY);
  return async (request, signal) => {
    const limits = {timeout: request.timeout ?? connection.requestTimeout, maxBytes: request.maxBytes ?? MAX_BYTES};
    const send: Send = (agent, http) => limit(() => exchange(agent, http, limits, signal), signal);
    return (await persist(connection, request, send, request.retry === false ? 'never' : wasReset, signal)).response;
  };
}
type Exchange = typeof exchange;

async function ping(connection: Connection): Promise<void> {
  const {signal} = new AbortController();
  const {headers, certificate} = await connection.credentials.current(signal);
  const request = httpRequest(connection, {method: 'GET', path: '/version'}, headers);
  try {
    await exchange(connection.agent(certificate), request, {timeout: PING_TIMEOUT, maxBytes: MAX_BYTES}, signal);
  } catch (error) {
    throw connectionFailure(error, connection);
  }
}

/** One call under way for all who ask; its success holds for `lasting` milliseconds. */
function shared(lasting: number, task: () => Promise<void>): () => Promise<void> {
  let current: Promise<void> | undefined;
  const forget = () => {
    current = undefined;
  };
  return () => {
    current ??= task().then(
      () => void setTimeout(forget, lasting).unref(),
      (error: unknown) => {
        forget();
        throw error;
      },
    );
    return current;
  };
}

type Send = (agent: Agent, http: HttpRequest) => Promise<HttpResponse>;

/** As `persist`; an answer that is no success is a Problem. */
async function attempt(
  connection: Connection,
  request: ApiRequest,
  send: Send,
  isWorthRetrying: (error: unknown) => boolean,
  signal: AbortSignal,
): Promise<HttpResponse> {
  const toSend = {...request, body: request.body === undefined ? undefined : Buffer.from(JSON.stringify(request.body))};
  const {response, credential} = await persist(connection, toSend, send, isWorthRetrying, signal);
  if (response.status < 300) return response;
  if (response.status === 401) throw unauthorized(connection, await connection.credentials.hint(credential));
  throw apiFailure(response.status, response.body, request.target, connection);
}

/**
 * Tries until there is a success, a failure for good, or too many tries: after 401 once, with new credentials; after 429, and after 503 for
 * reads, when the server says when; after a lost connection for reads. `never`: only after 401.
 */
async function persist(
  connection: Connection,
  request: RawRequest,
  send: Send,
  isWorthRetrying: 'never' | ((error: unknown) => boolean),
  signal: AbortSignal,
): Promise<{readonly response: HttpResponse; readonly credential: Credential}> {
  const {credentials} = connection;
  let refused = false;
  for (let tries = 1; ; tries++) {
    const isLast = isWorthRetrying === 'never' || tries >= MAX_TRIES;
    const credential = await credentials.current(signal);
    const agent = connection.agent(credential.certificate);
    let response: HttpResponse;
    try {
      response = await send(agent, httpRequest(connection, request, credential.headers));
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      if (error instanceof HandlerFailure) throw error.cause;
      if (request.method !== 'GET' || isLast || !isWorthRetrying(error)) throw connectionFailure(error, connection);
      await pause(100 * 2 ** (tries - 1) * (0.5 + Math.random()), signal);
      continue;
    }
    if (response.status === 401) {
      if (refused || !credentials.refused(credential)) return {response, credential};
      refused = true;
      continue;
    }
    const wait = isLast ? undefined : retryAfter(response, request.method);
    if (wait === undefined) return {response, credential};
    await pause(wait, signal);
  }
}

/** Milliseconds to wait for another try, or undefined where there should be none. */
function retryAfter({status, headers}: HttpResponse, method: HttpRequest['method']): number | undefined {
  const seconds = Number(headers['retry-after'] ?? Number.NaN);
  if (status === 429) return Math.min((Number.isNaN(seconds) ? 1 : seconds) * 1000, LONGEST_PAUSE);
  if (status === 503 && method === 'GET' && !Number.isNaN(seconds)) return Math.min(seconds * 1000, LONGEST_PAUSE);
  return undefined;
}

async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  await sleep(milliseconds, undefined, {signal}).catch(() => signal.throwIfAborted());
}

function httpRequest(
  {url, headers}: Connection,
  {method, path, body, contentType = 'application/json', accept = 'application/json'}: RawRequest,
  authentication: Readonly<Record<string, string>>,
): HttpRequest {
  const common = {...headers, ...authentication, accept};
  const to = {server: url, method, path: url.pathname.replace(/\/$/, '') + path};
  if (body === undefined) return {...to, headers: common};
  return {...to, headers: {...common, 'content-type': contentType}, body};
}

/** Streams the body of a success; takes that of a failure whole. */
async function streamSuccess(
  agent: Agent,
  http: HttpRequest,
  timeout: number | undefined,
  {onStart, onData}: StreamReader,
  signal: AbortSignal,
): Promise<HttpResponse> {
  let [status, headers]: [number, HttpResponse['headers']] = [0, {}];
  const failureBody: Buffer[] = [];
  await stream(
    agent,
    http,
    {
      timeout,
      onHeaders(s, h) {
        [status, headers] = [s, h];
        if (status >= 300) return 'limited';
        onStart();
        return 'unlimited';
      },
      onData(chunk) {
        if (status < 300) onData(chunk);
        else if (failureBody.length < 16) failureBody.push(chunk);
      },
    },
    signal,
  );
  return {status, headers, body: Buffer.concat(failureBody)};
}
