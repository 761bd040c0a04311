import {isUtf8} from 'node:buffer';
import {createDecipheriv} from 'node:crypto';
import {xsalsa20poly1305} from '@noble/ciphers/salsa.js';
import {keysOf} from '../configuration/coverage.ts';
import type {EncryptionConfiguration, KeyedProvider} from '../configuration/types.ts';
import {beginsWith, type Envelope, envelopeOf} from './envelope.ts';

export type Opened =
  | {readonly ok: true; readonly plain: Buffer; readonly envelope: Envelope}
  /** `checked: false`: only the KMS plugin can tell whether it opens. */
  | {readonly ok: false; readonly envelope: Envelope; readonly why: string; readonly checked: boolean};

/**
 * Decrypts a value as read from etcd with the keys of a configuration: each whose prefix it has is tried, as the API server does.
 * Plaintext opens as it is. `why` names keys, and nothing of what is in the value.
 * @param rawKey the whole key in etcd, with its leading slash: AES-GCM authenticates it
 */
export function openValue(value: Buffer, rawKey: Buffer, configuration: EncryptionConfiguration): Opened {
  const envelope = envelopeOf(value);
  const {provider, version, keyName = ''} = envelope;
  if (provider === 'identity') return {ok: true, plain: value, envelope};
  const failed = (why: string, checked = true): Opened => ({ok: false, envelope, why, checked});
  if (provider === 'unknown') return failed('its prefix names no provider that kops knows');
  if (provider === 'kms') {
    const has = configuration.rules.some(({providers}) =>
      providers.some((entry) => entry.type === 'kms' && entry.apiVersion === version && entry.name === keyName),
    );
    return has
      ? failed(`only the KMS plugin ${keyName} can open it`, false)
      : failed(`the configuration has no KMS ${version} provider ${keyName}`);
  }

  const candidates = keysOf(configuration).flatMap(({type, key}) => {
    const prefix = Buffer.from(`k8s:enc:${type}:v1:${key.name}:`);
    return type === provider && beginsWith(value, prefix) ? [{key, prefixLength: prefix.length}] : [];
  });
  for (const {key, prefixLength} of candidates) {
    const plain = decrypt(provider, Buffer.from(key.secret, 'base64'), value.subarray(prefixLength), rawKey);
    if (plain) return {ok: true, plain, envelope: {...envelope, keyName: key.name, prefixLength}};
  }
  const [first] = candidates;
  return failed(
    first ? `the ${provider} key ${first.key.name} does not open it` : `the configuration has no ${provider} key ${keyName}`,
  );
}

function decrypt(provider: KeyedProvider, key: Buffer, data: Buffer, rawKey: Buffer): Buffer | undefined {
  try {
    if (provider === 'secretbox') return openSecretbox(key, data);
    return provider === 'aesgcm' ? openGcm(key, data, rawKey) : openCbc(key, data);
  } catch {
    return undefined; // the libraries tell a wrong key from a broken value no better
  }
}

/** Nonce (24 bytes), then Poly1305 tag (16) and XSalsa20 ciphertext. Source: encrypt/secretbox/secretbox.go. */
const openSecretbox = (key: Buffer, data: Buffer): Buffer =>
  Buffer.from(xsalsa20poly1305(key, data.subarray(0, 24)).decrypt(data.subarray(24)));

/** Nonce (12 bytes), ciphertext, tag (16). Source: encrypt/aes/aes.go. */
function openGcm(key: Buffer, data: Buffer, rawKey: Buffer): Buffer | undefined {
  if (data.length < 12 + 16) return undefined;
  const decipher = createDecipheriv(gcm(key), key, data.subarray(0, 12));
  decipher.setAAD(rawKey);
  decipher.setAuthTag(data.subarray(-16));
  return Buffer.concat([decipher.update(data.subarray(12, -16)), decipher.final()]);
}

const gcm = (key: Buffer) => `aes-${(key.length * 8) as 128 | 192 | 256}-gcm` as const;

/** IV (16 bytes), ciphertext with PKCS#7 padding, no authentication. Source: encrypt/aes/aes.go. */
function openCbc(key: Buffer, data: Buffer): Buffer | undefined {
  const decipher = createDecipheriv(`aes-${key.length * 8}-cbc`, key, data.subarray(0, 16));
  const plain = Buffer.concat([decipher.update(data.subarray(16)), decipher.final()]);
  return looksStored(plain) ? plain : undefined;
}

const PROTOBUF = Buffer.from('k8s\0');
const CBOR = Buffer.from('d9d9f7', 'hex');

/** One wrong key in 256 gets past CBC's padding: what opens must also be something that the API server stores. */
const looksStored = (plain: Buffer): boolean =>
  beginsWith(plain, PROTOBUF) || beginsWith(plain, CBOR) || (plain[0] === 0x7b && isUtf8(plain));
