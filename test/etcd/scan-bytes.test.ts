import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {type ByteScan, scanBytes} from '../../src/etcd/scan-bytes.ts';

const prefix = '/registry/secrets/';
/** How every Secret in plaintext begins: `k8s\0`, then the type, as protobuf. */
const secret = Buffer.from('k8s\0\x0a\x0c\x0a\x02v1\x12\x06Secret');
const plain = Buffer.concat([secret, Buffer.from('\x12\x20 the rest of it')]);
const encrypted = Buffer.from('k8s:enc:secretbox:v1:key1:\x01\x02\x03\x04');
const query = {prefix, markers: [secret], isPlaintext: (head: Buffer) => head.subarray(0, 4).equals(Buffer.from('k8s\0'))};

function scan(...chunks: Buffer[]): ByteScan {
  const scanner = scanBytes(query);
  for (const chunk of chunks) scanner.update(chunk);
  return scanner.end();
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Buffer.from([...bytes, rest]);
    bytes.push((rest % 128) + 128);
  }
}
const field = (tag: number, content: Buffer) => Buffer.concat([Buffer.from([tag]), varint(content.length), content]);
const number = (tag: number, value: number) => Buffer.concat([Buffer.from([tag]), varint(value)]);

/** As a database holds it: mvccpb.KeyValue. */
const stored = (key: string, value: Buffer, revision = 300) =>
  Buffer.concat([field(0x0a, Buffer.from(key)), number(0x10, 7), number(0x18, revision), number(0x20, 2), field(0x2a, value)]);
/** As a log holds it: PutRequest. */
const logged = (key: string, value: Buffer) => Buffer.concat([field(0x0a, Buffer.from(key)), field(0x12, value)]);
/** A deletion in a database. */
const deleted = (key: string) => field(0x0a, Buffer.from(key));
const noise = (size: number) => Buffer.alloc(size, 'noise: k8s:enc /registry/pods/a ');

test('plaintext is told by its key, with the revision that wrote it; encrypted values count as values', () => {
  const bytes = Buffer.concat([
    noise(5000),
    stored('/registry/secrets/a/db', plain, 70_000),
    noise(100),
    stored('/registry/secrets/a/db', plain, 5),
    stored('/registry/secrets/b/tls', encrypted),
    noise(9000),
  ]);
  expect(scan(bytes)).toEqual({
    bytes: bytes.length,
    values: 3,
    plaintext: 2,
    keys: [{key: '/registry/secrets/a/db', values: 2, revision: 70_000}],
    nameless: 0,
    namesOnly: 0,
  });
});

test('a write-ahead log is read as well', () => {
  const {plaintext, keys} = scan(Buffer.concat([noise(10), logged('/registry/secrets/a/db', plain), noise(10)]));
  expect(plaintext).toBe(1);
  expect(keys).toEqual([{key: '/registry/secrets/a/db', values: 1, revision: 0}]);
});

test('a name of 128 bytes and more has its length in two', () => {
  const key = `/registry/secrets/a/${'n'.repeat(200)}`;
  expect(scan(stored(key, plain)).keys.map(({key}) => key)).toEqual([key]);
});

describe('what cannot be told by a key is counted', () => {
  test('a value whose key was overwritten', () => {
    const torn = Buffer.concat([Buffer.alloc(20, 0xee), stored('/registry/secrets/a/db', plain).subarray(30)]);
    expect(scan(torn)).toMatchObject({values: 0, plaintext: 0, nameless: 1, namesOnly: 0});
  });

  test('a name without a value: a deletion, a read, the end of the file', () => {
    const bytes = Buffer.concat([deleted('/registry/secrets/a/db'), noise(50), Buffer.from('/registry/secrets/'), noise(50)]);
    expect(scan(bytes)).toMatchObject({values: 0, nameless: 0, namesOnly: 2});
    const whole = stored('/registry/secrets/a/db', plain);
    for (let length = 21; length < whole.length - plain.length; length++) {
      expect(scan(whole.subarray(0, length))).toMatchObject({values: 0, namesOnly: 1});
    }
  });

  test('keys of other kinds are none of these', () => {
    expect(scan(stored('/registry/secretsandmore/a', plain))).toMatchObject({values: 0, nameless: 1, namesOnly: 0});
  });

  test('an empty value is none', () => {
    expect(scan(stored('/registry/secrets/a/db', Buffer.alloc(0)))).toMatchObject({values: 0, namesOnly: 1});
  });
});

test('more keys than anyone reads are still counted', () => {
  const many = Array.from({length: 10_050}, (_, i) => stored(`/registry/secrets/a/${i}`, plain));
  const {plaintext, keys} = scan(Buffer.concat(many));
  expect([plaintext, keys.length]).toEqual([10_050, 10_000]);
});

test('nothing is found twice or lost, however the bytes are cut into pieces', () => {
  const part = fc.oneof(
    fc.integer({min: 0, max: 6000}).map(noise),
    fc.integer({min: 1, max: 2 ** 40}).map((revision) => stored('/registry/secrets/a/db', plain, revision)),
    fc.constant(stored(`/registry/secrets/a/${'n'.repeat(300)}`, Buffer.concat([plain, noise(8000)]))),
    fc.constant(stored('/registry/secrets/b/tls', encrypted)),
    fc.constant(logged('/registry/secrets/c', plain)),
    fc.constant(deleted('/registry/secrets/d')),
    fc.constant(Buffer.concat([Buffer.alloc(9, 0xee), secret])),
  );
  const size = fc.oneof(fc.integer({min: 1, max: 50}), fc.integer({min: 1, max: 9000}));
  fc.assert(
    fc.property(fc.array(part, {maxLength: 12}), fc.array(size, {minLength: 1, maxLength: 20}), (parts, sizes) => {
      const bytes = Buffer.concat(parts);
      const chunks: Buffer[] = [];
      for (let at = 0, i = 0; at < bytes.length; i++) {
        const length = sizes[i % sizes.length] ?? 1;
        chunks.push(bytes.subarray(at, at + length));
        at += length;
      }
      expect(scan(...chunks)).toEqual(scan(bytes));
    }),
  );
});
