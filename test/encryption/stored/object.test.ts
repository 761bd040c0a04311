import fc from 'fast-check';
import {expect, test} from 'vitest';
import {decodeStored, maskSecret, readStored, sensitiveRanges} from '../../../src/encryption/stored/object.ts';
import {field, plainSecret} from '../../support/stored.ts';

const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';
const secret = plainSecret('db', {
  annotations: {[LAST_APPLIED]: '{"data":{"password":"czNjcjN0"}}'},
  data: {password: 's3cr3t', 'tls.key': 'pem'},
});
/** What is left of a value once what is hidden is blanked. */
const shown = (plain: Buffer, mayBeSecret = true): string => {
  const copy = Buffer.from(plain);
  for (const {start, end} of sensitiveRanges(plain, mayBeSecret)) copy.fill('#', start, end);
  return copy.toString('latin1');
};

test('a Secret is decoded from its stored bytes alone, fields by their names', () => {
  expect(decodeStored(secret)).toEqual({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name: 'db',
      namespace: 'shop',
      uid: '43d75b75-4e31-4035-a538-0385efd7cd64',
      creationTimestamp: '2026-11-18T11:06:40Z',
      labels: {app: 'web'},
      annotations: {[LAST_APPLIED]: '{"data":{"password":"czNjcjN0"}}'},
      managedFields: [{manager: 'kubectl', operation: 'Update', fieldsV1: {'f:data': {'f:password': {}}}}],
    },
    data: {password: 'czNjcjN0', 'tls.key': 'cGVt'},
    type: 'Opaque',
  });
});

test('a custom resource is the JSON that it is stored as', () => {
  const stored = Buffer.from('{"apiVersion":"example.com/v1","kind":"Widget","spec":{"a":1}}');
  expect(readStored(stored)).toMatchObject({encoding: 'json', apiVersion: 'example.com/v1', kind: 'Widget'});
  expect(decodeStored(stored)).toEqual({apiVersion: 'example.com/v1', kind: 'Widget', spec: {a: 1}});
});

test('of another kind the metadata is decoded, the rest by the numbers of its fields', () => {
  const metadata = field(1, Buffer.concat([field(1, 'n1')]));
  const spec = field(2, Buffer.concat([field(1, '10.0.0.0/24'), field(4, 7), field(9, Buffer.from([0, 1, 255]))]));
  const typed = field(1, Buffer.concat([field(1, 'v1'), field(2, 'Node')]));
  const stored = Buffer.concat([Buffer.from('k8s\0'), typed, field(2, Buffer.concat([metadata, spec, spec]))]);
  const decoded = {'field 1': '10.0.0.0/24', 'field 4': 7, 'field 9': 'AAH/'};
  expect(decodeStored(stored)).toEqual({apiVersion: 'v1', kind: 'Node', metadata: {name: 'n1'}, 'field 2': [decoded, decoded]});
});

test('a key of a Secret that is a word of JavaScript is a key like any other', () => {
  const decoded = decodeStored(plainSecret('db', {data: {['__proto__']: 'x', constructor: 'y'}})) as {data: object};
  expect(Object.entries(decoded.data)).toEqual([
    ['__proto__', 'eA=='],
    ['constructor', 'eQ=='],
  ]);
});

test('of a Secret everything can be shown but its values and annotations', () => {
  const text = shown(secret);
  expect(text).not.toMatch(/s3cr3t|czNjcjN0|pem/);
  expect(text).toContain('password\x12\x06######');
  expect(text).toContain('tls.key\x12\x03###');
  expect(text).toContain(`${LAST_APPLIED}\x12\x20${'#'.repeat(32)}`);
  for (const visible of ['Secret', 'db', 'shop', 'Opaque', '"f:password"', 'app\x12\x03web']) expect(text).toContain(visible);
});

test('what is not understood of a Secret is not shown', () => {
  const typed = field(1, Buffer.concat([field(1, 'v1'), field(2, 'Secret')]));
  const envelope = (raw: Buffer) => Buffer.concat([Buffer.from('k8s\0'), typed, field(2, raw)]);
  expect(shown(envelope(field(77, 's3cr3t')))).not.toContain('s3cr3t');
  expect(shown(envelope(Buffer.from('\xff\xff s3cr3t', 'latin1')))).not.toContain('s3cr3t');
  expect(shown(Buffer.from('{"kind":"Secret","apiVersion":"v1","data":{"a":"czNjcjN0"}}'))).not.toContain('czNjcjN0');
  expect(shown(Buffer.from('no encoding that is known: s3cr3t'))).not.toContain('s3cr3t');
});

test('no value of a Secret is shown, whatever it is, also where its bytes are cut off', () => {
  fc.assert(
    fc.property(fc.string({maxLength: 300}), fc.nat(), (text, length) => {
      const whole = plainSecret('db', {data: {k: `<<${text}`}, annotations: {a: `<<${text}`}});
      expect(shown(whole)).not.toContain('<<');
      expect(shown(whole.subarray(0, length % whole.length))).not.toContain('<<');
    }),
  );
});

test('nothing of a ConfigMap is hidden', () => {
  const typed = field(1, Buffer.concat([field(1, 'v1'), field(2, 'ConfigMap')]));
  const data = field(2, Buffer.concat([field(1, 'mode'), field(2, 'fast')]));
  const stored = Buffer.concat([Buffer.from('k8s\0'), typed, field(2, data)]);
  expect(shown(stored, false)).toContain('fast');
  expect(decodeStored(stored)).toEqual({apiVersion: 'v1', kind: 'ConfigMap', data: {mode: 'fast'}});
});

test('a masked Secret tells keys and sizes', () => {
  expect(maskSecret(decodeStored(secret) ?? {})).toMatchObject({
    metadata: {name: 'db', annotations: {[LAST_APPLIED]: '•••••• (32 bytes)'}},
    data: {password: '•••••• (6 bytes)', 'tls.key': '•••••• (3 bytes)'},
    type: 'Opaque',
  });
});
