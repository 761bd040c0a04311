import {ExitCode, Problem} from '../../problem.ts';
import {enumerate} from '../../text/enumerate.ts';
import {keysOf, readKeysOf} from './coverage.ts';
import {isolate, sharedKms} from './isolate.ts';
import type {
  EncryptionConfiguration,
  Key,
  KeyedProvider,
  KeyedProviderEntry,
  KmsProviderEntry,
  Provider,
  ResourceRule,
} from './types.ts';

/** Changes the providers of what speaks for `resources`, and nothing else. */
function changeProviders(
  configuration: EncryptionConfiguration,
  resources: readonly string[],
  change: (rule: ResourceRule) => readonly Provider[],
): EncryptionConfiguration {
  const {rules, mine} = isolate(configuration, resources);
  const changed = rules.map((rule) => (mine.has(rule) ? {...rule, providers: change(rule)} : rule));
  const shared = sharedKms(changed);
  if (shared) {
    throw new Problem(`the KMS provider ${shared.name} would stand in two rules`, {
      why: `the API server allows one, and it would be in those for ${shared.resources.map(enumerate).join(', and for ')}`,
      next: 'give it another name in each of them: one plugin can serve several',
      exitCode: ExitCode.negative,
    });
  }
  return {rules: changed};
}

/**
 * The key behind what is there: readable, not written. One that is there already stays where it is. Rejects where the file has another key
 * of that name.
 */
export const withReadKey = (
  configuration: EncryptionConfiguration,
  resources: readonly string[],
  provider: KeyedProvider,
  key: Key,
): EncryptionConfiguration => withReadProvider(configuration, resources, {type: provider, keys: [key]});

/** The same for a provider as a whole: a KMS, or several keys, or `identity`. */
export function withReadProvider(
  configuration: EncryptionConfiguration,
  resources: readonly string[],
  added: Provider,
): EncryptionConfiguration {
  if ('keys' in added) for (const key of added.keys) refuseNamesake(configuration, added.type, key);
  return changeProviders(configuration, resources, ({providers}) => {
    if ('keys' in added) return added.keys.reduce((list, key) => withKey(list, added.type, key), providers);
    if (added.type === 'kms') return withKms(providers, added);
    return providers.some(({type}) => type === 'identity') ? providers : [...providers, added];
  });
}

/** Plaintext becomes readable where it is not. */
export const withIdentity = (configuration: EncryptionConfiguration, resources: readonly string[]): EncryptionConfiguration =>
  withReadProvider(configuration, resources, {type: 'identity'});

function withKey(providers: readonly Provider[], type: KeyedProvider, key: Key): readonly Provider[] {
  const sameType = providers.filter((provider): provider is KeyedProviderEntry => provider.type === type);
  if (sameType.some(({keys}) => keys.some(({name}) => name === key.name))) return providers;
  const last = sameType.at(-1);
  if (last === undefined) return [...providers, {type, keys: [key]}];
  return providers.map((provider) => (provider === last ? {type, keys: [...last.keys, key]} : provider));
}

function withKms(providers: readonly Provider[], added: KmsProviderEntry): readonly Provider[] {
  const namesake = providers.find(
    (provider): provider is KmsProviderEntry => provider.type === 'kms' && provider.name === added.name,
  );
  if (namesake === undefined) return [...providers, added];
  if (namesake.endpoint !== added.endpoint || namesake.apiVersion !== added.apiVersion)
    throw nameTaken(added.name, 'KMS provider');
  return providers;
}

/** A second key under one name makes unreadable what was written with the first (kubernetes#66844). */
function refuseNamesake(configuration: EncryptionConfiguration, type: KeyedProvider, {name, secret}: Key): void {
  const namesakes = keysOf(configuration).filter(({key}) => key.name === name);
  if (namesakes.some((other) => other.type !== type || other.key.secret !== secret)) throw nameTaken(name, 'key');
}

const nameTaken = (name: string, what: string): Problem =>
  new Problem(`the name ${name} is taken`, {
    why: `the configuration has another ${what} of that name, and what was written with it would become unreadable`,
    next: 'choose a name that was never used: --key-name NAME',
    exitCode: ExitCode.negative,
  });

/**
 * That key's provider first, and within it that key first: from now on it writes. All else stays readable, in its order. Rejects where it is
 * not there, or where keys of several providers have that name and `provider` does not tell which is meant.
 */
export function promote(
  configuration: EncryptionConfiguration,
  resources: readonly string[],
  keyName: string,
  provider?: Provider['type'],
): EncryptionConfiguration {
  return changeProviders(configuration, resources, ({resources: covered, providers}) => {
    const holders = providers.filter((entry) => (provider ?? entry.type) === entry.type && namesOf(entry).includes(keyName));
    const [holder, ...others] = holders;
    if (holder === undefined) {
      throw new Problem(`there is no key ${keyName} for ${enumerate(covered)}`, {
        why: `what reads them is ${enumerate(readKeysOf(providers).map((key) => key.keyName ?? key.provider))}`,
        exitCode: ExitCode.negative,
      });
    }
    if (others.some(({type}) => type !== holder.type)) {
      throw new Problem(`more than one key for ${enumerate(covered)} is called ${keyName}`, {
        why: `there is one of ${enumerate(holders.map(({type}) => type))}`,
        next: 'say which is meant: --provider',
        exitCode: ExitCode.negative,
      });
    }
    const promoted = 'keys' in holder ? {...holder, keys: toFront(holder.keys, ({name}) => name === keyName)} : holder;
    return [promoted, ...providers.filter((entry) => entry !== holder)];
  });
}

/** What is written from now on is plaintext; every key still reads. */
export const demoteToIdentity = (configuration: EncryptionConfiguration, resources: readonly string[]): EncryptionConfiguration =>
  changeProviders(configuration, resources, ({providers}) => [
    {type: 'identity'},
    ...providers.filter(({type}) => type !== 'identity'),
  ]);

/**
 * Takes every key away but those in `except` (names; of a KMS the provider's), and `identity` unless it is kept. A rule of nothing but
 * `identity`, which keeps its resources out of a wildcard's, stays. Rejects where what writes now would go.
 */
export function dropKeys(
  configuration: EncryptionConfiguration,
  resources: readonly string[],
  except: readonly string[],
  keepIdentity: boolean,
): EncryptionConfiguration {
  const isKept = (name: string) => except.includes(name);
  return changeProviders(configuration, resources, ({resources: covered, providers}) => {
    if (providers.every(({type}) => type === 'identity')) return providers;
    const remaining = providers.flatMap((provider): Provider[] => {
      if (provider.type === 'identity') return keepIdentity ? [provider] : [];
      if (provider.type === 'kms') return isKept(provider.name) ? [provider] : [];
      const keys = provider.keys.filter(({name}) => isKept(name));
      return keys.length > 0 ? [{...provider, keys}] : [];
    });
    const [writer] = readKeysOf(providers);
    const [next] = readKeysOf(remaining);
    if (writer?.provider !== next?.provider || writer?.keyName !== next?.keyName) {
      throw new Problem(`what writes ${enumerate(covered)} now cannot be taken away`, {
        why: `${writer?.keyName ?? 'identity'} comes first there, and what is written with it would become unreadable`,
        next: 'put another key first, and rewrite what is stored, before this one goes',
        exitCode: ExitCode.negative,
      });
    }
    return remaining;
  });
}

const namesOf = (provider: Provider): string[] => readKeysOf([provider]).flatMap(({keyName}) => keyName ?? []);

function toFront<T>(items: readonly T[], isIt: (item: T) => boolean): readonly T[] {
  const it = items.find(isIt);
  return it === undefined ? items : [it, ...items.filter((item) => item !== it)];
}
