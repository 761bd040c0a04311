import {readKeysOf} from './configuration/coverage.ts';
import {parseConfiguration} from './configuration/parse.ts';

/** A key that servers no longer read in the end, which older snapshots may need. */
export interface RetiredKey {
  /** `secretbox`, `aescbc`, `aesgcm`: the archive on the nodes has it. `kms v1`, `kms v2`: nobody has it but the KMS. */
  readonly provider: string;
  /** Of a KMS: the provider's name. */
  readonly keyName: string;
}

/** What the keys of these names are, by the configuration that still has them all. */
export function retiredKeys(names: readonly string[], read: Buffer): RetiredKey[] {
  if (names.length === 0) return [];
  const {rules} = parseConfiguration(read.toString('utf8'), 'the configuration');
  const keys = rules.flatMap(({providers}) => readKeysOf(providers));
  return names.map((keyName) => ({provider: keys.find((key) => key.keyName === keyName)?.provider ?? 'unknown', keyName}));
}
