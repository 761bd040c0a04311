import {createDecipheriv} from 'node:crypto';
import {xsalsa20poly1305} from '@noble/ciphers/salsa.js';
import {keysOf} from './configuration-coverage.ts';
import type {EncryptionConfiguration, Key, KeyedProvider} from './configuration-types.ts';
import {type Envelope, envelopeOf} from './envelope.ts';

export type Opened =
  | {readonly ok: true; readonly plain: Buffer; readonly envelope: Envelope}
  /** `checked: false`: kops cannot tell, only the KMS plugin can. */
  | {readonly ok: false; readonly envelope: Envelope; readonly why: string; readonly checked: boolean};

/**
 * Decrypts a value as read from etcd with the keys of a configuration. Plaintext opens as it is.
 * @param rawKey the whole key in etcd, with its leading slash: AES-GCM authenticates it
 */
export function openValue(value: Buffer, rawKey: Buffer, configuration: EncryptionConfiguration): Opened {
  const envelope = envelopeOf(value);
  const {provider, keyName} = envelope;
  if (provider === 'identity') return {ok: true, plain: value, envelope};
  if (provider === 'unknown') return {ok: false, envelope, why: 'its prefix names no provider that kops knows', checked: true};
  if (provider === 'kms') {
    return {ok: false, envelope, why: `only the KMS plugin behind ${keyName} can open it`, checked: false};
  }
  const keys = keysOf(configuration).filter(({type, key}) => type === provider && key.name === keyName);
  if (keys.length === 0) return {ok: false, envelope, why: `the configuration has no ${provider} key ${keyName}`, checked: true};
  for (const {key} of keys) {
    const plain = decrypt(provider, key, value.subarray(envelope.prefixLength), rawKey);
    if (plain) return {ok: true, plain, envelope};
  }
  return {ok: false, envelope, why: `the key ${keyName} does not open it`, checked: true};
}

function decrypt(provider: KeyedProvider, {secret}: Key, data: Buffer, rawKey: Buffer): Buffer | undefined {
  const key = Buffer.from(secret, 'base64');
  try {
    if (provider === 'secretbox') return openSecretbox(key, data);
    return provider === 'aesgcm' ? openGcm(key, data, rawKey) : openCbc(key, data);
  } catch {
    return undefined; // the libraries' words tell a wrong key from a broken value no better
  }
}

/** Nonce (24 bytes), then tag and XSalsa20 ciphertext. Source: encrypt/secretbox/secretbox.go. */
const openSecretbox = (key: Buffer, data: Buffer): Buffer =>
  Buffer.from(xsalsa20poly1305(key, data.subarray(0, 24)).decrypt(data.subarray(24)));

/** Nonce (12 bytes), ciphertext, tag (16). Source: encrypt/aes/aes.go. */
function openGcm(key: Buffer, data: Buffer, rawKey: Buffer): Buffer {
  const decipher = createDecipheriv(`aes-${key.length * 8}-gcm` as 'aes-256-gcm', key, data.subarray(0, 12));
  decipher.setAAD(rawKey);
  decipher.setAuthTag(data.subarray(-16));
  return Buffer.concat([decipher.update(data.subarray(12, -16)), decipher.final()]);
}

/** IV (16 bytes), ciphertext with PKCS#7 padding and no authentication. Source: encrypt/aes/aes.go. */
function openCbc(key: Buffer, data: Buffer): Buffer | undefined {
  const decipher = createDecipheriv(`aes-${key.length * 8}-cbc`, key, data.subarray(0, 16));
  const plain = Buffer.concat([decipher.update(data.subarray(16)), decipher.final()]);
  return looksStored(plain) ? plain : undefined;
}

/** One wrong key in 256 passes CBC's padding: what the API server stores begins as protobuf or as JSON. */
const looksStored = (plain: Buffer): boolean => plain.subarray(0, 4).equals(Buffer.from('k8s\0')) || plain[0] === 0x7b;
