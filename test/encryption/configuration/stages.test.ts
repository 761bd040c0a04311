import {describe, expect, test} from 'vitest';
import {
  demoteToIdentity,
  dropKeys,
  emptyConfiguration,
  promote,
  withIdentity,
  withReadKey,
  withReadProvider,
} from '../../../src/encryption/configuration/configuration.ts';
import {Problem} from '../../../src/problem.ts';
import {
  configurationOf,
  identity,
  keyed,
  keyOf,
  kms,
  ruleOf,
  secretbox,
  summaryOf,
} from '../../support/encryption-configurations.ts';

const secrets = ['secrets'];

test('setting up, rotating to another provider and going back, stage by stage', () => {
  const first = withReadKey(emptyConfiguration, secrets, 'aescbc', keyOf('key1'));
  const written = promote(first, secrets, 'key1');
  const second = withReadKey(written, secrets, 'secretbox', keyOf('key2'));
  const rotated = promote(second, secrets, 'key2');
  const dropped = dropKeys(rotated, secrets, ['key2'], true);
  const strict = dropKeys(rotated, secrets, ['key2'], false);
  const back = withIdentity(strict, secrets);
  const stages = [first, written, second, rotated, dropped, strict, back, demoteToIdentity(back, secrets)];
  expect(stages.map(summaryOf)).toEqual([
    'secrets: identity, aescbc key1',
    'secrets: aescbc key1, identity',
    'secrets: aescbc key1, identity, secretbox key2',
    'secrets: secretbox key2, aescbc key1, identity',
    'secrets: secretbox key2, identity',
    'secrets: secretbox key2',
    'secrets: secretbox key2, identity',
    'secrets: identity, secretbox key2',
  ]);
});

test('a key of the same provider joins its list, behind the one that writes', () => {
  const base = configurationOf(ruleOf('secrets', secretbox('old'), identity));
  const readable = withReadKey(base, secrets, 'secretbox', keyOf('new'));
  expect(summaryOf(readable)).toBe('secrets: secretbox old new, identity');
  expect(summaryOf(promote(readable, secrets, 'new'))).toBe('secrets: secretbox new old, identity');
});

describe('only what is asked for changes', () => {
  const key = keyOf('new');
  test.each([
    [
      'a rule that covers more is split',
      configurationOf(ruleOf('configmaps secrets events', secretbox('old'), identity)),
      secrets,
      'secrets: secretbox new old, identity\nconfigmaps events: secretbox old, identity',
    ],
    [
      'a rule that covers exactly that is not',
      configurationOf(ruleOf('configmaps secrets', secretbox('old'))),
      ['secrets', 'configmaps'],
      'configmaps secrets: secretbox new old',
    ],
    [
      'what a wildcard covers gets a rule in front of it',
      configurationOf(ruleOf('events', identity), ruleOf('*.*', secretbox('old'))),
      secrets,
      'events: identity\nsecrets: secretbox new old\n*.*: secretbox old',
    ],
    [
      'a group gets a rule in front of everything',
      configurationOf(ruleOf('*.*', secretbox('old'))),
      ['*.apps', 'deployments.apps'],
      'deployments.apps: secretbox new old\n*.apps: secretbox new old\n*.*: secretbox old',
    ],
    [
      'a wildcard and something that it covers',
      configurationOf(ruleOf('*.apps', secretbox('old'))),
      ['*.apps', 'deployments.apps'],
      'deployments.apps: secretbox new old\n*.apps: secretbox new old',
    ],
    [
      'a wildcard stands for what has no entry of its own',
      configurationOf(ruleOf('events', identity), ruleOf('*.*', secretbox('old'))),
      ['*.*'],
      'events: identity\n*.*: secretbox new old',
    ],
    [
      'a further resource gets a rule behind the others, and starts as plaintext',
      configurationOf(ruleOf('secrets', secretbox('old'), identity)),
      ['configmaps', 'widgets.example.com'],
      'secrets: secretbox old, identity\nconfigmaps widgets.example.com: secretbox new, identity',
    ],
    [
      'further wildcards stand behind further names, as the API server demands',
      configurationOf(ruleOf('secrets', secretbox('old'))),
      ['*.*', '*.', 'configmaps'],
      'secrets: secretbox old\nconfigmaps: secretbox new, identity\n*.: secretbox new, identity\n*.*: secretbox new, identity',
    ],
    [
      'a resource in two rules, which the API server reads as one list, is gathered in the first',
      configurationOf(ruleOf('secrets', secretbox('old')), ruleOf('configmaps secrets', keyed('aescbc', 'older'), identity)),
      secrets,
      'secrets: secretbox new old, aescbc older, identity\nconfigmaps: aescbc older, identity',
    ],
    [
      'spelt with an empty group it is the same',
      configurationOf(ruleOf('secrets.', secretbox('old'))),
      secrets,
      'secrets.: secretbox new old',
    ],
    [
      'a mixed rule stays whole where all of it is asked for, though a KMS could not be split',
      configurationOf(ruleOf('secrets *.apps', kms('vault'), identity)),
      ['*.apps', 'secrets'],
      'secrets *.apps: secretbox new, kms vault, identity',
    ],
  ])('%s', (_case, base, resources, expected) => {
    const changed = promote(withReadKey(base, resources, 'secretbox', key), resources, 'new');
    expect(summaryOf(changed)).toBe(expected);
  });
});

describe('refused with a reason', () => {
  const shared = configurationOf(ruleOf('secrets configmaps', kms('vault'), identity));
  test.each([
    ['a rule with a KMS that covers more', () => withReadKey(shared, secrets, 'secretbox', keyOf('new'))],
    [
      'a wildcard with a KMS',
      () => withReadKey(configurationOf(ruleOf('*.*', kms('vault'))), secrets, 'secretbox', keyOf('new')),
    ],
    [
      'a name with other bytes',
      () => withReadKey(configurationOf(ruleOf('secrets', secretbox('key1'))), secrets, 'secretbox', keyOf('key1', 'x')),
    ],
    [
      'a name under another provider',
      () => withReadKey(configurationOf(ruleOf('secrets', secretbox('key1'))), secrets, 'aescbc', keyOf('key1')),
    ],
    [
      'a name with other bytes in another rule',
      () => withReadKey(configurationOf(ruleOf('events', secretbox('key1'))), secrets, 'secretbox', keyOf('key1', 'x')),
    ],
    [
      'a KMS of that name at another socket',
      () => withReadProvider(shared, ['secrets', 'configmaps'], {...kms('vault'), endpoint: 'unix:///x'} as never),
    ],
    [
      'a KMS that another rule has',
      () => withReadProvider(configurationOf(ruleOf('events', kms('vault'))), secrets, kms('vault')),
    ],
    ['a KMS for what needs two rules', () => withReadProvider(emptyConfiguration, ['secrets', '*.*'], kms('vault'))],
    [
      'promoting what is not there',
      () => promote(configurationOf(ruleOf('secrets', secretbox('key1'), identity)), secrets, 'key2'),
    ],
    [
      'promoting a name that two providers have',
      () => promote(configurationOf(ruleOf('secrets', identity, secretbox('key1'), keyed('aescbc', 'key1'))), secrets, 'key1'),
    ],
    [
      'dropping the key that writes',
      () => dropKeys(configurationOf(ruleOf('secrets', secretbox('old', 'new'))), secrets, ['new'], true),
    ],
    [
      'dropping plaintext while it is written',
      () => dropKeys(configurationOf(ruleOf('secrets', identity, secretbox('new'))), secrets, ['new'], false),
    ],
    ['dropping everything', () => dropKeys(configurationOf(ruleOf('secrets', secretbox('new'))), secrets, [], true)],
  ])('%s', (_case, change) => {
    expect(change).toThrow(Problem);
  });

  test('the reasons are told', () => {
    const told = (change: () => unknown) => {
      try {
        change();
      } catch (error) {
        if (error instanceof Problem) return [error.message, error.why, error.next].filter(Boolean).join('\n');
      }
      return undefined;
    };
    expect(told(() => withReadKey(shared, secrets, 'secretbox', keyOf('new')))).toMatchInlineSnapshot(`
      "secrets cannot be changed apart from what else the KMS provider vault is for
      the API server lets a KMS provider stand in one rule only, and its rule is for secrets and configmaps
      change all of them at once: --resources secrets,configmaps"
    `);
    expect(
      told(() => withReadKey(configurationOf(ruleOf('secrets', secretbox('key1'))), secrets, 'aescbc', keyOf('key1'))),
    ).toMatchInlineSnapshot(`
      "the name key1 is taken
      the configuration has another key of that name, and what was written with it would become unreadable
      choose a name that was never used: --key-name NAME"
    `);
    expect(
      told(() => promote(configurationOf(ruleOf('secrets', secretbox('key1'), identity)), secrets, 'key2')),
    ).toMatchInlineSnapshot(`
      "there is no key key2 for secrets
      what reads them is key1 and identity"
    `);
    expect(
      told(() => dropKeys(configurationOf(ruleOf('secrets', secretbox('old', 'new'))), secrets, ['new'], true)),
    ).toMatchInlineSnapshot(`
      "what writes secrets now cannot be taken away
      old comes first there, and what is written with it would become unreadable
      put another key first, and rewrite what is stored, before this one goes"
    `);
  });
});

test('a name that two providers have is promoted where the provider is told', () => {
  const base = configurationOf(ruleOf('secrets', identity, secretbox('key1'), keyed('aescbc', 'key1')));
  expect(summaryOf(promote(base, secrets, 'key1', 'aescbc'))).toBe('secrets: aescbc key1, identity, secretbox key1');
});

test('a KMS is set up in the same stages', () => {
  const readable = withReadProvider(emptyConfiguration, secrets, kms('vault'));
  expect(summaryOf(readable)).toBe('secrets: identity, kms vault');
  expect(summaryOf(promote(readable, secrets, 'vault'))).toBe('secrets: kms vault, identity');
});

test('dropping plaintext leaves alone what is kept out of a wildcard', () => {
  const base = configurationOf(ruleOf('events', identity), ruleOf('*.*', secretbox('key1'), identity));
  expect(summaryOf(dropKeys(base, ['events', '*.*'], ['key1'], false))).toBe('events: identity\n*.*: secretbox key1');
});
