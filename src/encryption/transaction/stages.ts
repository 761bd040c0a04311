import {ExitCode, Problem} from '../../problem.ts';
import {type EncryptionConfiguration, emptyConfiguration, type Key, type KeyedProvider} from '../configuration/configuration.ts';
import {entriesOf, namesIn, writeKeyOf} from '../configuration/coverage.ts';
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

/** From no encryption, or from encryption of other resources: nobody can read the new key's values before all servers have that key. */
export function setupStages(
  base: EncryptionConfiguration | undefined,
  resources: readonly string[],
  {provider, key}: KeyChoice,
  strict: boolean,
): Stages {
  const read = withReadKey(base ?? emptyConfiguration, resources, provider, key);
  const write = promote(read, resources, key.name);
  return {
    read,
    write,
    final: strict ? dropKeys(write, resources, [key.name], false) : undefined,
    writeKey: {provider, keyName: key.name},
    retires: [],
  };
}

/** From encryption that is there already: nothing changes but what the servers' manifests lack, and what is not rewritten yet. */
export function adoptStages(base: EncryptionConfiguration, resources: readonly string[], strict: boolean): Stages {
  const {provider, keyName} = writeKeyOf(base, resources[0] ?? '') ?? {provider: 'identity'};
  const kept = resources.flatMap((resource) => writeKeyOf(base, resource)?.keyName ?? []);
  return {
    read: base,
    write: base,
    final: strict ? dropKeys(base, resources, kept, false) : undefined,
    writeKey: {provider, keyName},
    retires: [],
  };
}

/** From a configuration that somebody wrote, as `generate` does: identity stays first until every server has it. */
export function givenStages(given: EncryptionConfiguration, strict: boolean): Stages {
  const resources = entriesOf(given);
  const first = writeKeyOf(given, resources[0] ?? '');
  if (first === undefined || first.provider === 'identity') {
    throw new Problem('this configuration encrypts nothing', {
      why: 'identity is the first provider of its first rule, so values are written as they are',
      next: 'put another provider first, or let kops write one: kops encrypt-at-rest generate --out FILE',
      exitCode: ExitCode.usage,
    });
  }
  const write = withReadProvider(given, resources, IDENTITY);
  const wantsIdentity = JSON.stringify(write) === JSON.stringify(given);
  return {
    read: demoteToIdentity(given, resources),
    write,
    final: strict || !wantsIdentity ? dropKeys(given, resources, namesIn(given), false) : undefined,
    writeKey: {provider: first.provider, keyName: first.keyName},
    retires: [],
  };
}

/** To a new key, of the same provider or another: the old ones are readable until nothing is under them any more. */
export function rotateStages(
  base: EncryptionConfiguration,
  resources: readonly string[],
  {provider, key}: KeyChoice,
  strict: boolean,
): Stages {
  const read = withReadKey(base, resources, provider, key);
  const write = promote(read, resources, key.name);
  const final = dropKeys(write, resources, [key.name], !strict);
  const kept = new Set(namesIn(final));
  return {
    read,
    write,
    final,
    writeKey: {provider, keyName: key.name},
    retires: namesIn(base).filter((name) => !kept.has(name)),
  };
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
