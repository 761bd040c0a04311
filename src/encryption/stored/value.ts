import type {KeyValue} from '../../etcd/etcd.ts';
import type {Range} from '../../text/hexdump.ts';
import {nameOfKey, prefixOf, type Reader, rulesThatCover} from './audit.ts';
import {envelopeOf} from './envelope.ts';
import {sensitiveRanges} from './object.ts';
import {openValue} from './open.ts';

/** Bytes to show, with what nobody should see zeroed: it is not in the report at all. */
export interface ShownBytes {
  readonly base64: string;
  readonly hidden: readonly Range[];
}

/** One value of etcd as it is stored, and as the API server reads it. */
export interface StoredValue {
  readonly key: string;
  /** As stored. */
  readonly size: number;
  /** Of the last write. */
  readonly modRevision: number;
  /** `secretbox`, `aescbc` …; `identity` is plaintext. */
  readonly provider: string;
  readonly keyName: string | null;
  /** `k8s:enc:secretbox:v1:key1:` */
  readonly prefix: string;
  readonly prefixLength: number;
  readonly stored: ShownBytes;
  /** Decrypted; null where it could not be, or is stored like that. */
  readonly opened: ShownBytes | null;
  /** Why a value does not open, or was not tried. */
  readonly why: string | null;
  /** False where only a KMS could tell. */
  readonly checked: boolean;
}

/** `mayBeSecret`: whether the key is one of a Secret, so that all that is not understood of its value counts as sensitive. */
export function describeValue(
  {key, value, modRevision}: KeyValue,
  {resource, readers, reveal}: {resource: string; readers: readonly Reader[]; reveal: boolean},
): StoredValue {
  const envelope = envelopeOf(value);
  const mayBeSecret = resource === 'secrets';
  const isPlain = envelope.provider === 'identity';
  const attempts = readers.map((reader) => openValue(value, key, rulesThatCover(reader.configuration, resource)));
  const failures = attempts.flatMap((attempt) => (attempt.ok ? [] : attempt));
  const failed = failures.find(({checked}) => checked) ?? failures[0];
  const opened = attempts.find(({ok}) => ok);
  const shown = (bytes: Buffer, hidden: readonly Range[]) => show(bytes, reveal ? [] : hidden);
  return {
    key: nameOfKey(key),
    size: value.length,
    modRevision,
    provider: envelope.provider,
    keyName: envelope.keyName ?? null,
    prefix: prefixOf(value, envelope),
    prefixLength: envelope.prefixLength,
    stored: shown(value, isPlain ? sensitiveRanges(value, mayBeSecret) : []),
    opened: !isPlain && opened?.ok ? shown(opened.plain, sensitiveRanges(opened.plain, mayBeSecret)) : null,
    why: isPlain ? null : attempts.length === 0 ? 'no API server has a configuration that could open it' : (failed?.why ?? null),
    checked: isPlain || (failed?.checked ?? true),
  };
}

function show(bytes: Buffer, hidden: readonly Range[]): ShownBytes {
  const copy = Buffer.from(bytes);
  for (const {start, end} of hidden) copy.fill(0, start, end);
  return {base64: copy.toString('base64'), hidden: hidden.map(({start, end}) => ({start, end}))};
}
