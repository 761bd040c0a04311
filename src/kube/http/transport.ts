import type {Agent} from 'node:http';
import {http, https} from './node-http.ts';

/** One HTTP request to the API server. */
export interface HttpRequest {
  /** Scheme, host and port. */
  readonly server: URL;
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** With its query. */
  readonly path: string;
  /** A header with several values is sent once for each. */
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly body?: Buffer | undefined;
}

export interface HttpResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

export interface Limits {
  /** Milliseconds until the whole answer must be there; undefined for no limit. */
  readonly timeout: number | undefined;
  /** Bytes of body that are still taken. */
  readonly maxBytes: number;
}

/** The server did not answer in time. */
export class AnswerTimeout extends Error {
  override readonly name = 'AnswerTimeout';
  readonly milliseconds: number;
  constructor(milliseconds: number) {
    super(`no answer within ${milliseconds} ms`);
    this.milliseconds = milliseconds;
  }
}

/** The answer is larger than what was asked to be taken. */
export class AnswerTooLarge extends Error {
  override readonly name = 'AnswerTooLarge';
  readonly maxBytes: number;
  constructor(maxBytes: number) {
    super(`an answer of more than ${maxBytes} bytes`);
    this.maxBytes = maxBytes;
  }
}

/** Whether a request ended because of that. */
export const isTooLarge = (error: unknown): boolean => error instanceof Error && error.cause instanceof AnswerTooLarge;

/** A proxy did not make a tunnel to the server. The message says why, as of the proxy: `it answered 503`. */
export class ProxyRefusal extends Error {
  override readonly name = 'ProxyRefusal';
}

/** Wraps what a `StreamHandler` threw, to tell it from what the network did. */
export class HandlerFailure extends Error {
  override readonly name = 'HandlerFailure';
}

/** Sends a request and takes the whole answer, whatever its status. */
export async function exchange(
  agent: Agent,
  request: HttpRequest,
  {timeout, maxBytes}: Limits,
  signal: AbortSignal,
): Promise<HttpResponse> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  let [status, headers]: [number, HttpResponse['headers']] = [0, {}];
  const handler: StreamHandler = {
    timeout,
    onHeaders(s, h) {
      [status, headers] = [s, h];
      return 'limited';
    },
    onData(chunk) {
      bytes += chunk.length;
      if (bytes > maxBytes) throw new AnswerTooLarge(maxBytes);
      chunks.push(chunk);
    },
  };
  await stream(agent, request, handler, signal).catch((error: unknown) => {
    throw error instanceof HandlerFailure ? error.cause : error;
  });
  return {status, headers, body: Buffer.concat(chunks, bytes)};
}

/** What `onHeaders` or `onData` throws ends the request and rejects its promise with a `HandlerFailure`. */
export interface StreamHandler {
  /** Milliseconds until the end of the answer; undefined for no limit. */
  readonly timeout: number | undefined;
  /** Says whether the limit still holds for the body. */
  onHeaders(status: number, headers: HttpResponse['headers']): 'limited' | 'unlimited';
  onData(chunk: Buffer): void;
}

/** Sends a request and hands over its answer piece by piece; resolves at the answer's end. */
export function stream(agent: Agent, request: HttpRequest, handler: StreamHandler, signal: AbortSignal): Promise<void> {
  const {server, method, path, headers, body} = request;
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const sent = (server.protocol === 'https:' ? https : http).request({
      agent,
      method,
      path,
      host: server.hostname.replace(/^\[(.*)\]$/, '$1'),
      port: server.port || (server.protocol === 'https:' ? 443 : 80),
      // Said by hand, for Node leaves it out of a DELETE.
      headers: {...headers, ...(body && {'content-length': body.length})},
    });

    let timer: NodeJS.Timeout | undefined;
    let ended = false;
    const settle = (error?: unknown) => {
      if (ended) return;
      ended = true;
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      if (error === undefined) return resolve();
      sent.destroy();
      reject(error);
    };
    const onAbort = () => settle(signal.reason);
    const guarded = (take: () => void) => {
      if (ended) return;
      try {
        take();
      } catch (error) {
        settle(new HandlerFailure('the answer was refused', {cause: error}));
      }
    };

    const {timeout} = handler;
    if (timeout !== undefined) timer = setTimeout(() => settle(new AnswerTimeout(timeout)), timeout);
    signal.addEventListener('abort', onAbort, {once: true});
    sent.on('error', settle);
    sent.on('response', (response) => {
      response.on('error', settle);
      guarded(() => {
        if (handler.onHeaders(response.statusCode ?? 0, response.headers) === 'unlimited') clearTimeout(timer);
      });
      response.on('data', (chunk: Buffer) => guarded(() => handler.onData(chunk)));
      response.on('end', () => settle());
    });
    sent.end(body);
  });
}
