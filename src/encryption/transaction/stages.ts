import {ExitCode, Problem} from '../../problem.ts';
import {enumerate} from '../../text/enumerate.ts';
import {
  type EncryptionConfiguration,
  emptyConfiguration,
  type Key,
  type KeyedProvider,
  type KmsProviderEntry,
  type Provider,
} from '../configuration/configuration.ts';
import {encryptedOf, entriesOf, namesIn, writeKeyOf} from '../configuration/coverage.ts';
import {demoteToIdentity, dropKeys, promote, withReadKey, withReadProvider} from '../configuration/stages.ts';

/** The configurations of a change, in the order in which all servers get them, and what they come to. */
export interface Stages {
  readonly read: EncryptionConfiguration;
  readonly write: EncryptionConfiguration;
  /** Undefined where `write` is the end, or where the end is no configuration at all. */
  readonly final: EncryptionConfiguration | undefined;
  readonly writeKey: {readonly provider: string; readonly keyName: string | undefined};
  /** Keys that `final` no longer has. */
  readonly retires: readonly string[];
}

const IDENTITY = {type: 'identity'} as const;

export interface KeyChoice {
  readonly provider: KeyedProvider;
  readonly key: Key;
}

/** What a rotation goes to: a key on the nodes, or a KMS. */
export type Successor = KeyChoice | KmsProviderEntry;

/** From no encryption, or from encryption of other resources: nobody can read the new key's values before all servers have that key. */
export function setupStages(
  base: EncryptionConfiguration | undefined,
  resources: readonly string[],
  {provider, key}: KeyChoice,
  strict: boolean,
): Stages {
  const read = withReadKey(base ?? emptyConfiguration, resources, provider, key);
  const write = promote(read, resources, key.name);
  const final = strict ? dropKeys(write, resources, [key.name], false) : undefined;
  return {read, write, final, writeKey: {provider, keyName: key.name}, retires: missingIn(final, read)};
}

/** From encryption that is there already: nothing changes but what the servers' manifests lack, and what is not rewritten yet. */
export function adoptStages(base: EncryptionConfiguration, resources: readonly string[], strict: boolean): Stages {
  const {provider, keyName} = writerOf(base, resources);
  const kept = resources.flatMap((resource) => writeKeyOf(base, resource)?.keyName ?? []);
  const final = strict ? dropKeys(base, resources, kept, false) : undefined;
  return {read: base, write: base, final, writeKey: {provider, keyName}, retires: missingIn(final, base)};
}

/** From a configuration that somebody wrote, as `generate` does: identity stays first until every server has it. */
export function givenStages(given: EncryptionConfiguration, strict: boolean): Stages {
  const resources = encryptedOf(given, entriesOf(given));
  const {provider, keyName} = writerOf(given, resources);
  const write = withReadProvider(given, resources, IDENTITY);
  const readsPlaintext = JSON.stringify(write) === JSON.stringify(given);
  return {
    read: demoteToIdentity(given, resources),
    write,
    final: strict ? dropKeys(given, resources, namesIn(given), false) : readsPlaintext ? undefined : given,
    writeKey: {provider, keyName},
    retires: [],
  };
}

/** To a new key, of the same provider or another, or to a KMS: the old ones are readable until nothing is under them any more. */
export function rotateStages(
  base: EncryptionConfiguration,
  resources: readonly string[],
  successor: Successor,
  strict: boolean,
): Stages {
  const isKms = 'endpoint' in successor;
  const [entry, name]: [Provider, string] = isKms
    ? [successor, successor.name]
    : [{type: successor.provider, keys: [successor.key]}, successor.key.name];
  const read = withReadProvider(base, resources, entry);
  const write = promote(read, resources, name);
  const final = dropKeys(write, resources, [name], !strict);
  const provider = isKms ? `kms ${successor.apiVersion}` : successor.provider;
  return {read, write, final, writeKey: {provider, keyName: name}, retires: missingIn(final, read)};
}

/** Back to plaintext: identity is readable everywhere before it is written anywhere, and the keys stay until nothing is under them. */
export function disableStages(base: EncryptionConfiguration): Stages {
  const resources = entriesOf(base);
  return {
    read: withReadProvider(base, resources, IDENTITY),
    write: demoteToIdentity(base, resources),
    final: undefined,
    writeKey: {provider: 'identity', keyName: undefined},
    retires: namesIn(base),
  };
}

/** The names of keys that `before` has and the end has no more. */
function missingIn(final: EncryptionConfiguration | undefined, before: EncryptionConfiguration): string[] {
  const kept = new Set(namesIn(final ?? before));
  return namesIn(before).filter((name) => !kept.has(name));
}

/** The one key that writes all of these. Rejects where there are several: what is stored is proved to be under one. */
function writerOf(
  configuration: EncryptionConfiguration,
  resources: readonly string[],
): {readonly provider: string; readonly keyName: string | undefined} {
  const writers = resources.flatMap((resource) => writeKeyOf(configuration, resource) ?? []);
  const [first = {provider: 'identity'}, ...others] = writers;
  if (others.every(({provider, keyName}) => provider === first.provider && keyName === first.keyName))
    return {provider: first.provider, keyName: first.keyName};
  throw new Problem('these resources are not all written with one key', {
    why: enumerate([...new Set(writers.map(({provider, keyName}) => `${provider} ${keyName}`))]),
    next: 'one change is for one key: let one key be the first of all their rules, or name those of one key: --resources',
    exitCode: ExitCode.usage,
  });
}
