import type {Query} from './cluster.ts';
import {ApiProblem} from './errors.ts';
import {isTooLarge} from './http/transport.ts';
import type {KubeObject} from './json.ts';
import {createTidying} from './memory.ts';
import {collectionPath} from './paths.ts';
import type {Requester} from './request.ts';
import type {Resource} from './resources.ts';

/** Everything a query selects, and the version of the collection it was read at: where a watch goes on. */
export interface Listed<T> {
  readonly items: T[];
  readonly resourceVersion: string;
}

interface Page<T> {
  readonly metadata?: {readonly resourceVersion?: string; readonly continue?: string};
  readonly items?: T[] | null;
}

export interface ListOptions<T> {
  /** In which form, where it is not the usual one. */
  readonly accept?: string | undefined;
  /** What to hold on to of each object: what it leaves out is gone with its page. */
  readonly keep?: ((item: T) => T) | undefined;
}

/** Objects a page. */
const LARGEST_PAGE = 500;
/** Bytes a page that are aimed at, and that are taken at most. */
const GOOD_PAGE_BYTES = 4 * 1024 * 1024;
const MOST_PAGE_BYTES = 16 * 1024 * 1024;
const MAX_RESTARTS = 3;

/**
 * Reads a collection page by page. A page that gets large makes the next one smaller, so that 500 Secrets of a megabyte are never one
 * answer. A continue token that expired (410) starts over.
 */
export async function listAll<T extends KubeObject>(
  requester: Requester,
  resource: Resource<T>,
  query: Query,
  signal: AbortSignal,
  options: ListOptions<T> = {},
): Promise<Listed<T>> {
  for (let restarts = 0; ; restarts++) {
    try {
      return await readPages(requester, resource, query, signal, options);
    } catch (error) {
      if (!(error instanceof ApiProblem && error.status === 410) || restarts >= MAX_RESTARTS) throw error;
    }
  }
}

async function readPages<T extends KubeObject>(
  requester: Requester,
  resource: Resource<T>,
  query: Query,
  signal: AbortSignal,
  {accept, keep}: ListOptions<T>,
): Promise<Listed<T>> {
  const {apiVersion, kind} = resource;
  const target = {verb: 'list', resource, namespace: query.namespace} as const;
  const items: T[] = [];
  let limit = LARGEST_PAGE;
  let token: string | undefined;
  let tidy: ((bytes: number) => void) | undefined;
  for (;;) {
    const path = collectionPath(resource, query, {limit, continue: token});
    let answer: {readonly value: Page<T>; readonly bytes: number};
    try {
      answer = await requester.json<Page<T>>({method: 'GET', path, target, accept, maxBytes: MOST_PAGE_BYTES}, signal);
    } catch (error) {
      if (!isTooLarge(error) || limit === 1) throw error;
      limit = Math.max(1, Math.floor(limit / 8));
      continue;
    }
    const {value: page, bytes} = answer;
    const found = page.items ?? [];
    // The API leaves these out of a list's items; with them an item is an object that can be written back.
    for (const item of found) {
      const object = Object.assign(item, {apiVersion, kind});
      items.push(keep ? keep(object) : object);
    }
    token = page.metadata?.continue || undefined;
    if (token === undefined) return {items, resourceVersion: page.metadata?.resourceVersion ?? ''};
    limit = Math.min(LARGEST_PAGE, Math.max(1, Math.floor(GOOD_PAGE_BYTES / (bytes / Math.max(1, found.length)))));
    if (keep) tidy ??= createTidying();
    tidy?.(bytes);
  }
}
