import {execFileSync} from 'node:child_process';
import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {decodeConfigMap, decodeSecret, onlyValue} from '../../../src/config/read/decode.ts';
import {shellAssignments} from '../../../src/config/read/env-file.ts';
import {Problem} from '../../../src/problem.ts';

const secret = (data: Record<string, Uint8Array | string>) => ({
  metadata: {namespace: 'shop', name: 'db'},
  type: 'Opaque',
  data: Object.fromEntries(Object.entries(data).map(([key, value]) => [key, Buffer.from(value).toString('base64')])),
});

test('every value comes back: as text where it is UTF-8, else as the base64 it was', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.stringMatching(/^[-._a-zA-Z0-9]{1,20}$/), fc.uint8Array()), (values) => {
      const {data, binary} = decodeSecret(secret(values));
      const back = {
        ...Object.fromEntries(Object.entries(data).map(([k, text]) => [k, Buffer.from(text, 'utf8').toString('hex')])),
        ...Object.fromEntries(Object.entries(binary).map(([k, base64]) => [k, Buffer.from(base64, 'base64').toString('hex')])),
      };
      expect(back).toEqual(Object.fromEntries(Object.entries(values).map(([k, v]) => [k, Buffer.from(v).toString('hex')])));
    }),
  );
});

test('__proto__ is a key like any other', () => {
  expect(Object.entries(decodeSecret(secret({['__proto__']: 'x'})).data)).toEqual([['__proto__', 'x']]);
});

test.each([
  ['a byte order mark stays', Buffer.from('\ufeffx'), '\ufeffx'],
  ['a trailing newline stays', Buffer.from('x\n'), 'x\n'],
] as const)('%s', (_case, bytes, text) => {
  expect(decodeSecret(secret({k: bytes})).data.k).toBe(text);
});

test.each([
  ['bytes that are no UTF-8', Buffer.from([0xff, 0xfe])],
  ['a NUL', Buffer.from('a\0b')],
] as const)('%s stay base64', (_case, bytes) => {
  expect(decodeSecret(secret({k: bytes})).binary).toEqual({k: bytes.toString('base64')});
});

test('an unknown key names the nearest one and none of the values', () => {
  const decode = () => decodeSecret(secret({username: 'admin', password: 's3cr3t'}), 'pasword');
  expect(decode).toThrow(
    expect.objectContaining({
      message: 'secret/db in namespace shop has no key pasword',
      next: 'kops secret decode db password -n shop',
      exitCode: 5,
    }),
  );
});

test('raw output of several keys is refused, naming them', () => {
  expect(() => onlyValue(decodeSecret(secret({a: '1', b: '2'})))).toThrow(Problem);
  expect(onlyValue(decodeSecret(secret({a: Buffer.from([0, 255])}))).toString('hex')).toBe('00ff');
});

describe('shell assignments', () => {
  test('a POSIX shell reads back what they hold', () => {
    const value = `it's $HOME \`date\` "x" \\ \n second line  `;
    const {text, left} = shellAssignments(decodeSecret(secret({VALUE: value, 'tls.crt': 'x', BYTES: Buffer.from([0])})));
    expect(left).toEqual(['tls.crt', 'BYTES']);
    expect(execFileSync('sh', ['-c', `${text}\nprintf %s "$VALUE"`], {encoding: 'utf8'})).toBe(value);
  });
  test('on a terminal, what it would obey is an escape, and bash reads back the same', () => {
    const value = `it's \u001b[2J\u009b31m \u202e \\ 9\n$HOME\t\u007f1`;
    const decoded = decodeSecret(secret({VALUE: value, CALM: "it's\tcalm\n"}));
    const {text} = shellAssignments(decoded, {onTerminal: true});
    expect(text).not.toMatch(/[^\P{Cc}\n\t]|\p{Bidi_Control}/u);
    expect(text).toContain(String.raw`CALM='it'\''s`);
    expect(execFileSync('bash', ['-c', `${text}\nprintf %s "$VALUE"`], {encoding: 'utf8'})).toBe(value);
    expect(shellAssignments(decoded).text).toContain('\u001b[2J');
  });
});

test.each([
  [
    'stringData over data, as the API server would store it',
    {data: {a: 'b2xk', b: 'Yg=='}, stringData: {a: 'new'}},
    {a: 'new', b: 'b'},
  ],
  ['keys that every object has', {data: {constructor: 'eA==', toString: 'eQ=='}}, {constructor: 'x', toString: 'y'}],
  ['base64 in several lines, as base64 prints it', {data: {a: 'aGVs\nbG8=\n'}}, {a: 'hello'}],
])('of a manifest: %s', (_case, manifest, data) => {
  expect(decodeSecret({metadata: {name: 'db'}, ...manifest}).data).toEqual(data);
});

test('of a manifest: plaintext under data is told, without quoting it', () => {
  expect(() => decodeSecret({metadata: {name: 'db'}, data: {password: 'p@ssw0rd'}})).toThrow(
    expect.objectContaining({message: 'password of secret/db is not base64', exitCode: 2}),
  );
});

test('a ConfigMap holds text under data and all else under binaryData', () => {
  const config = {
    metadata: {namespace: 'shop', name: 'web'},
    data: {MODE: 'prod', KEY: 'eA=='},
    binaryData: {blob: Buffer.from([0, 1]).toString('base64'), text: Buffer.from('é').toString('base64')},
  };
  expect(decodeConfigMap(config)).toEqual({
    kind: 'DecodedConfigMap',
    namespace: 'shop',
    name: 'web',
    data: {KEY: 'eA==', MODE: 'prod', text: 'é'},
    binary: {blob: 'AAE='},
  });
  expect(() => decodeConfigMap(config, 'MODUS')).toThrow(
    expect.objectContaining({next: 'kops configmap show web MODE -n shop', exitCode: 5}),
  );
});
