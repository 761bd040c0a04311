import type {Etcd, KeyValue} from '../../etcd/etcd.ts';
import {Compacted} from '../../etcd/problems.ts';
import {type AuditedResource, nameOfKey} from './audit.ts';
import {envelopeOf} from './envelope.ts';

/** What whoever may read etcd still gets by asking for an earlier revision. */
export interface OldRevisions {
  /** The earliest revision that etcd still answers for, and the present one. */
  readonly from: number;
  readonly to: number;
  /** Superseded and deleted versions that were looked at. */
  readonly checked: number;
  /** How many of them are plaintext. */
  readonly plaintext: number;
  /** Keys that they belong to. */
  readonly keys: readonly string[];
  /** False where there were more versions than kops looks at. */
  readonly complete: boolean;
}

/** Versions that are looked at one by one: API servers let etcd forget all but the last five to ten minutes. */
const MOST_VERSIONS = 20_000;
const CONCURRENCY = 8;

/**
 * Looks for plaintext in the versions that etcd has not forgotten: all values as they were at the earliest revision it has, and of every key
 * that was written since then each version between. What was both made and deleted in that time is not found so; the database file has it.
 */
export async function oldPlaintext(
  etcd: Etcd,
  resources: readonly AuditedResource[],
  to: number,
  signal: AbortSignal,
): Promise<OldRevisions> {
  for (let tries = 1; ; tries++) {
    try {
      return await look(etcd, resources, to, signal);
    } catch (error) {
      if (!(error instanceof Compacted) || tries >= MAX_TRIES) throw error; // the API servers compact every five minutes
    }
  }
}
const MAX_TRIES = 3;

async function look(etcd: Etcd, resources: readonly AuditedResource[], to: number, signal: AbortSignal): Promise<OldRevisions> {
  const from = await earliestRevision(etcd, to, signal);
  const keys = new Set<string>();
  let [checked, plaintext] = [0, 0];
  const judge = ({key, value}: KeyValue) => {
    checked += 1;
    if (envelopeOf(value).provider !== 'identity') return;
    plaintext += 1;
    keys.add(nameOfKey(key));
  };

  const changed: KeyValue[] = [];
  for (const {path} of resources) {
    const present = new Map<string, number>();
    for await (const {items} of etcd.range({prefix: path, revision: to, keysOnly: true}, signal)) {
      for (const item of items) {
        present.set(item.key.toString('latin1'), item.modRevision);
        if (item.modRevision > from && item.version > 1) changed.push(item);
      }
    }
    for await (const {items} of etcd.range({prefix: path, revision: from}, signal)) {
      for (const item of items) if (present.get(item.key.toString('latin1')) !== item.modRevision) judge(item);
    }
  }

  const walk = async ({key, modRevision}: KeyValue): Promise<void> => {
    let at = modRevision - 1;
    while (at > from && checked < MOST_VERSIONS) {
      const version = await etcd.get(key, signal, at);
      if (version === undefined || version.modRevision <= from) return; // it was seen at the earliest revision
      judge(version);
      at = version.modRevision - 1;
    }
  };
  const queue = changed.values();
  await Promise.all(
    Array.from({length: CONCURRENCY}, async () => {
      for (const item of queue) await walk(item);
    }),
  );
  return {from, to, checked, plaintext, keys: [...keys].sort(), complete: checked < MOST_VERSIONS};
}

/** etcd does not tell it, but refuses the ones before. */
async function earliestRevision(etcd: Etcd, present: number, signal: AbortSignal): Promise<number> {
  let [low, high] = [1, present];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (await isKept(middle)) high = middle;
    else low = middle + 1;
  }
  return low;

  async function isKept(revision: number): Promise<boolean> {
    try {
      await etcd.get(NO_KEY, signal, revision);
      return true;
    } catch (error) {
      if (error instanceof Compacted) return false;
      throw error;
    }
  }
}
const NO_KEY = 'kops/no-such-key';
