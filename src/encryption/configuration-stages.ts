import {ExitCode, Problem} from '../problem.ts';
import {enumerate} from '../text/enumerate.ts';
import {entryKey, groupResource, readKeysOf, rulesFor} from './configuration-coverage.ts';
import type {
  EncryptionConfiguration,
  Key,
  KeyedProvider,
  KeyedProviderEntry,
  Provider,
  ResourceRule,
} from './configuration-types.ts';

/**
 * The same configuration with rules of their own for `resources`, so that a stage can change these alone. An entry that a wildcard covers
 * gets a copy of the wildcard's rule in front of it; one that nothing covers gets `identity`, which is how it is stored. A requested
 * wildcard stands for what has no entry of its own. Rejects where a KMS provider would have to stand in two rules, which the API server
 * refuses.
 */
export function isolate({rules}: EncryptionConfiguration, resources: readonly string[]): Isolated {
  const asked = new Map(resources.map((resource) => [entryKey(resource), resource]));
  const mine = new Set<ResourceRule>();
  const before = rules.map((): ResourceRule[] => []);
  const behind: ResourceRule[] = [];
  for (const {entries, sources} of groupBySources({rules}, asked)) {
    const rule = gather(rules, entries, sources);
    mine.add(rule);
    (before[sources[0] ?? -1] ?? behind).push(rule);
  }
  const isolated = rules.flatMap((rule, index) => {
    const rest = rule.resources.filter((entry) => !asked.has(entryKey(entry)));
    return [...(before[index] ?? []), ...(rest.length > 0 ? [{...rule, resources: rest}] : [])];
  });
  const all = [...isolated, ...behind];
  refuseSharedKms(all, resources);
  return {rules: all, mine};
}

interface Isolated {
  readonly rules: readonly ResourceRule[];
  readonly mine: ReadonlySet<ResourceRule>;
}

interface Group {
  readonly entries: string[];
  /** Indices of the rules that speak for all of these; empty where none does. */
  readonly sources: readonly number[];
}

/** What is asked for, by the rules that speak for it now; in the order in which rules at the same place must stand. */
function groupBySources(configuration: EncryptionConfiguration, asked: ReadonlyMap<string, string>): Group[] {
  const groups = new Map<string, Group>();
  for (const [key, text] of asked) {
    const {entry, indices} = rulesFor(configuration, text);
    const own = entry === key && indices.length > 0;
    const id = `${own ? 3 : rank(key)} ${indices.join()}`; // what a rule names itself comes behind what it only covers
    const group = groups.get(id) ?? {entries: [], sources: indices};
    group.entries.push(text);
    groups.set(id, group);
  }
  return [...groups.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, group]) => group);
}

/** One rule with all the providers that are in force for these entries. */
function gather(rules: readonly ResourceRule[], entries: readonly string[], sources: readonly number[]): ResourceRule {
  const [only, ...others] = sources.flatMap((index) => rules[index] ?? []);
  if (only === undefined) return {resources: entries, providers: [{type: 'identity'}]};
  const inOrder = only.resources.filter((entry) => entries.some((other) => entryKey(other) === entryKey(entry)));
  return {
    resources: inOrder.length === entries.length ? inOrder : entries,
    providers: [only, ...others].flatMap(({providers}) => providers),
  };
}

/** Plain names before wildcards of a group before `*.*`: the API server refuses what an earlier wildcard masks. */
function rank(key: string): number {
  if (key === '*.*') return 2;
  return groupResource(key).resource === '*' ? 1 : 0;
}

function refuseSharedKms(rules: readonly ResourceRule[], resources: readonly string[]): void {
  const names = new Map<string, ResourceRule[]>();
  for (const rule of rules) {
    for (const provider of rule.providers) {
      if (provider.type === 'kms') names.set(provider.name, [...(names.get(provider.name) ?? []), rule]);
    }
  }
  for (const [name, holders] of names) {
    if (holders.length < 2) continue;
    const all = holders.flatMap((rule) => rule.resources);
    throw new Problem(`${enumerate(resources)} cannot be changed alone`, {
      why: `the rule with the KMS provider ${name} covers ${enumerate(all)}, and the API server lets a KMS provider stand in one rule only`,
      next: `change all that it covers: --resources ${all.join(',')}`,
      exitCode: ExitCode.negative,
    });
  }
}

/** Changes the providers of the rules that speak for `resources`, and nothing else. */
function changeProviders(
  configuration: EncryptionConfiguration,
  resources: readonly string[],
  change: (providers: readonly Provider[], rule: ResourceRule) => readonly Provider[],
): EncryptionConfiguration {
  const {rules, mine} = isolate(configuration, resources);
  return {rules: rules.map((rule) => (mine.has(rule) ? {...rule, providers: change(rule.providers, rule)} : rule))};
}

/** Appended after what is there: readable, not written. A key that is there already stays where it is. */
export const withReadKey = (
  configuration: EncryptionConfiguration,
  resources: readonly string[],
  provider: KeyedProvider,
  key: Key,
): EncryptionConfiguration => withReadProvider(configuration, resources, {type: provider, keys: [key]});

/** The same for a provider as a whole: a KMS, or several keys. */
export function withReadProvider(
  configuration: EncryptionConfiguration,
  resources: readonly string[],
  added: Provider,
): EncryptionConfiguration {
  return changeProviders(configuration, resources, (providers, rule) => {
    if (added.type === 'identity') return providers.some(({type}) => type === 'identity') ? providers : [...providers, added];
    if (added.type === 'kms') {
      const same = providers.find((provider) => provider.type === 'kms' && provider.name === added.name);
      if (same && JSON.stringify(same) !== JSON.stringify(added)) throw nameTaken(added.name, rule);
      return same ? providers : [...providers, added];
    }
    return added.keys.reduce((list, key) => withKey(list, added.type, key, rule), providers);
  });
}

function withKey(providers: readonly Provider[], type: KeyedProvider, key: Key, rule: ResourceRule): readonly Provider[] {
  const holders = providers.filter((provider): provider is KeyedProviderEntry => provider.type === type);
  const namesakes = providers.flatMap((provider) =>
    'keys' in provider
      ? provider.keys.filter(({name}) => name === key.name).map(({secret}) => ({type: provider.type, secret}))
      : [],
  );
  if (namesakes.some((other) => other.type === type && other.secret === key.secret)) return providers;
  if (namesakes.length > 0) throw nameTaken(key.name, rule);
  const last = holders.at(-1);
  if (last === undefined) return [...providers, {type, keys: [key]}];
  return providers.map((provider) => (provider === last ? {type, keys: [...last.keys, key]} : provider));
}

const nameTaken = (name: string, rule: ResourceRule): Problem =>
  new Problem(`the name ${name} is taken`, {
    why: `the rule for ${enumerate(rule.resources)} has another key of that name, and what was written with it would become unreadable`,
    next: 'choose a name that was never used: --key-name NAME',
    exitCode: ExitCode.negative,
  });

/** That key's provider first, and within it that key first: from now on it writes. Everything else stays readable, in its order. */
export function promote(
  configuration: EncryptionConfiguration,
  resources: readonly string[],
  keyName: string,
  provider?: string,
): EncryptionConfiguration {
  return changeProviders(configuration, resources, (providers, rule) => {
    const holders = providers.filter(
      (entry) =>
        (provider === undefined || entry.type === provider) && readKeysOf([entry]).some((key) => key.keyName === keyName),
    );
    const [holder, ...others] = holders;
    if (holder === undefined) throw notThere(keyName, rule);
    if (others.some(({type}) => type !== holder.type)) throw ambiguous(keyName, rule);
    const promoted = 'keys' in holder ? {...holder, keys: first(holder.keys, ({name}) => name === keyName)} : holder;
    return [promoted, ...providers.filter((entry) => entry !== holder)];
  });
}

/** Plaintext is readable: appended where it is not yet. */
export const withIdentity = (configuration: EncryptionConfiguration, resources: readonly string[]): EncryptionConfiguration =>
  withReadProvider(configuration, resources, {type: 'identity'});

/** What is written from now on is plaintext; every key still reads. */
export const demoteToIdentity = (configuration: EncryptionConfiguration, resources: readonly string[]): EncryptionConfiguration =>
  changeProviders(configuration, resources, (providers) => [
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
  const kept = new Set(except);
  return changeProviders(configuration, resources, (providers, rule) => {
    if (providers.every(({type}) => type === 'identity')) return providers;
    const remaining = providers.flatMap((provider): Provider[] => {
      if (provider.type === 'identity') return keepIdentity ? [provider] : [];
      if (provider.type === 'kms') return kept.has(provider.name) ? [provider] : [];
      const keys = provider.keys.filter(({name}) => kept.has(name));
      return keys.length > 0 ? [{...provider, keys}] : [];
    });
    const [writer] = readKeysOf(providers);
    const [next] = readKeysOf(remaining);
    if (writer?.provider !== next?.provider || writer?.keyName !== next?.keyName) {
      throw new Problem(`what writes ${enumerate(rule.resources)} now cannot be taken away`, {
        why: `${writer?.keyName ?? 'identity'} comes first there: new values would become unreadable`,
        next: 'put another key first, and rewrite what is stored, before this one goes',
        exitCode: ExitCode.negative,
      });
    }
    return remaining;
  });
}

function first<T>(items: readonly T[], isIt: (item: T) => boolean): readonly T[] {
  const it = items.find(isIt);
  return it === undefined ? items : [it, ...items.filter((item) => item !== it)];
}

const notThere = (keyName: string, rule: ResourceRule): Problem =>
  new Problem(`there is no key ${keyName} for ${enumerate(rule.resources)}`, {
    why: `that rule has ${enumerate(readKeysOf(rule.providers).map((key) => key.keyName ?? key.provider))}`,
    exitCode: ExitCode.negative,
  });

const ambiguous = (keyName: string, rule: ResourceRule): Problem =>
  new Problem(`more than one key is called ${keyName}`, {
    why: `the rule for ${enumerate(rule.resources)} has one under ${enumerate(rule.providers.filter((entry) => 'keys' in entry && entry.keys.some(({name}) => name === keyName)).map(({type}) => type))}`,
    next: 'name the provider as well: --provider',
    exitCode: ExitCode.negative,
  });
