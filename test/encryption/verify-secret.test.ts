import {expect, test} from 'vitest';
import {exitCodeOfVerification} from '../../src/encryption/verify.ts';
import {verifySecret} from '../../src/encryption/verify-secret.ts';
import {renderSecretVerification} from '../../src/encryption/view/secret.ts';
import {createTheme} from '../../src/text/screen.ts';
import {FakeCluster} from '../support/fake-cluster.ts';
import {memoryEtcd} from '../support/memory-etcd.ts';
import {secretboxWith, serverState} from '../support/servers.ts';
import {plainSecret, secretbox} from '../support/stored.ts';

const {signal} = new AbortController();
const screen = {theme: createTheme(false), width: 80, now: 0};
const plain = plainSecret('db', {
  annotations: {'kubectl.kubernetes.io/last-applied-configuration': '{"data":{"password":"czNjcjN0"}}'},
});

function verifying(
  value: Buffer | undefined,
  {reveal = false, states = [serverState(secretboxWith(['key1', 'identity']))]} = {},
) {
  const cluster = new FakeCluster([
    {kind: 'Namespace', metadata: {name: 'shop'}},
    {kind: 'Secret', metadata: {name: 'web', namespace: 'shop'}},
  ]);
  const etcd = memoryEtcd(value ? {'/registry/secrets/shop/db': value} : {});
  const observations = new Map(states.map((state, i) => [`cp-${i + 1}`, state]));
  const ref = {namespace: 'shop', name: 'db'};
  return verifySecret({context: 'x', etcd, etcdPrefix: '/registry', cluster}, observations, ref, {reveal}, signal);
}

test('an encrypted Secret is proven by its bytes, and by what they open to', async () => {
  const report = await verifying(secretbox('key1', plain));
  expect(report).toMatchObject({
    kind: 'EncryptionVerification',
    scanned: 1,
    encrypted: 1,
    byKey: {'k8s:enc:secretbox:v1:key1:': 1},
    offenders: [],
    ok: true,
    secret: {namespace: 'shop', name: 'db'},
    value: {provider: 'secretbox', keyName: 'key1', why: null},
  });
  const text = renderSecretVerification(report, screen);
  expect(text).toContain('/registry/secrets/shop/db  ');
  expect(text).toContain('|k8s:enc:secretbo|');
  expect(text).toContain('╰ prefix: secretbox, key key1      ╰ ciphertext');
  expect(text).toMatch(/decrypted\n0{8} {2}6b 38 73 00/);
  expect(text).toContain("✓ opens with the node's key; not readable without it");
  expect(text).toContain('•• is what the Secret holds: kops encrypt-at-rest verify db -n shop --reveal');
});

test.each([
  ['encrypted', secretbox('key1', plain)],
  ['in plaintext', plain],
])('nothing that it holds is in what is told of it, %s', async (_case, value) => {
  const report = await verifying(value);
  const bytes = [report.value.stored, report.value.opened].map((shown) =>
    Buffer.from(shown?.base64 ?? '', 'base64').toString('latin1'),
  );
  for (const text of [JSON.stringify(report), renderSecretVerification(report, screen), ...bytes])
    expect(text).not.toMatch(/s3cr3t|czNjcjN0|73 33 63 72/);
});

test('it is shown where that is asked for', async () => {
  const text = renderSecretVerification(await verifying(secretbox('key1', plain), {reveal: true}), screen);
  expect(text.replaceAll(/\|\n.*?\|/g, '')).toContain('s3cr3t');
  expect(text).not.toContain('--reveal');
});

test('a Secret in plaintext is an offender', async () => {
  const report = await verifying(plain);
  expect(report).toMatchObject({
    plaintext: 1,
    ok: false,
    offenders: ['/registry/secrets/shop/db'],
    next: 'kops encrypt-at-rest rewrite',
  });
  expect(exitCodeOfVerification(report)).toBe(3);
  const text = renderSecretVerification(report, screen);
  expect(text).toContain("╰ no prefix: plaintext, for anyone with etcd's disk or a backup");
  expect(text).toContain('✗ stored as plaintext');
  expect(text).not.toContain('decrypted');
  expect((await verifying(plain, {states: [serverState()]})).next).toBe('kops encrypt-at-rest setup');
});

test('one that nothing opens is an offender, with the reason', async () => {
  const report = await verifying(secretbox('key9', plain));
  expect(report).toMatchObject({undecryptable: 1, ok: false, failures: [{why: 'the configuration has no secretbox key key9'}]});
  expect(renderSecretVerification(report, screen)).toContain(
    '✗ cannot be decrypted: the configuration has no secretbox key key9',
  );
});

test('one that would be plaintext once it is written again is not well, though it is encrypted', async () => {
  const report = await verifying(secretbox('key1', plain), {states: [serverState(secretboxWith(['identity', 'key1']))]});
  expect(report).toMatchObject({ok: false, offenders: [], next: 'kops encrypt-at-rest setup'});
  expect(report.notes).toEqual(['new secrets are written as plaintext']);
});

test('one that one control plane cannot open is an offender too', async () => {
  const states = [serverState(secretboxWith(['key2', 'key1'])), serverState(secretboxWith(['key1']))];
  expect(await verifying(secretbox('key2', plain), {states})).toMatchObject({undecryptable: 1, ok: false});
});

test('one under a KMS that only some control planes have is an offender, whichever is asked first', async () => {
  const kms = {type: 'kms', apiVersion: 'v2', name: 'vault', endpoint: 'unix:///kms.sock'} as const;
  const states = [serverState({rules: [{resources: ['secrets'], providers: [kms]}]}), serverState(secretboxWith(['key1']))];
  const value = Buffer.from('k8s:enc:kms:v2:vault:\x0a\x01x');
  for (const some of [states, states.toReversed()])
    expect(await verifying(value, {states: some})).toMatchObject({undecryptable: 1, unchecked: 0, ok: false});
  expect(await verifying(value, {states: states.slice(0, 1)})).toMatchObject({undecryptable: 0, unchecked: 1, ok: true});
});

test('one that is not there is missed by its name', async () => {
  await expect(verifying(undefined)).rejects.toMatchObject({message: 'secret/db not found in namespace shop', exitCode: 5});
});

test('one that the API server has and this etcd does not is a matter of the prefix', async () => {
  const cluster = new FakeCluster([{kind: 'Secret', metadata: {name: 'db', namespace: 'shop'}}]);
  const plane = {context: 'x', etcd: memoryEtcd(), etcdPrefix: '/registry', cluster};
  await expect(verifySecret(plane, new Map(), {namespace: 'shop', name: 'db'}, {reveal: false}, signal)).rejects.toMatchObject({
    message: 'secret/db is not at /registry/secrets/shop/db in etcd',
    exitCode: 3,
  });
});
