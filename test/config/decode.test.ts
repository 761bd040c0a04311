import {execFileSync} from 'node:child_process';
import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {decodeSecret, onlyValue} from '../../src/config/decode.ts';
import {shellAssignments} from '../../src/config/env-file.ts';
import {decodeCommand} from '../../src/config/kubectl.ts';
import {renderDecodedSecret} from '../../src/config/view.ts';
import {Problem} from '../../src/problem.ts';
import {createTheme} from '../../src/text/screen.ts';

const screen = {theme: createTheme(false), width: 80, now: Date.parse('2026-11-01T00:00:00Z')};
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
});

describe('on the screen', () => {
  test('keys and values are aligned; what a terminal would obey is made visible', () => {
    const report = decodeSecret(
      secret({
        username: 'admin',
        password: 's3cr3t\n',
        token: '\u001b[31mred',
        empty: '',
        'app.conf': 'a=1\nb=2\n',
        blob: Buffer.from([0, 1]),
      }),
    );
    expect(renderDecodedSecret(report, screen)).toMatchInlineSnapshot(`
      "secret/db  shop  Opaque  6 keys                         base64 is not encryption
      app.conf   2 lines, 8 bytes
        a=1
        b=2
      blob       2 bytes that are not text
      empty      (empty)
      password   s3cr3t␊   ⚠ ends with a newline
      token      ␛[31mred
      username   admin"
    `);
  });

  test('a certificate is described', () => {
    const report = decodeSecret(secret({'tls.crt': CERTIFICATE}));
    expect(renderDecodedSecret(report, screen)).toMatchInlineSnapshot(`
      "secret/db  shop  Opaque  1 key                          base64 is not encryption
      tls.crt   certificate CN=db.shop.svc  SANs db.shop.svc, db  expires in 41d"
    `);
  });
});

test.each<[string, Parameters<typeof decodeCommand>, string]>([
  [
    'all keys',
    ['db', undefined, {namespace: 'shop'}],
    String.raw`kubectl get secret db -n shop -o go-template='{{range $key, $value := .data}}{{$key}}: {{$value | base64decode}}{{"\n"}}{{end}}'`,
  ],
  [
    'a key with a dot',
    ['db', 'tls.crt', {context: 'prod'}],
    String.raw`kubectl get secret db --context prod -o jsonpath='{.data.tls\.crt}' | base64 --decode`,
  ],
  [
    'another user of another cluster, and words that a shell would read otherwise',
    ['a b', "it's", {kubeconfig: '/my files/config', as: 'jane', asGroups: ['ops']}],
    String.raw`kubectl get secret 'a b' --kubeconfig '/my files/config' --as jane --as-group ops -o jsonpath='{.data.it'\''s}' | base64 --decode`,
  ],
])('the kubectl line for %s', (_case, target, line) => {
  expect(decodeCommand(...target)).toBe(line);
});

// CN=db.shop.svc, SANs db.shop.svc and db, until 12 December 2026.
const CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIBXTCCAQ+gAwIBAgIUFmhZP4Ni9xc+Mq66MVB2Ku9zfIswBQYDK2VwMBYxFDAS
BgNVBAMMC2RiLnNob3Auc3ZjMB4XDTI2MTEyMzA4MzU0MVoXDTI2MTIxMjA4MzU0
MVowFjEUMBIGA1UEAwwLZGIuc2hvcC5zdmMwKjAFBgMrZXADIQCAFGnTKb/K0e2z
wTilBnQtrlxcqQxcBuK/5+6e3PWYbKNvMG0wHQYDVR0OBBYEFOKstB+UZ3TgaIeQ
zirl/BgUcN62MB8GA1UdIwQYMBaAFOKstB+UZ3TgaIeQzirl/BgUcN62MA8GA1Ud
EwEB/wQFMAMBAf8wGgYDVR0RBBMwEYILZGIuc2hvcC5zdmOCAmRiMAUGAytlcANB
AGVu8FBcKXBsPFrlmHmu2NqoqAvqBKa9bev0szJ9+QBDs5/s+mBygTPVSHu7F9xz
REfiDLjGAvCITBsg+hghfgQ=
-----END CERTIFICATE-----`;
