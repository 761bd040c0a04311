/** What a value in etcd says of itself in front of its bytes. */
export interface Envelope {
  /** `unknown`: it begins like an encrypted value and is none that kops knows. */
  readonly provider: 'identity' | 'aescbc' | 'aesgcm' | 'secretbox' | 'kms' | 'unknown';
  /** Of a KMS: the provider's name. */
  readonly keyName?: string;
  /** `v1`, `v2` */
  readonly version?: string;
  /** Bytes before the ciphertext; 0 of plaintext. */
  readonly prefixLength: number;
}

const PREFIX = 'k8s:enc:';
/** Longer than any prefix with a name of reasonable length. */
const READ = 2048;

/**
 * Which provider and key wrote a value, from its prefix `k8s:enc:PROVIDER:VERSION:NAME:`. Everything else is plaintext: `k8s\0` and
 * protobuf, or JSON. Source: the prefixes of k8s.io/apiserver/pkg/server/options/encryptionconfig/config.go, and identity.go.
 */
export function envelopeOf(value: Buffer): Envelope {
  if (!value.subarray(0, PREFIX.length).equals(Buffer.from(PREFIX))) return {provider: 'identity', prefixLength: 0};
  const head = value.subarray(0, READ).toString('latin1');
  const match = /^k8s:enc:([a-z]+):(v\d+):([^:]+):/.exec(head);
  if (!match) return {provider: 'unknown', prefixLength: 0};
  const [prefix, provider = '', version = '', name = ''] = match;
  const known =
    (version === 'v1' && /^(aescbc|aesgcm|secretbox|kms)$/.test(provider)) || (version === 'v2' && provider === 'kms');
  return {
    provider: known ? (provider as Envelope['provider']) : 'unknown',
    keyName: Buffer.from(name, 'latin1').toString(),
    version,
    prefixLength: prefix.length,
  };
}
