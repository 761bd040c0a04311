import type {V1Status} from '@kubernetes/client-node';
import {statusFailure} from './api-failure.ts';
import type {Query} from './cluster.ts';
import {type KubeObject, parseObject} from './json.ts';
import {createLineSplitter, LineTooLong} from './lines.ts';
import {collectionPath} from './paths.ts';
import type {Requester} from './request.ts';
import type {Resource} from './resources.ts';
import {guardSilence} from './silence.ts';

/** One line of a watch. https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes */
type WatchEvent<T> =
  | {readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK'; readonly object: T}
  | {readonly type: 'ERROR'; readonly object: V1Status};

export interface WatchHandler<T> {
  /** The API server accepted the watch. */
  onStart(): void;
  onEvent(type: 'ADDED' | 'MODIFIED' | 'DELETED', object: T): void;
  /** What to start from next time. */
  onVersion(resourceVersion: string): void;
}

const MAX_LINE_BYTES = 16 * 1024 * 1024;

/**
 * One watch, from `resourceVersion` on. Resolves when the server ends it or when it was silent for too long: then start anew from the last
 * version. Rejects with a Problem; one of status 410 asks for a new list.
 */
export async function watchOnce<T extends KubeObject>(
  requester: Requester,
  resource: Resource<T>,
  query: Query,
  resourceVersion: string,
  {onStart, onEvent, onVersion}: WatchHandler<T>,
  signal: AbortSignal,
): Promise<void> {
  const target = {verb: 'watch', resource, namespace: query.namespace} as const;
  const path = collectionPath(resource, query, {
    watch: true,
    allowWatchBookmarks: true,
    resourceVersion,
    // Ends by itself after 5 to 10 minutes, as client-go asks, so that watches spread over the API servers again.
    timeoutSeconds: Math.round(300 * (1 + Math.random())),
  });
  const split = createLineSplitter(MAX_LINE_BYTES, (line) => {
    const event = parseEvent<T>(line, requester);
    if (event.type === 'ERROR') throw statusFailure(event.object.code ?? 500, event.object, target, requester.place);
    const version = event.object.metadata?.resourceVersion;
    if (version) onVersion(version);
    if (event.type !== 'BOOKMARK') onEvent(event.type, event.object);
  });
  const silence = guardSilence(requester, signal);
  const onData = (chunk: Buffer) => {
    silence.heard();
    try {
      split(chunk);
    } catch (error) {
      throw error instanceof LineTooLong ? requester.failure(error) : error;
    }
  };
  try {
    await requester.stream({method: 'GET', path, target}, {onStart, onData}, silence.signal);
  } catch (error) {
    if (error !== silence.tooLong) throw error;
  } finally {
    silence.stop();
  }
}

function parseEvent<T>(line: string, requester: Requester): WatchEvent<T> {
  const event = parseObject(line) as Partial<WatchEvent<T>> | undefined;
  if (event?.type !== undefined && typeof event.object === 'object' && event.object !== null) return event as WatchEvent<T>;
  throw requester.failure(new Error('what the watch sent is not an event in JSON'));
}
