import {createCipheriv, randomBytes} from 'node:crypto';
import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {type EncryptionConfiguration, parseConfiguration} from '../../../src/encryption/configuration/configuration.ts';
import {envelopeOf} from '../../../src/encryption/stored/envelope.ts';
import {openValue} from '../../../src/encryption/stored/open.ts';
import {type Vector, vectors} from '../../support/encryption-vectors.ts';

const configurationOf = ({configuration}: Vector): EncryptionConfiguration => parseConfiguration(configuration, 'vector');
const vector = (name: string): Vector => {
  const found = vectors.find((candidate) => candidate.name === name);
  if (found === undefined) throw new Error(`no vector ${name}`);
  return found;
};
const opened = vectors.filter(({name}) => !name.startsWith('kms'));
const encrypted = opened.filter(({name}) => name !== 'identity');

test.each(opened)("what the API server's own code wrote opens: $name", (it) => {
  expect(openValue(it.stored, it.rawKey, configurationOf(it))).toMatchObject({ok: true, plain: it.plain});
});

test.each([
  ['secretbox', {provider: 'secretbox', version: 'v1', keyName: 'key-20261123-1', prefixLength: 36}],
  ['secretbox under a name beyond ASCII', {provider: 'secretbox', version: 'v1', keyName: 'schlüssel', prefixLength: 32}],
  ['aescbc with 32 bytes', {provider: 'aescbc', version: 'v1', keyName: 'key1', prefixLength: 23}],
  ['aesgcm with 16 bytes', {provider: 'aesgcm', version: 'v1', keyName: 'key1', prefixLength: 23}],
  ['kms v1', {provider: 'kms', version: 'v1', keyName: 'vault', prefixLength: 21}],
  ['kms v2', {provider: 'kms', version: 'v2', keyName: 'vault', prefixLength: 21}],
  ['identity', {provider: 'identity', prefixLength: 0}],
])('the envelope of %s is read from its prefix', (name, envelope) => {
  expect(envelopeOf(vector(name).stored)).toEqual(envelope);
});

describe('what is no envelope that kops knows', () => {
  test.each([
    [
      'a provider of tomorrow',
      'k8s:enc:chacha20:v1:key1:…',
      {provider: 'unknown', version: 'v1', keyName: 'key1', prefixLength: 25},
    ],
    [
      'a version of tomorrow',
      'k8s:enc:secretbox:v2:key1:…',
      {provider: 'unknown', version: 'v2', keyName: 'key1', prefixLength: 26},
    ],
    ['a prefix cut off', 'k8s:enc:secretbox:v1:key1', {provider: 'unknown', prefixLength: 0}],
    ['nothing behind the prefix', 'k8s:enc:', {provider: 'unknown', prefixLength: 0}],
  ])('%s is neither plaintext nor opened', (_case, text, envelope) => {
    const value = Buffer.from(text);
    expect(envelopeOf(value)).toEqual(envelope);
    expect(openValue(value, Buffer.from('/registry/x'), {rules: []})).toMatchObject({ok: false, checked: true, envelope});
  });

  test.each([
    ['an empty value', ''],
    ['JSON', '{"kind":"Widget"}'],
    ['protobuf', 'k8s\0\n\x0c'],
    ['something that only begins alike', 'k8s:encx'],
  ])('%s is plaintext, as to the identity provider', (_case, text) => {
    expect(openValue(Buffer.from(text), Buffer.from('/registry/x'), {rules: []})).toMatchObject({
      ok: true,
      plain: Buffer.from(text),
      envelope: {provider: 'identity'},
    });
  });
});

describe('what does not open', () => {
  test.each(encrypted)('with another key of that name: $name', (it) => {
    const {rules} = configurationOf(it);
    const [rule] = rules;
    const [provider] = rule?.providers ?? [];
    if (rule === undefined || provider === undefined || !('keys' in provider)) throw new Error('a keyed provider');
    for (let trial = 0; trial < 300; trial += 1) {
      const keys = provider.keys.map(({name, secret}) => ({
        name,
        secret: randomBytes(Buffer.from(secret, 'base64').length).toString('base64'),
      }));
      const other = {rules: [{...rule, providers: [{...provider, keys}]}]};
      expect(openValue(it.stored, it.rawKey, other)).toMatchObject({
        ok: false,
        checked: true,
        why: expect.stringContaining('does not open it'),
      });
    }
  });

  test('AES-CBC that passes the padding with a wrong key, and begins like JSON by chance', () => {
    const it = vector('aescbc of a custom resource');
    const key = randomBytes(16);
    const cipher = createCipheriv('aes-128-cbc', key, Buffer.alloc(16));
    const noise = Buffer.concat([Buffer.from('{'), Buffer.from('ff'.repeat(20), 'hex')]);
    const stored = Buffer.concat([it.stored.subarray(0, 23), Buffer.alloc(16), cipher.update(noise), cipher.final()]);
    const keys = [{name: 'key1', secret: key.toString('base64')}];
    const configuration = {rules: [{resources: ['widgets.example.com'], providers: [{type: 'aescbc' as const, keys}]}]};
    expect(openValue(stored, it.rawKey, configuration)).toMatchObject({ok: false});
  });

  test('a key of that name under another provider is none', () => {
    expect(
      openValue(vector('secretbox of 4 KiB').stored, Buffer.from('/x'), configurationOf(vector('aescbc with 32 bytes'))),
    ).toMatchObject({
      ok: false,
      why: 'the configuration has no secretbox key key1',
    });
  });

  test('AES-GCM at another place: the key in etcd is authenticated', () => {
    const it = vector('aesgcm with 32 bytes');
    expect(openValue(it.stored, Buffer.from('/registry/secrets/shop/other'), configurationOf(it))).toMatchObject({ok: false});
  });

  test.each(['secretbox', 'aesgcm with 32 bytes'])('%s with one bit changed anywhere', (name) => {
    const it = vector(name);
    const configuration = configurationOf(it);
    const {prefixLength} = envelopeOf(it.stored);
    fc.assert(
      fc.property(fc.integer({min: prefixLength * 8, max: it.stored.length * 8 - 1}), (bit) => {
        const changed = Buffer.from(it.stored);
        changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        expect(openValue(changed, it.rawKey, configuration).ok).toBe(false);
      }),
    );
  });

  test.each(encrypted)('cut off anywhere, without an exception: $name', (it) => {
    const configuration = configurationOf(it);
    const {prefixLength} = envelopeOf(it.stored);
    for (const end of [0, 1, 11, 12, 15, 16, 17, 23, 24, 27, 28, 31, 39, 40]) {
      const cut = it.stored.subarray(0, prefixLength + end);
      if (cut.length < it.stored.length) expect(openValue(cut, it.rawKey, configuration).ok).toBe(false);
    }
  });

  test('a value of a KMS is not called broken: only the plugin can tell', () => {
    for (const name of ['kms v1', 'kms v2']) {
      const it = vector(name);
      expect(openValue(it.stored, it.rawKey, configurationOf(it))).toMatchObject({
        ok: false,
        checked: false,
        why: expect.stringContaining('vault'),
      });
    }
  });
});

test('a KMS that the configuration does not have cannot open anything', () => {
  const {stored, rawKey} = vector('kms v2');
  const why = 'the configuration has no KMS v2 provider vault';
  expect(openValue(stored, rawKey, configurationOf(vector('kms v1')))).toMatchObject({ok: false, checked: true, why});
  expect(openValue(stored, rawKey, {rules: []})).toMatchObject({ok: false, checked: true, why});
});

test('a key name with a colon is told by the configuration', () => {
  const it = vector('secretbox under a name with a colon');
  expect(envelopeOf(it.stored)).toMatchObject({keyName: 'team'});
  expect(openValue(it.stored, it.rawKey, configurationOf(it))).toMatchObject({envelope: {keyName: 'team:a', prefixLength: 28}});
});

test('of two keys with one name each is tried, as the API server does', () => {
  const it = vector('secretbox of 4 KiB');
  const [rule] = configurationOf(it).rules;
  const [provider] = rule?.providers ?? [];
  if (rule === undefined || provider === undefined || !('keys' in provider)) throw new Error('a keyed provider');
  const other = {...provider, keys: [{name: 'key1', secret: randomBytes(32).toString('base64')}]};
  const configuration = {rules: [{...rule, providers: [other, provider]}]};
  expect(openValue(it.stored, it.rawKey, configuration)).toMatchObject({ok: true, plain: it.plain});
});

test('no reason why something does not open holds a secret', () => {
  const it = vector('aescbc with 32 bytes');
  const opened = openValue(it.stored.subarray(0, 60), it.rawKey, configurationOf(it));
  expect(JSON.stringify(opened)).not.toContain(/"secret": "([^"]+)"/.exec(it.configuration)?.[1]);
});
