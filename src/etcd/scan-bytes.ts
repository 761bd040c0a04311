export interface ScanQuery {
  /** What the keys in question begin with: `/registry/secrets/`. */
  readonly prefix: string | Buffer;
  /** Judges the first bytes of a value, at most 64 of them. */
  readonly isPlaintext: (head: Buffer) => boolean;
  /** How plaintext values begin, to find those whose key is gone: `k8s\0` and what follows it in every Secret. */
  readonly markers: readonly Buffer[];
}

/** A key with a plaintext value in the file. */
export interface PlaintextKey {
  readonly key: string;
  /** How many such values there are. */
  readonly values: number;
  /** When the last of them was written; 0 where the file does not say. */
  readonly revision: number;
}

/**
 * What a file says. Zeros do not prove that nothing is left: of a value that was overwritten in part, the rest bears no mark, and no
 * scan can tell it from other bytes. Only what was defragmented holds nothing but what is in use.
 */
export interface ByteScan {
  readonly bytes: number;
  /** Values below the prefix whose key and beginning could be read. */
  readonly values: number;
  /** How many of them are plaintext. */
  readonly plaintext: number;
  /** Of which keys, in the order of their first occurrence; at most 10,000. */
  readonly keys: readonly PlaintextKey[];
  /** Beginnings of plaintext values whose key is not readable any more. */
  readonly nameless: number;
  /** Names below the prefix that no readable value follows: deletions, reads in a log, remains of pages. */
  readonly namesOnly: number;
}

export interface ByteScanner {
  update(chunk: Buffer): void;
  end(): ByteScan;
}

const HEAD = 64;
/** Longest name that is looked for; the API server's are shorter than 1 KiB. */
const LONGEST_KEY = 4096;
/** Tag and length of a key. */
const BEFORE = 4;
/** Tag and number of a field, four of them at most. */
const FIELDS = 4 * 11;
const AHEAD = LONGEST_KEY + FIELDS + HEAD;
const MOST_KEYS = 10_000;

/**
 * Looks for values in the bytes of a database file, a snapshot, or a write-ahead log, without regard to which pages are in use. In all of
 * them a value lies in one piece right behind its key: bbolt puts what is larger than a page onto pages in a row, and a log is
 * records in a row. Pieces may be of any size.
 */
export function scanBytes({prefix, isPlaintext, markers}: ScanQuery): ByteScanner {
  const name = Buffer.from(prefix);
  const keys = new Map<string, PlaintextKey>();
  const count = {bytes: 0, values: 0, plaintext: 0, nameless: 0, namesOnly: 0};
  let window: Buffer = Buffer.alloc(0);
  /** Places in the file: where the window begins, and up to where all has been looked at. */
  let begin = 0;
  let done = 0;
  /** Beginnings of the values whose key was read. */
  let named = new Set<number>();

  function take({key, revision, head, at}: StoredValue): void {
    count.values++;
    named.add(begin + at);
    if (!isPlaintext(head)) return;
    count.plaintext++;
    const found = keys.get(key);
    if (found === undefined && keys.size >= MOST_KEYS) return;
    keys.set(key, {key, values: (found?.values ?? 0) + 1, revision: Math.max(found?.revision ?? 0, revision)});
  }

  /** Everything that begins before `limit`, a place in the window. */
  function look(limit: number): void {
    for (const at of placesOf(name, window, done - begin, limit)) {
      const value = valueAt(window, at, name.length);
      if (value === undefined) count.namesOnly++;
      else take(value);
    }
    for (const marker of markers) {
      for (const at of placesOf(marker, window, done - begin, limit)) if (!named.has(begin + at)) count.nameless++;
    }
    done = Math.max(done, begin + limit);
    named = new Set([...named].filter((place) => place >= done));
    const next = Math.max(0, limit - BEFORE);
    window = window.subarray(next);
    begin += next;
  }

  return {
    update(chunk) {
      count.bytes += chunk.length;
      window = window.length === 0 ? chunk : Buffer.concat([window, chunk]);
      if (window.length > BEFORE + AHEAD) look(window.length - AHEAD);
    },
    end() {
      look(window.length);
      return {...count, keys: [...keys.values()]};
    },
  };
}

function* placesOf(pattern: Buffer, bytes: Buffer, from: number, limit: number): Generator<number> {
  for (let at = bytes.indexOf(pattern, Math.max(0, from)); at >= 0 && at < limit; at = bytes.indexOf(pattern, at + 1)) yield at;
}

interface StoredValue {
  readonly key: string;
  readonly revision: number;
  readonly head: Buffer;
  /** Where it begins. */
  readonly at: number;
}

/** Protobuf tags: field number and wire type. */
const KEY = 0x0a;
const CREATE_REVISION = 0x10;
const MOD_REVISION = 0x18;
const VERSION = 0x20;
const VALUE = 0x2a;
const PUT_VALUE = 0x12;

/**
 * The value behind the key that begins at `at`, if that is a stored `mvccpb.KeyValue` (key, create_revision, mod_revision, version,
 * value) or a logged `PutRequest` (key, value).
 */
function valueAt(bytes: Buffer, at: number, shortest: number): StoredValue | undefined {
  const length = keyLengthBefore(bytes, at);
  if (length === undefined || length < shortest || length > LONGEST_KEY) return undefined;
  const fields = readFields(bytes, at + length);
  if (fields === undefined) return undefined;
  const head = bytes.subarray(fields.at, fields.at + Math.min(HEAD, fields.length));
  if (head.length === 0) return undefined;
  return {key: bytes.toString('utf8', at, at + length), revision: fields.revision, head, at: fields.at};
}

/** The length that stands before a key, behind its tag, in one byte or two. */
function keyLengthBefore(bytes: Buffer, at: number): number | undefined {
  const [tag2, low, high] = [bytes[at - 3], bytes[at - 2], bytes[at - 1]];
  if (high === undefined || high >= 0x80) return undefined;
  if (low === KEY) return high;
  return tag2 === KEY && low !== undefined && low >= 0x80 ? (low & 0x7f) | (high << 7) : undefined;
}

function readFields(bytes: Buffer, from: number): {at: number; length: number; revision: number} | undefined {
  let at = from;
  const number = (): number => {
    let value = 0;
    for (let factor = 1; factor <= 2 ** 49; factor *= 128) {
      const byte = bytes[at++] ?? 0;
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
    }
    return Number.NaN;
  };
  const field = (tag: number): number => {
    if (bytes[at] !== tag) return 0;
    at++;
    return number();
  };
  if (bytes[at] === PUT_VALUE) {
    const length = field(PUT_VALUE);
    return {at, length, revision: 0};
  }
  field(CREATE_REVISION);
  const revision = field(MOD_REVISION);
  field(VERSION);
  if (revision === 0 || Number.isNaN(revision) || bytes[at] !== VALUE) return undefined;
  const length = field(VALUE);
  return Number.isNaN(length) ? undefined : {at, length, revision};
}
