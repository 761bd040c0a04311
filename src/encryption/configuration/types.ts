/** Providers that hold their keys in the file. */
export const keyedProviders = ['secretbox', 'aescbc', 'aesgcm'] as const;
export type KeyedProvider = (typeof keyedProviders)[number];

/** Bytes that a key may have. Source: validation_encryption.go. */
export const keySizes: Readonly<Record<KeyedProvider, readonly number[]>> = {
  secretbox: [32],
  aescbc: [16, 24, 32],
  aesgcm: [16, 24, 32],
};

export interface Key {
  readonly name: string;
  /** Base64. Never printed, never in an error. */
  readonly secret: string;
}

export interface KeyedProviderEntry {
  readonly type: KeyedProvider;
  readonly keys: readonly Key[];
}
export interface KmsProviderEntry {
  readonly type: 'kms';
  readonly apiVersion: 'v1' | 'v2';
  readonly name: string;
  /** `unix:///…`: the socket of the KMS plugin. */
  readonly endpoint: string;
  /** As Go writes durations: `3s`. */
  readonly timeout?: string;
  /** Of v1 alone. */
  readonly cachesize?: number;
}
export type Provider = {readonly type: 'identity'} | KeyedProviderEntry | KmsProviderEntry;

/** The first provider writes, and within it the first key; all of them read. */
export interface ResourceRule {
  /** `secrets`, `deployments.apps`, `*.apps`, `*.` (the core group) or `*.*`. */
  readonly resources: readonly string[];
  readonly providers: readonly Provider[];
}

/** What a file of kind EncryptionConfiguration says, apiserver.config.k8s.io/v1. */
export interface EncryptionConfiguration {
  readonly rules: readonly ResourceRule[];
}

/** Encrypts nothing yet; not a valid file. */
export const emptyConfiguration: EncryptionConfiguration = {rules: []};

export const configurationApiVersion = 'apiserver.config.k8s.io/v1';
export const configurationKind = 'EncryptionConfiguration';
