import {createHash} from 'node:crypto';
import fc from 'fast-check';
import {
  documentOf,
  type EncryptionConfiguration,
  type Key,
  type KeyedProvider,
  keyedProviders,
  type Provider,
  type ResourceRule,
} from '../../src/encryption/configuration/configuration.ts';
import {decodeConfiguration} from '../../src/encryption/configuration/decode.ts';

/** A key whose secret is made of its name, or of `seed`. */
export const keyOf = (name: string, seed = name): Key => ({name, secret: createHash('sha256').update(seed).digest('base64')});

export const keyed = (type: KeyedProvider, ...names: readonly string[]): Provider => ({
  type,
  keys: names.map((name) => keyOf(name)),
});
export const secretbox = (...names: readonly string[]): Provider => keyed('secretbox', ...names);
export const identity: Provider = {type: 'identity'};
export const kms = (name: string): Provider => ({type: 'kms', apiVersion: 'v2', name, endpoint: `unix:///run/${name}.sock`});

export const ruleOf = (resources: string, ...providers: readonly Provider[]): ResourceRule => ({
  resources: resources.split(' '),
  providers,
});
export const configurationOf = (...rules: readonly ResourceRule[]): EncryptionConfiguration => ({rules});

/** `secrets: secretbox new old, identity`, a line for each rule. */
export const summaryOf = ({rules}: EncryptionConfiguration): string =>
  rules.map(({resources, providers}) => `${resources.join(' ')}: ${providers.map(providerSummary).join(', ')}`).join('\n');

function providerSummary(provider: Provider): string {
  if (provider.type === 'identity') return provider.type;
  return [provider.type, ...(provider.type === 'kms' ? [provider.name] : provider.keys.map(({name}) => name))].join(' ');
}

/** Entries that overlap in all ways there are. */
const entries = ['secrets', 'configmaps', 'deployments.apps', 'jobs.batch', 'widgets.example.com', '*.', '*.apps', '*.*'];
/** Something for each entry to speak for, and something for wildcards alone. */
export const resources = [
  ...entries.filter((entry) => !entry.startsWith('*')),
  'events',
  'statefulsets.apps',
  'leases.coordination.k8s.io',
];

/** Names that YAML takes for something else where they stand bare. */
export const oddNames = [
  ...[
    'yes',
    'y',
    'N',
    'Off',
    'TRUE',
    'null',
    'nUll',
    '~',
    '0',
    '007',
    '08',
    '0777',
    '0x1F',
    '0o17',
    '0b11',
    '0_7',
    '1_000',
    '1e3',
    '1e+5',
  ],
  ...[
    '.5',
    '5.',
    '1.5e3',
    '.inf',
    '-.INF',
    '.nan',
    '+12',
    'e10',
    '12:30:45',
    '190:20',
    '2026-11-23',
    '-',
    '--',
    '---',
    '...',
    '=',
    '<<',
  ],
  ...[
    '#a',
    'a #b',
    'a: b',
    "it's",
    '"q"',
    '*a',
    '&a',
    '!x',
    '%y',
    '@z',
    '`w',
    '[a]',
    '{b}',
    'a,b',
    '?',
    '- a',
    '|',
    '>',
    ' lead',
    'trail ',
  ],
  ...[
    'schlüssel',
    '键',
    '😀',
    'a\tb',
    'a\nb',
    'back\\slash',
    'k\u2028k',
    'k\u2029k',
    'k\u0085k',
    '\ufeffbom',
    'a\u0000b',
    'del\u007f',
  ],
];
const names = ['key1', 'key2', 'key-20261123-1', 'yes', '0123', 'a b', '1e3', '0o17', 'k\u2028k', 'del\u007f'];
const keyArbitrary = fc.constantFrom(...names).map((name) => keyOf(name));
const providerArbitrary: fc.Arbitrary<Provider> = fc.oneof(
  fc.constant(identity),
  fc.record({
    type: fc.constantFrom(...keyedProviders),
    keys: fc.uniqueArray(keyArbitrary, {minLength: 1, maxLength: 3, selector: ({name}) => name}),
  }),
  {weight: 1, arbitrary: fc.constantFrom('vault', 'cloud').map(kms)},
);
const ruleArbitrary = fc.record({
  resources: fc.uniqueArray(fc.constantFrom(...entries), {minLength: 1, maxLength: 3}),
  providers: fc.array(providerArbitrary, {minLength: 1, maxLength: 4}),
});

const isValid = (configuration: EncryptionConfiguration): boolean =>
  decodeConfiguration(documentOf(configuration)).flaws.length === 0;

/** Those that an API server starts with. */
export const validConfigurations: fc.Arbitrary<EncryptionConfiguration> = fc
  .record({rules: fc.array(ruleArbitrary, {minLength: 1, maxLength: 4})})
  .map(({rules}) => {
    // Drops what makes a random file invalid, instead of throwing nearly all of them away.
    const kept: ResourceRule[] = [];
    for (const rule of rules) if (isValid({rules: [...kept, rule]})) kept.push(rule);
    return {rules: kept};
  })
  .filter(({rules}) => rules.length > 0);

export const askedResources = fc.uniqueArray(fc.constantFrom(...entries), {minLength: 1, maxLength: 4});
