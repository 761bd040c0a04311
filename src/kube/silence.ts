import type {Requester} from './request.ts';

/** Milliseconds without a byte after which the server is asked whether it is there at all. */
const QUIET = 15_000;
/** The API server sends a bookmark about every minute: a watch without even that has been lost on the way, though the server is there. */
const TOO_LONG = 150_000;
const CHECK_EVERY = 5_000;

export interface SilenceGuard {
  /** Aborts when the outer signal does, when the server no longer answers (with a Problem), or with `tooLong`. */
  readonly signal: AbortSignal;
  readonly tooLong: Error;
  heard(): void;
  stop(): void;
}

/**
 * Tells a quiet watch from a dead one: where packets are dropped, nothing else would. A watch that says nothing costs one small request every
 * quarter of a minute, shared by all watches of a connection; a dead network is noticed within 30 s.
 */
export function guardSilence(requester: Pick<Requester, 'ping'>, outer: AbortSignal): SilenceGuard {
  const controller = new AbortController();
  const tooLong = new Error('the watch was silent for too long');
  let heardAt = performance.now();
  let askedAt = heardAt;

  const onAbort = () => controller.abort(outer.reason);
  if (outer.aborted) onAbort();
  outer.addEventListener('abort', onAbort, {once: true});

  const timer = setInterval(() => {
    const now = performance.now();
    if (now - heardAt >= TOO_LONG) return controller.abort(tooLong);
    if (now - Math.max(heardAt, askedAt) < QUIET) return;
    askedAt = now;
    requester.ping().catch((error: unknown) => controller.abort(error));
  }, CHECK_EVERY);

  return {
    signal: controller.signal,
    tooLong,
    heard() {
      heardAt = performance.now();
    },
    stop() {
      clearInterval(timer);
      outer.removeEventListener('abort', onAbort);
      controller.abort();
    },
  };
}
