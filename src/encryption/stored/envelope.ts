/** What a value in etcd says of itself in front of its bytes. */
export interface Envelope {
  /** `unknown`: it begins like an encrypted value and is none that kops knows. */
  readonly provider: 'identity' | 'aescbc' | 'aesgcm' | 'secretbox' | 'kms' | 'unknown';
  /** Of a KMS: the provider's name. */
  readonly keyName?: string;
  /** `v1`, `v2` */
  readonly version?: string;
  /** Bytes before the ciphertext; 0 of plaintext, and where the prefix does not end. */
  readonly prefixLength: number;
}

const ENCRYPTED = Buffer.from('k8s:enc:');
/** Far longer than any prefix: the API server sets key names no limit. */
const LONGEST_PREFIX = 4096;

/**
 * Which provider and key wrote a value, from its prefix `k8s:enc:PROVIDER:VERSION:NAME:`. Everything else is plaintext: `k8s\0` and
 * protobuf, or JSON. A key name with a colon ends at it here: only `openValue`, which knows the names, sees that it goes on. Source: the
 * prefixes of k8s.io/apiserver/pkg/server/options/encryptionconfig/config.go, and pkg/storage/value/encrypt/identity/identity.go.
 */
export function envelopeOf(value: Buffer): Envelope {
  if (!beginsWith(value, ENCRYPTED)) return {provider: 'identity', prefixLength: 0};
  const head = value.toString('latin1', 0, LONGEST_PREFIX); // one character a byte
  const [prefix, provider = '', version = '', name = ''] = /^k8s:enc:([^:]+):([^:]+):([^:]+):/.exec(head) ?? [];
  if (prefix === undefined) return {provider: 'unknown', prefixLength: 0};
  return {
    provider: knownProvider(provider, version) ?? 'unknown',
    keyName: Buffer.from(name, 'latin1').toString('utf8'),
    version,
    prefixLength: prefix.length,
  };
}

export const beginsWith = (value: Buffer, prefix: Buffer): boolean => value.subarray(0, prefix.length).equals(prefix);

function knownProvider(provider: string, version: string): Envelope['provider'] | undefined {
  if (provider === 'kms') return version === 'v1' || version === 'v2' ? provider : undefined;
  const isKeyed = provider === 'secretbox' || provider === 'aescbc' || provider === 'aesgcm';
  return isKeyed && version === 'v1' ? provider : undefined;
}
