import {setImmediate as nextTurn} from 'node:timers/promises';
import type {Dispatcher} from 'undici';

/** One HTTP request to the API server. `path` holds the query. */
export interface HttpRequest {
  /** Scheme, host and port. */
  readonly origin: string;
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly body?: string | undefined;
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
  dispatcher: Dispatcher,
  request: HttpRequest,
  {timeout, maxBytes}: Limits,
  signal: AbortSignal,
): Promise<HttpResponse> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  let [status, headers]: [number, HttpResponse['headers']] = [0, {}];
  await stream(
    dispatcher,
    request,
    {
      timeout,
      onHeaders(s, h) {
        [status, headers] = [s, h];
        return undefined;
      },
      onData(chunk) {
        bytes += chunk.length;
        if (bytes > maxBytes) throw new AnswerTooLarge(maxBytes);
        chunks.push(chunk);
      },
    },
    signal,
  ).catch((error: unknown) => {
    throw error instanceof HandlerFailure ? error.cause : error;
  });
  // undici takes a connection back one turn of the event loop after the answer: who asks at once makes it open another one.
  await nextTurn();
  await nextTurn();
  return {status, headers, body: Buffer.concat(chunks, bytes)};
}

export interface StreamHandler {
  /** Milliseconds until the end of the answer; `onHeaders` may return what holds from then on. */
  readonly timeout: number | undefined;
  /** What it or `onData` throws ends the request and rejects the promise with a `HandlerFailure`. */
  onHeaders(status: number, headers: HttpResponse['headers']): {readonly timeout: number | undefined} | undefined;
  onData(chunk: Buffer): void;
}

/**
 * Sends a request and hands over its answer piece by piece; resolves at the answer's end. Uses the dispatcher's own interface: no stream
 * objects between the socket and the handler.
 */
export function stream(dispatcher: Dispatcher, request: HttpRequest, handler: StreamHandler, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    let controller: Dispatcher.DispatchController | undefined;
    let timer: NodeJS.Timeout | undefined;
    let ended = false;

    const settle = (error?: unknown) => {
      if (ended) return;
      ended = true;
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      if (error === undefined) return resolve();
      controller?.abort(error instanceof Error ? error : new Error('aborted', {cause: error}));
      reject(error);
    };
    const onAbort = () => settle(signal.reason);
    const expectEndWithin = (timeout: number | undefined) => {
      clearTimeout(timer);
      if (timeout !== undefined) timer = setTimeout(() => settle(new AnswerTimeout(timeout)), timeout);
    };
    const guarded = (take: () => void) => {
      if (ended) return;
      try {
        take();
      } catch (error) {
        settle(new HandlerFailure('the answer was refused', {cause: error}));
      }
    };
    signal.addEventListener('abort', onAbort, {once: true});
    expectEndWithin(handler.timeout);

    dispatcher.dispatch(
      {...request, body: request.body ?? null, headersTimeout: 0, bodyTimeout: 0},
      {
        onRequestStart(started) {
          controller = started;
          if (ended) started.abort(new Error('aborted before it was sent'));
        },
        onResponseStart(_controller, status, headers) {
          if (status < 200) return; // informational: the answer is still to come
          guarded(() => {
            const then = handler.onHeaders(status, headers);
            if (then) expectEndWithin(then.timeout);
          });
        },
        onResponseData(_controller, chunk) {
          guarded(() => handler.onData(chunk));
        },
        onResponseEnd: () => settle(),
        onResponseError: (_controller, error) => settle(error),
      },
    );
  });
}
