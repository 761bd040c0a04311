/** A range of keys: from `key` up to, and without, `end`. */
export interface KeyRange {
  readonly key: Buffer;
  readonly end: Buffer;
}

/**
 * All keys that start with `prefix`: up to the prefix with its last byte that is not 0xff raised by one. For an empty prefix, or one of
 * 0xff alone, there is no such end: then `\0`, which is etcd's way to say "to the last key".
 */
export function rangeOf(prefix: string | Buffer): KeyRange {
  const key = Buffer.from(prefix);
  if (key.length === 0) return {key: LOWEST, end: LOWEST}; // etcd refuses an empty key
  for (let last = key.length - 1; last >= 0; last--) {
    const byte = key[last] ?? 0;
    if (byte === 0xff) continue;
    const end = Buffer.from(key.subarray(0, last + 1));
    end[last] = byte + 1;
    return {key, end};
  }
  return {key, end: LOWEST};
}

/** The lowest key above `key`. */
export const keyAfter = (key: Buffer): Buffer => Buffer.concat([key, LOWEST]);

const LOWEST = Buffer.from([0]);
