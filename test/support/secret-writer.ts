import {randomBytes} from 'node:crypto';
import {expect} from 'vitest';
import type {Api} from './api.ts';

/** Somebody who works with Secrets while something else happens to them: creates, changes and deletes, and remembers what must be there. */
export interface SecretWriter {
  /** Writes the API server has taken so far. */
  written(): number;
  /** Ends it; every Secret of its own is then what it wrote last. Where an answer was lost, both outcomes are right. */
  stopAndCheck(): Promise<void>;
}

/** What a Secret may hold now; undefined: not there. */
type Possible = ReadonlySet<string | undefined>;

const NAMES = 150;

export function startSecretWriter(api: Api, namespace: string, perSecond = 50): SecretWriter {
  const path = (name = '') => `/api/v1/namespaces/${namespace}/secrets${name && `/${name}`}`;
  const writer = randomBytes(4).toString('hex'); // another writer's Secrets are none of its business
  const state = new Map<string, Possible>();
  const busy = new Set<string>();
  let written = 0;
  let underWay: Promise<void>[] = [];

  async function write(name: string): Promise<void> {
    const before: Possible = state.get(name) ?? new Set([undefined]);
    const value = before.has(undefined) || Math.random() < 0.8 ? randomBytes(60).toString('base64') : undefined;
    busy.add(name);
    // Until the answer is there, both are right.
    state.set(name, new Set([...before, value]));
    try {
      await (value === undefined ? remove(name) : put(name, value));
      state.set(name, new Set([value]));
      written++;
    } catch {
      // a server that is away: nobody knows
    }
    busy.delete(name);
  }

  async function put(name: string, value: string): Promise<void> {
    const secret = {apiVersion: 'v1', kind: 'Secret', metadata: {name, labels: {writer}}, data: {value}};
    try {
      await api.send('PUT', path(name), secret);
    } catch (error) {
      if (!isNotFound(error)) throw error;
      await api.send('POST', path(), secret);
    }
  }

  async function remove(name: string): Promise<void> {
    await api.send('DELETE', path(name)).catch((error: unknown) => {
      if (!isNotFound(error)) throw error;
    });
  }

  const timer = setInterval(() => {
    const name = `writer.${writer}.${Math.floor(Math.random() * NAMES)}`;
    if (busy.has(name) || busy.size >= 40) return;
    underWay = [...underWay.slice(-200), write(name)];
  }, 1000 / perSecond);

  return {
    written: () => written,
    async stopAndCheck() {
      clearInterval(timer);
      await Promise.all(underWay);
      const {items} = (await api.send('GET', `${path()}?labelSelector=writer=${writer}`)) as {
        items: {metadata: {name: string}; data: {value: string}}[];
      };
      const found = new Map(items.map(({metadata, data}) => [metadata.name, data.value]));
      const wrong = [...state].filter(([name, possible]) => !possible.has(found.get(name))).map(([name]) => name);
      expect(wrong).toEqual([]);
      expect([...found.keys()].filter((name) => !state.has(name))).toEqual([]);
    },
  };
}

const isNotFound = (error: unknown): boolean => error instanceof Error && /: 404 /.test(error.message);
