import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {
  type EncryptionConfiguration,
  type Key,
  type KeyedProvider,
  keyedProviders,
} from '../../../src/encryption/configuration/configuration.ts';
import {providersFor, readKeysOf, writeKeyOf} from '../../../src/encryption/configuration/coverage.ts';
import {
  adoptStages,
  disableStages,
  givenStages,
  rotateStages,
  type Stages,
  setupStages,
} from '../../../src/encryption/transaction/stages.ts';

const key = (name: string): Key => ({name, secret: Buffer.alloc(32, name).toString('base64')});
const choice = (name: string, provider: KeyedProvider = 'secretbox') => ({provider, key: key(name)});
const secrets = ['secrets'];
const rule = (
  providers: EncryptionConfiguration['rules'][number]['providers'],
  resources = secrets,
): EncryptionConfiguration => ({
  rules: [{resources, providers}],
});
const identity = {type: 'identity'} as const;
const aescbc = (...names: string[]) => ({type: 'aescbc', keys: names.map(key)}) as const;
const secretbox = (...names: string[]) => ({type: 'secretbox', keys: names.map(key)}) as const;

const vault = {type: 'kms', apiVersion: 'v2', name: 'vault', endpoint: 'unix:///run/kms/plugin.sock'} as const;

/** `identity` or `provider/key`, the writing one first. */
const order = (configuration: EncryptionConfiguration | undefined, resource = 'secrets') =>
  configuration &&
  readKeysOf(providersFor(configuration, resource)).map(({provider, keyName}) => (keyName ? `${provider}/${keyName}` : provider));
const orders = ({read, write, final}: Stages, resource?: string) => [read, write, final].map((stage) => order(stage, resource));

test.each<[string, Stages, (string[] | undefined)[]]>([
  [
    'from nothing',
    setupStages(undefined, secrets, choice('new'), false),
    [['identity', 'secretbox/new'], ['secretbox/new', 'identity'], undefined],
  ],
  [
    'from nothing, strictly',
    setupStages(undefined, secrets, choice('new'), true),
    [['identity', 'secretbox/new'], ['secretbox/new', 'identity'], ['secretbox/new']],
  ],
  [
    'from a setup that was rolled back',
    setupStages(rule([identity, secretbox('old')]), secrets, choice('old'), false),
    [['identity', 'secretbox/old'], ['secretbox/old', 'identity'], undefined],
  ],
  [
    'from what somebody set up by hand',
    adoptStages(rule([aescbc('key1'), identity]), secrets, false),
    [['aescbc/key1', 'identity'], ['aescbc/key1', 'identity'], undefined],
  ],
  [
    'from a file without identity: it is there until all is rewritten',
    givenStages(rule([aescbc('key1')]), false),
    [['identity', 'aescbc/key1'], ['aescbc/key1', 'identity'], ['aescbc/key1']],
  ],
  [
    'to a new key',
    rotateStages(rule([secretbox('a'), identity]), secrets, choice('b'), false),
    [
      ['secretbox/a', 'secretbox/b', 'identity'],
      ['secretbox/b', 'secretbox/a', 'identity'],
      ['secretbox/b', 'identity'],
    ],
  ],
  [
    'to another provider',
    rotateStages(rule([aescbc('a'), identity]), secrets, choice('b'), true),
    [['aescbc/a', 'identity', 'secretbox/b'], ['secretbox/b', 'aescbc/a', 'identity'], ['secretbox/b']],
  ],
  [
    'to a KMS',
    rotateStages(rule([secretbox('a'), identity]), secrets, vault, false),
    [
      ['secretbox/a', 'identity', 'kms v2/vault'],
      ['kms v2/vault', 'secretbox/a', 'identity'],
      ['kms v2/vault', 'identity'],
    ],
  ],
  [
    'from one KMS to another',
    rotateStages(rule([{...vault, name: 'before'}]), secrets, vault, true),
    [['kms v2/before', 'kms v2/vault'], ['kms v2/vault', 'kms v2/before'], ['kms v2/vault']],
  ],
  [
    'back to plaintext, where plaintext could not be read any more',
    disableStages(rule([secretbox('a')])),
    [['secretbox/a', 'identity'], ['identity', 'secretbox/a'], undefined],
  ],
])('%s', (_case, stages, expected) => {
  expect(orders(stages)).toEqual(expected);
});

test('a further resource does not change what is encrypted already', () => {
  const stages = setupStages(rule([secretbox('a')]), ['configmaps'], choice('a'), false);
  expect(orders(stages, 'secrets')).toEqual([['secretbox/a'], ['secretbox/a'], undefined]);
  expect(orders(stages, 'configmaps')).toEqual([['identity', 'secretbox/a'], ['secretbox/a', 'identity'], undefined]);
});

test('a rotation retires every key but the new one, and says so', () => {
  expect(rotateStages(rule([secretbox('a')]), secrets, vault, false)).toMatchObject({
    writeKey: {provider: 'kms v2', keyName: 'vault'},
    retires: ['a'],
  });
  expect(rotateStages(rule([secretbox('a', 'b'), aescbc('c')]), secrets, choice('d'), false).retires).toEqual(['a', 'b', 'c']);
});

test.each([
  ['taking over', adoptStages],
  [
    'a setup',
    (base: EncryptionConfiguration, resources: string[], strict: boolean) => setupStages(base, resources, choice('a'), strict),
  ],
])('%s that ends strictly retires the keys that only read until then', (_case, stages) => {
  const base = rule([secretbox('a', 'b'), aescbc('c'), identity]);
  expect(stages(base, secrets, true)).toMatchObject({retires: ['b', 'c']});
  expect(stages(base, secrets, false)).toMatchObject({retires: []});
});

test('nothing is taken over that several keys write: nothing could be proved of it', () => {
  const two = {rules: [...rule([secretbox('a')]).rules, ...rule([secretbox('b')], ['configmaps']).rules]};
  expect(() => adoptStages(two, ['secrets', 'configmaps'], false)).toThrow('not all written with one key');
});

describe('whatever there was before', () => {
  const names = fc.uniqueArray(fc.constantFrom('a', 'b', 'c'), {minLength: 1});
  const keyed = fc.record({type: fc.constantFrom(...keyedProviders), names});
  const before = fc
    .tuple(fc.uniqueArray(keyed, {selector: ({type}) => type, minLength: 1, maxLength: 3}), fc.option(fc.nat(3)))
    .map(([list, at]) => {
      let n = 0;
      const providers: EncryptionConfiguration['rules'][number]['providers'][number][] = list.map(({type, names}) => ({
        type,
        keys: names.map((name) => key(`${name}${n++}`)),
      }));
      if (at !== null) providers.splice(Math.min(at, providers.length), 0, identity);
      return rule(providers);
    });
  const stagesOf = fc.tuple(before, fc.constantFrom(...keyedProviders), fc.boolean());

  test('each stage reads what the one before and the one after write', () => {
    fc.assert(
      fc.property(stagesOf, ([base, provider, strict]) => {
        for (const stages of [rotateStages(base, secrets, choice('new', provider), strict), disableStages(base)]) {
          const chain = [base, stages.read, stages.write, ...(stages.final ? [stages.final] : [])];
          for (const [i, configuration] of chain.entries()) {
            const readable = order(configuration) ?? [];
            // What is under the write key of two stages before is rewritten and verified in between.
            const writers = [chain[i - 1], chain[i + 1]].flatMap((neighbour) => order(neighbour)?.[0] ?? []);
            const isFinal = configuration === stages.final;
            expect(readable).toEqual(expect.arrayContaining(isFinal ? [stages.final && order(stages.final)?.[0]] : writers));
          }
        }
      }),
    );
  });

  test('nothing that the cluster could read before is unreadable until everything is rewritten', () => {
    fc.assert(
      fc.property(stagesOf, ([base, provider, strict]) => {
        for (const stages of [rotateStages(base, secrets, choice('new', provider), strict), disableStages(base)]) {
          for (const stage of [stages.read, stages.write])
            expect(order(stage)).toEqual(expect.arrayContaining(order(base) ?? []));
        }
      }),
    );
  });

  test('no server writes with the new key while another cannot read it', () => {
    fc.assert(
      fc.property(stagesOf, ([base, provider, strict]) => {
        const {read, write} = rotateStages(base, secrets, choice('new', provider), strict);
        expect(writeKeyOf(read, 'secrets')).toEqual(writeKeyOf(base, 'secrets'));
        expect(order(read)).toContain(`${provider}/new`);
        expect(writeKeyOf(write, 'secrets')).toEqual({provider, keyName: 'new'});
      }),
    );
  });
});
