import {type Api, type ApiResponse, refusalOf} from './api.ts';
import type {Query} from './cluster.ts';
import {ConnectionProblem} from './errors.ts';
import {isTooLarge} from './http/transport.ts';
import {parseObject} from './json.ts';
import {collectionPath} from './paths.ts';
import {isProtobuf, parseRawList, parseRawObject, RAW, type RawObject} from './raw-object.ts';
import type {Resource} from './resources.ts';

export interface RawPage {
  /** In the order of their keys: by namespace and name. */
  readonly items: readonly RawObject[];
  /** How many more there are, as far as the server says; 0 on the last page. */
  readonly remaining: number | undefined;
}

/** Objects of the first page, when nobody knows yet how large they are; and of any. */
const FIRST_PAGE = 10;
const LARGEST_PAGE = 500;
/** Bytes a page that are aimed at, that are taken at most, and that are taken of a single object. */
const GOOD_PAGE_BYTES = 2 * 1024 * 1024;
const MOST_PAGE_BYTES = 8 * 1024 * 1024;
const MOST_OBJECT_BYTES = 64 * 1024 * 1024;
const MAX_RESTARTS = 5;

/**
 * Reads a collection page by page, bounded by count and by bytes. Where a continue token expired it goes on behind the last object that was
 * read: each object that was there all the time comes exactly once, though no longer as of one moment. Rejects with a Problem.
 */
export async function* listRaw(
  api: Api,
  resource: Resource<unknown>,
  query: Query,
  signal: AbortSignal,
): AsyncGenerator<RawPage, void, void> {
  const target = {verb: 'list', resource, namespace: query.namespace} as const;
  let limit = FIRST_PAGE;
  let token: string | undefined;
  let last = '';
  let behind = '';
  for (let restarts = 0; ; ) {
    const path = collectionPath(resource, query, {limit, continue: token});
    const response = await sendBounded(api, path, limit > 1, signal);
    if (response === 'too large') {
      limit = Math.max(1, Math.floor(limit / 8));
      continue;
    }
    if (response.status === 410 && token !== undefined && restarts < MAX_RESTARTS) {
      restarts++;
      token = continueOf(response);
      if (token === undefined) behind = last;
      continue;
    }
    if (response.status !== 200) throw refusalOf(response, target, api);
    const {items, ...list} = reading(api, path, () => parseRawList(response, resource));
    const end = items.at(-1);
    if (end && keyOf(end) > last) [last, restarts] = [keyOf(end), 0];
    token = list.continue;
    const remaining = token === undefined ? 0 : list.remainingItemCount;
    yield {items: items.filter((item) => keyOf(item) > behind), remaining};
    if (token === undefined) return;
    const average = response.body.length / Math.max(1, items.length);
    limit = Math.min(LARGEST_PAGE, Math.max(1, Math.floor(GOOD_PAGE_BYTES / average)));
  }
}

/** What is stored under it, less its kind: ASCII, so that comparing texts is comparing keys. */
const keyOf = ({namespace, name}: RawObject): string => (namespace === undefined ? name : `${namespace}/${name}`);

async function sendBounded(api: Api, path: string, mayShrink: boolean, signal: AbortSignal): Promise<ApiResponse | 'too large'> {
  try {
    return await getRaw(api, path, mayShrink ? MOST_PAGE_BYTES : MOST_OBJECT_BYTES, signal);
  } catch (error) {
    if (mayShrink && isTooLarge(error)) return 'too large';
    throw error;
  }
}

/** A token to go on with, from what the server says of one that expired. */
function continueOf({body}: ApiResponse): string | undefined {
  const {metadata} = (parseObject(body.toString('utf8')) ?? {}) as {metadata?: {continue?: string}};
  return metadata?.continue || undefined;
}

/** An object by its path: what the API server answered where it is not there, or may not be read. */
export async function readRaw(api: Api, path: string, signal: AbortSignal): Promise<RawObject | ApiResponse> {
  const response = await getRaw(api, path, MOST_OBJECT_BYTES, signal);
  return response.status === 200 ? reading(api, path, () => parseRawObject(response)) : response;
}

/** In protobuf where the server has that; but a refusal in JSON, which can be told. */
async function getRaw(api: Api, path: string, maxBytes: number, signal: AbortSignal): Promise<ApiResponse> {
  const response = await api.send({method: 'GET', path, accept: RAW, maxBytes}, signal);
  return response.status === 200 || !isProtobuf(response) ? response : api.send({method: 'GET', path, maxBytes}, signal);
}

/** A parser's words may quote a Secret: they are left out. */
function reading<T>(api: Api, path: string, parse: () => T): T {
  try {
    return parse();
  } catch {
    throw new ConnectionProblem(`${api.server} does not answer as an API server does`, {
      why: `what it sent for ${path.split('?', 1)[0]} is not what was asked for`,
      next: 'perhaps a proxy or a load balancer answers there',
      passing: false,
    });
  }
}
