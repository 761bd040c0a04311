import {readFields} from './protobuf.ts';

/** What is left of values in a file of etcd's: its database, its write-ahead log, a snapshot. */
export interface Traces {
  readonly bytes: number;
  /** Plaintext values, present and past. */
  readonly plaintext: number;
  readonly encrypted: number;
  /** Keys of plaintext, each once; only the first of many. */
  readonly keys: readonly string[];
}

export interface TraceFinder {
  /** The next piece of the file, of any size. */
  push(chunk: Buffer): void;
  /** After the last piece. */
  end(): Traces;
}

/** Bytes around a key that are looked at: the longest key, and what stands between it and its value. */
const BEFORE = 4;
const AFTER = 2048;
const MOST_KEYS = 1000;

/** What a Secret in plaintext begins with: the magic, and `v1`, `Secret` in its wrapper. */
const PLAIN_SECRET = Buffer.from('k8s\0\n\x0c\n\x02v1\x12\x06Secret');
const PROTOBUF = Buffer.from('k8s\0');
const ENCRYPTED = Buffer.from('k8s:enc:');

/**
 * Finds values in a stream of bytes, whatever they are in: etcd's records and requests hold the key as `0a LENGTH KEY` and the value a few
 * fields later, in database pages that are free again too. Secrets are found without their key as well: that may be overwritten already.
 * `paths`: what the keys begin with, `/registry/secrets/`.
 * Source of the fields: mvccpb.KeyValue and etcdserverpb.PutRequest of go.etcd.io/etcd/api.
 */
export function createTraceFinder(paths: readonly string[]): TraceFinder {
  const needles = paths.map((path) => Buffer.from(path));
  const secrets = paths.find((path) => path.endsWith('/secrets/'));
  const keys = new Set<string>();
  let carry = Buffer.alloc(0);
  let [bytes, plaintext, encrypted] = [0, 0, 0];

  const note = (key: string) => {
    plaintext += 1;
    if (keys.size < MOST_KEYS) keys.add(key);
  };

  /** Looks at what begins before `limit`. */
  function search(buffer: Buffer, start: number, limit: number): void {
    const located = new Set<number>();
    for (const needle of needles) {
      for (const at of occurrences(buffer, needle, Math.max(0, start - AFTER), limit)) {
        const record = recordAt(buffer, at);
        if (record === undefined) continue;
        located.add(record.value);
        if (at < start) continue; // counted with the piece before
        const value = buffer.subarray(record.value, record.value + ENCRYPTED.length);
        if (value.equals(ENCRYPTED)) encrypted += 1;
        else if (value.subarray(0, PROTOBUF.length).equals(PROTOBUF) || value[0] === 0x7b) note(record.key);
      }
    }
    if (secrets === undefined) return;
    for (const at of occurrences(buffer, PLAIN_SECRET, start, limit)) {
      if (!located.has(at)) note(nameOf(buffer, at, secrets));
    }
  }

  return {
    push(chunk) {
      bytes += chunk.length;
      const buffer = Buffer.concat([carry, chunk]);
      const limit = buffer.length - AFTER;
      const start = Math.min(carry.length, KEPT_BEHIND);
      if (limit <= start) {
        carry = buffer;
        return;
      }
      search(buffer, start, limit);
      carry = Buffer.from(buffer.subarray(Math.max(0, limit - KEPT_BEHIND)));
    },
    end() {
      search(carry, Math.min(carry.length, KEPT_BEHIND), carry.length);
      return {bytes, plaintext, encrypted, keys: [...keys].sort()};
    },
  };
}
/** Of what was searched already: a key there may be that of a value here. */
const KEPT_BEHIND = AFTER + BEFORE;

function* occurrences(buffer: Buffer, needle: Buffer, start: number, limit: number): Generator<number> {
  for (let at = buffer.indexOf(needle, start); at !== -1 && at < limit; at = buffer.indexOf(needle, at + 1)) yield at;
}

/** The record whose key begins at `at`, and where its value begins. */
function recordAt(buffer: Buffer, at: number): {readonly key: string; readonly value: number} | undefined {
  const one = buffer[at - 1] ?? 0;
  const two = buffer[at - 2] ?? 0;
  const length =
    two === 0x0a && one < 0x80
      ? one
      : buffer[at - 3] === 0x0a && two >= 0x80 && one < 0x80
        ? (two & 0x7f) + one * 128
        : undefined;
  if (length === undefined || length > AFTER / 2) return undefined;
  let next = at + length;
  for (let fields = 0; fields < 6; fields++) {
    const tag = buffer[next];
    if (tag === undefined) return undefined;
    const isValue = tag === 0x2a || tag === 0x12;
    if (!isValue && (tag & 7) !== 0) return undefined;
    const end = varintEnd(buffer, next + 1);
    if (end === undefined) return undefined;
    if (isValue) return {key: buffer.toString('utf8', at, at + length), value: end};
    next = end;
  }
  return undefined;
}

function varintEnd(buffer: Buffer, start: number): number | undefined {
  for (let at = start; at < start + 10; at++) if ((buffer[at] ?? 0xff) < 0x80) return at + 1;
  return undefined;
}

/** The key of a Secret by its own metadata; where that is cut off, the path alone. */
function nameOf(buffer: Buffer, at: number, path: string): string {
  const raw = at + PLAIN_SECRET.length;
  const inner = buffer[raw] === 0x12 ? varintEnd(buffer, raw + 1) : undefined;
  const metadata = inner !== undefined && buffer[inner] === 0x0a ? varintEnd(buffer, inner + 1) : undefined;
  if (metadata === undefined) return path;
  const length = readFields(buffer, inner, metadata + lengthBefore(buffer, inner ?? 0))?.[0];
  const fields = length && (readFields(buffer, length.start, length.end) ?? []);
  const text = (number: number) => {
    const field = fields?.find((candidate) => candidate.number === number);
    return field && buffer.toString('utf8', field.start, field.end);
  };
  const [name, namespace] = [text(1), text(3)];
  return name === undefined || namespace === undefined ? path : `${path}${namespace}/${name}`;
}

/** The length that stands behind the tag at `at`. */
function lengthBefore(buffer: Buffer, at: number): number {
  const low = buffer[at + 1] ?? 0;
  return low < 0x80 ? low : (low & 0x7f) + (buffer[at + 2] ?? 0) * 128;
}
