import type {KeyValue, Page, RangeQuery} from './etcd.ts';
import {type KeyRange, keyAfter, rangeOf} from './keys.ts';
import {EtcdProblem} from './problems.ts';

export interface PageRequest extends KeyRange {
  readonly limit: number;
  /** 0: the present one. */
  readonly revision: number;
  readonly keysOnly: boolean;
}

export interface PageAnswer {
  readonly items: readonly KeyValue[];
  /** Of the store, when it answered. */
  readonly revision: number;
  readonly more: boolean;
}

/** Bytes that a page should have: large enough that round trips do not count, small enough for any memory. */
const TARGET = 4 * 1024 * 1024;
/** etcd holds all of a page in memory before it sends it, so the first one, whose sizes nobody knows, asks for little. */
const FIRST = 100;
const MOST = 4000;
/** What a key and its numbers take besides their bytes. */
const OVERHEAD = 64;

/**
 * Reads a range page by page, all of one revision: that of the first answer, unless the query names one. The number of keys a page
 * asks for follows the size of what came; an answer that is too large is asked for again in smaller pieces.
 */
export async function* pagesOf(query: RangeQuery, fetch: (request: PageRequest) => Promise<PageAnswer>): AsyncGenerator<Page> {
  const {prefix, keysOnly = false} = query;
  let {key, end} = rangeOf(prefix);
  let revision = query.revision ?? 0;
  for (let limit = FIRST; ; ) {
    const answer = await fetch({key, end, limit, revision, keysOnly}).catch((error: unknown) => {
      if (limit > 1 && error instanceof EtcdProblem && error.kind === 'too-large') return undefined;
      throw error;
    });
    if (answer === undefined) {
      limit = Math.ceil(limit / 4);
      continue;
    }
    if (revision === 0) revision = answer.revision;
    const {items, more} = answer;
    yield {revision, items};
    const last = items.at(-1);
    if (!more || last === undefined) return;
    key = keyAfter(last.key);
    limit = nextLimit(limit, items);
  }
}

/** As many keys of the present average size as make up a page; growing step by step, because the next ones may be larger. */
function nextLimit(limit: number, items: readonly KeyValue[]): number {
  const bytes = items.reduce((sum, {key, value}) => sum + key.length + value.length + OVERHEAD, 0);
  const fitting = Math.floor((TARGET * items.length) / bytes);
  return Math.max(1, Math.min(fitting, limit * 4, MOST));
}
