import type {EncryptionConfiguration, Key, Provider, ResourceRule} from './types.ts';

/** What a new value is written with. */
export interface WriteKey {
  /** `secretbox`, `aescbc`, `aesgcm`, `kms v1`, `kms v2` or `identity`. */
  readonly provider: string;
  /** Of a KMS: the provider's name. */
  readonly keyName?: string;
}

/** `deployments.apps` and `*.*` in two parts; the core group is empty. Source: schema.ParseGroupResource. */
export function groupResource(text: string): {readonly group: string; readonly resource: string} {
  const dot = text.indexOf('.');
  return dot < 0 ? {group: '', resource: text} : {group: text.slice(dot + 1), resource: text.slice(0, dot)};
}

/** The same for all spellings of one entry: `secrets` and `secrets.` are one. */
export const entryKey = (text: string): string => {
  const {group, resource} = groupResource(text);
  return `${resource}.${group}`;
};

/** The entries that may speak for a resource; the first that there is does. Source: transformerFromOverrides. */
const candidatesFor = (resource: string): string[] => [
  ...new Set([entryKey(resource), `*.${groupResource(resource).group}`, '*.*']),
];

const lists = (rule: ResourceRule, key: string): boolean => rule.resources.some((entry) => entryKey(entry) === key);

/**
 * Which rules speak for a resource, as indices, in their order: all that name it, else those of its group's wildcard, else those of `*.*`.
 * Several may: the API server puts their providers one behind the other.
 */
export function rulesFor(
  {rules}: EncryptionConfiguration,
  resource: string,
): {readonly entry: string; readonly indices: number[]} {
  for (const entry of candidatesFor(resource)) {
    const indices = rules.flatMap((rule, index) => (lists(rule, entry) ? [index] : []));
    if (indices.length > 0) return {entry, indices};
  }
  return {entry: entryKey(resource), indices: []};
}

/** The providers in force for a resource, the writing one first; empty where no rule covers it: plaintext. */
export const providersFor = (configuration: EncryptionConfiguration, resource: string): readonly Provider[] =>
  rulesFor(configuration, resource).indices.flatMap((index) => configuration.rules[index]?.providers ?? []);

/** What a value of this resource is written with; undefined where no rule covers it, which means plaintext. */
export function writeKeyOf(configuration: EncryptionConfiguration, resource: string): WriteKey | undefined {
  const [first] = providersFor(configuration, resource);
  return first && readKeysOf([first])[0];
}

/** Those of these resources or entries whose new values are not plaintext. */
export const encryptedOf = (configuration: EncryptionConfiguration, names: readonly string[]): string[] =>
  names.filter((name) => (writeKeyOf(configuration, name)?.provider ?? 'identity') !== 'identity');

/** All that these providers read, in the order in which the API server tries them. */
export function readKeysOf(providers: readonly Provider[]): WriteKey[] {
  return providers.flatMap((provider): WriteKey[] => {
    if (provider.type === 'identity') return [{provider: 'identity'}];
    if (provider.type === 'kms') return [{provider: `kms ${provider.apiVersion}`, keyName: provider.name}];
    return provider.keys.map(({name}) => ({provider: provider.type, keyName: name}));
  });
}

/** Every entry of every rule, as it is written there, without repetitions. */
export function entriesOf({rules}: EncryptionConfiguration): string[] {
  const entries = new Map(rules.flatMap((rule) => rule.resources).map((entry) => [entryKey(entry), entry]));
  return [...entries.values()];
}

/** Every key of the file, with its provider's type. */
export const keysOf = ({rules}: EncryptionConfiguration): {readonly type: string; readonly key: Key}[] =>
  rules.flatMap(({providers}) =>
    providers.flatMap((provider) => ('keys' in provider ? provider.keys.map((key) => ({type: provider.type, key})) : [])),
  );

/** The names that may not be used again. */
export const namesIn = ({rules}: EncryptionConfiguration): string[] => [
  ...new Set(rules.flatMap(({providers}) => readKeysOf(providers).flatMap(({keyName}) => keyName ?? []))),
];
