import {generateKeyPairSync} from 'node:crypto';
import {gzipSync} from 'node:zlib';
import {expect, describe as group, test} from 'vitest';
import {describe} from '../../../src/config/read/content.ts';
import {decodeConfigMap, decodeSecret} from '../../../src/config/read/decode.ts';
import {renderDecoded, renderDecodedList} from '../../../src/config/read/view.ts';
import {createAuthority} from '../../../src/lab/embedded/certificates.ts';
import {createTheme} from '../../../src/text/screen.ts';

const screen = {theme: createTheme(false), width: 80, now: Date.parse('2026-11-25T00:00:00Z')};
const secret = (data: Record<string, Uint8Array | string>, type = 'Opaque') => ({
  metadata: {namespace: 'shop', name: 'db'},
  type,
  data: Object.fromEntries(Object.entries(data).map(([key, value]) => [key, Buffer.from(value).toString('base64')])),
});
const shown = async (data: Record<string, Uint8Array | string>, key?: string) =>
  renderDecoded(key !== undefined)(await describe(decodeSecret(secret(data), key)), screen);

test('keys and values are aligned; what a terminal would obey is made visible', async () => {
  const text = await shown({
    username: 'admin',
    password: 's3cr3t\n',
    token: '\u001b[31mred',
    empty: '',
    'app.conf': 'a=1\nb=2\n',
    blob: Buffer.from([0, 1]),
  });
  expect(text).toMatchInlineSnapshot(`
    "secret/db  shop  Opaque  6 keys                         base64 is not encryption
    app.conf   2 lines, 8 bytes
      a=1
      b=2
    blob       2 bytes that are not text
      00000000  00 01                                             |..|
    empty      (empty)
    password   s3cr3t␊   ⚠ ends with a newline
    token      ␛[31mred
    username   admin"
  `);
});

test('the newline at the end of what is read as a file, and of a ConfigMap, is shown and not warned of', async () => {
  expect(await shown({json: '{"a":1}\n', 'app.txt': 'x\n'})).not.toContain('⚠');
  const motd = await describe(decodeConfigMap({metadata: {name: 'web'}, data: {motd: 'hello\n'}}));
  expect(renderDecoded(false)(motd, screen)).toContain('motd   hello␊');
  expect(renderDecoded(false)(motd, screen)).not.toContain('⚠');
});

test('several are shown one below the other', async () => {
  const one = await describe(decodeSecret(secret({a: '1'})));
  const other = await describe(decodeConfigMap({metadata: {name: 'web'}, data: {constructor: '2'}}));
  expect(renderDecodedList({items: [one, other]}, screen)).toMatchInlineSnapshot(`
    "secret/db  shop  Opaque  1 key                          base64 is not encryption
    a   1

    configmap/web  1 key
    constructor   2"
  `);
  expect(renderDecodedList({items: []}, screen)).toBe('none found');
});

group('what a value is', () => {
  test('a certificate is described', async () => {
    expect(await shown({'tls.crt': CERTIFICATE})).toMatchInlineSnapshot(`
      "secret/db  shop  Opaque  1 key                          base64 is not encryption
      tls.crt   certificate CN=db.shop.svc  SANs db.shop.svc, db  ⚠ expires in 17d"
    `);
  });

  test('a private key is not printed, unless it is asked for; and it is told whether it is for the certificate', async () => {
    const [ours, theirs] = await Promise.all([1, 2].map((i) => createAuthority(`ca-${i}`, screen.now)));
    const pair = {'tls.crt': ours?.certificate ?? '', 'tls.key': ours?.key ?? ''};
    expect(await shown(pair)).toMatch(/^tls\.key {3}private key EC 256 bits {2}✓ for tls\.crt$/m);
    expect(await shown({...pair, 'tls.key': theirs?.key ?? ''})).toContain('✗ not the key of tls.crt');
    const other = {'client.crt': ours?.certificate ?? '', 'client.key': theirs?.key ?? ''};
    expect(await shown(other)).toMatch(/^client\.key {3}private key EC 256 bits {2}✗ not the key of client\.crt$/m);
    expect(await shown({'tls.crt': pair['tls.key'], 'tls.key': pair['tls.crt']})).toMatch(
      /^tls\.crt {3}private key .*✗ where a certificate belongs\ntls\.key {3}certificate .*✗ where a private key belongs$/m,
    );
    expect(await shown(pair)).not.toContain('BEGIN');
    expect(await shown(pair, 'tls.key')).toContain('  -----BEGIN EC PRIVATE KEY-----\n');
  });

  test.each([
    ['ed25519', generateKeyPairSync('ed25519').privateKey.export({type: 'pkcs8', format: 'pem'}), 'private key Ed25519'],
    [
      'RSA',
      generateKeyPairSync('rsa', {modulusLength: 1024}).privateKey.export({type: 'pkcs1', format: 'pem'}),
      'private key RSA 1024 bits',
    ],
    [
      'with a passphrase',
      generateKeyPairSync('ed25519').privateKey.export({type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x'}),
      'private key  behind a passphrase',
    ],
    ['of OpenSSH', OPENSSH(), 'private key Ed25519'],
  ])('a private key: %s', async (_case, pem, text) => {
    expect(await shown({'ssh-privatekey': pem})).toContain(`ssh-privatekey   ${text}`);
  });

  test('registry logins show users, no passwords', async () => {
    const auth = Buffer.from('jane:p4ss:word').toString('base64');
    const auths = {
      'registry.example': {auth},
      'https://index.docker.io/v1/': {username: 'joe', password: 'p4ss'},
      'ghcr.example': {identitytoken: 'tok3n'},
      'empty.example': {},
    };
    const text = await shown({'.dockerconfigjson': JSON.stringify({auths})});
    expect(text).toMatchInlineSnapshot(`
      "secret/db  shop  Opaque  1 key                          base64 is not encryption
      .dockerconfigjson   logins for 4 registries
        registry.example             user jane  with a password
        https://index.docker.io/v1/  user joe  with a password
        ghcr.example                 with a token
        empty.example                ⚠ neither password nor token"
    `);
    expect(text).not.toMatch(/p4ss|tok3n/);
  });

  test.each([
    ['is over', -4_000, /✗ expired 347d ago$/m],
    ['is not valid yet', 10, /✗ not valid for another 9d$/m],
    ['has one in its chain that is over', 0, /\+1 more in the chain {2}one of them ✗ expired 347d ago$/m],
  ])('a certificate that %s is marked', async (_case, days, text) => {
    const at = (from: number) => createAuthority('ca', screen.now + from * 24 * 3_600_000);
    const leaf = await (await at(days)).issue({commonName: 'web', usages: ['server']});
    expect(await shown({'tls.crt': leaf.certificate + (days === 0 ? (await at(-4_000)).certificate : '')})).toMatch(text);
  });

  test.each([
    [
      'of a service account, for ever',
      {iss: 'kubernetes/serviceaccount', sub: 'system:serviceaccount:shop:web'},
      'token of system:serviceaccount:shop:web  never expires',
    ],
    [
      'with an audience, over',
      {sub: 'x', aud: ['https://api'], exp: Date.parse('2026-10-31T00:00:00Z') / 1000},
      'token of x  for https://api  ✗ expired 25d ago',
    ],
  ])('a token %s', async (_case, claims, text) => {
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const token = `${part({alg: 'RS256'})}.${part(claims)}.c2ln`;
    expect(await shown({token})).toContain(`token   ${text}`);
    expect(await shown({token})).not.toContain(token);
  });

  test('a helm release: base64 in base64, of gzip', async () => {
    const release = {
      name: 'web',
      namespace: 'shop',
      version: 3,
      info: {status: 'deployed', last_deployed: '2026-10-31T00:00:00Z'},
      chart: {metadata: {name: 'nginx', version: '1.2.3', appVersion: '1.27'}},
      config: {replicas: 2, image: {tag: '1.27'}},
    };
    const packed = gzipSync(JSON.stringify(release)).toString('base64');
    expect(await shown({release: packed})).toMatchInlineSnapshot(`
      "secret/db  shop  Opaque  1 key                          base64 is not encryption
      release   helm release web revision 3  chart nginx-1.2.3 (app 1.27)  deployed
        values
          replicas: 2
          image:
            tag: "1.27""
    `);
  });

  test('a helm release that unpacks to more than it should is text', async () => {
    const bomb = gzipSync(Buffer.alloc(40 * 1024 * 1024)).toString('base64');
    expect((await describe(decodeSecret(secret({release: bomb})))).contents.release).toEqual({
      is: 'text',
      endsWithNewline: false,
    });
  });

  test('a kubeconfig: who may go where, without credentials', async () => {
    const config = `apiVersion: v1
kind: Config
current-context: prod
clusters: [{name: c, cluster: {server: https://10.0.0.1:6443}}]
contexts:
- {name: prod, context: {cluster: c, user: admin, namespace: shop}}
- {name: lost, context: {cluster: gone, user: nobody}}
users: [{name: admin, user: {token: t0ken}}]
`;
    const text = await shown({kubeconfig: config});
    expect(text).toMatchInlineSnapshot(`
      "secret/db  shop  Opaque  1 key                          base64 is not encryption
      kubeconfig   kubeconfig, 2 contexts
        prod ←  https://10.0.0.1:6443  user admin (token)  namespace shop
        lost    (no server)  user nobody"
    `);
    expect(text).not.toContain('t0ken');
  });

  test.each([
    ['a password', Buffer.from('s3cr3t-p').toString('base64'), '⚠ base64 twice; behind it:\n  s3cr3t-p'],
    ['what only looks like base64', 'password', 'password'],
    ['random bytes, which are meant to be base64', Buffer.from('00ff10fe20fd30fc', 'hex').toString('base64'), 'AP8Q/iD9MPw='],
  ])('encoded twice: %s', async (_case, value, text) => {
    expect(await shown({value})).toContain(`
value   ${text}`);
  });

  test('bytes are dumped: the first of them, or many where they are asked for', async () => {
    const blob = Buffer.concat([Buffer.from([0xff]), Buffer.alloc(99, 'x')]);
    expect(await shown({blob})).toMatchInlineSnapshot(`
      "secret/db  shop  Opaque  1 key                          base64 is not encryption
      blob   100 bytes that are not text
        00000000  ff 78 78 78 78 78 78 78  78 78 78 78 78 78 78 78  |.xxxxxxxxxxxxxxx|
        00000010  78 78 78 78 78 78 78 78  78 78 78 78 78 78 78 78  |xxxxxxxxxxxxxxxx|
        00000020  78 78 78 78 78 78 78 78  78 78 78 78 78 78 78 78  |xxxxxxxxxxxxxxxx|
        00000030  78 78 78 78 78 78 78 78  78 78 78 78 78 78 78 78  |xxxxxxxxxxxxxxxx|
        …         36 more bytes"
    `);
    expect((await shown({blob}, 'blob')).split('\n')).toHaveLength(2 + 7);
  });
});

/** A key of Ed25519 as ssh-keygen writes it: what is secret in it is left out, which nobody reads here. */
function OPENSSH(): string {
  const text = (value: string | Buffer) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(value.length);
    return Buffer.concat([length, Buffer.from(value)]);
  };
  const publicKey = Buffer.concat([text('ssh-ed25519'), text(Buffer.alloc(32))]);
  const bytes = Buffer.concat([
    Buffer.from('openssh-key-v1\0'),
    ...['none', 'none', ''].map(text),
    Buffer.from([0, 0, 0, 1]),
    text(publicKey),
    text('…'),
  ]);
  return `-----BEGIN OPENSSH PRIVATE KEY-----\n${bytes.toString('base64')}\n-----END OPENSSH PRIVATE KEY-----\n`;
}

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

test('no key moves the cursor, nor does one that another is told of', async () => {
  const {certificate, key} = await createAuthority('ca', Date.parse('2026-11-25T00:00:00Z'));
  const evil = '\u001b[2J';
  const text = await shown({[`${evil}.crt`]: certificate, [`${evil}.key`]: key, 表: 'x'});
  expect(text).not.toContain('\u001b');
  expect(
    text
      .split('\n')
      .slice(1)
      .map((line) => line.replace(/ +/g, ' ')),
  ).toEqual([expect.stringContaining('␛[2J.crt certificate'), expect.stringContaining('for ␛[2J.crt'), '表 x']);
});
