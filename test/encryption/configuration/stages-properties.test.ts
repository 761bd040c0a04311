import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {
  demoteToIdentity,
  documentOf,
  dropKeys,
  type EncryptionConfiguration,
  parseConfiguration,
  promote,
  providersFor,
  readKeysOf,
  renderConfiguration,
  type WriteKey,
  withIdentity,
  withReadKey,
  withReadProvider,
  writeKeyOf,
} from '../../../src/encryption/configuration/configuration.ts';
import {entryKey, rulesFor} from '../../../src/encryption/configuration/coverage.ts';
import {decodeConfiguration} from '../../../src/encryption/configuration/decode.ts';
import {isolate} from '../../../src/encryption/configuration/isolate.ts';
import {Problem} from '../../../src/problem.ts';
import {askedResources, keyOf, kms, resources as known, validConfigurations} from '../../support/encryption-configurations.ts';

const plaintext: WriteKey = {provider: 'identity'};
const writerOf = (configuration: EncryptionConfiguration, resource: string) => writeKeyOf(configuration, resource) ?? plaintext;
const readersOf = (configuration: EncryptionConfiguration, resource: string): WriteKey[] => {
  const providers = providersFor(configuration, resource);
  return providers.length === 0 ? [plaintext] : readKeysOf(providers);
};
/** undefined where kops refuses, which it may. */
const unlessRefused = <T>(change: () => T): T | undefined => {
  try {
    return change();
  } catch (error) {
    if (error instanceof Problem) return undefined;
    throw error;
  }
};

describe('whatever the configuration', {timeout: 30_000}, () => {
  const stages = {
    withReadKey: (c: EncryptionConfiguration, asked: readonly string[]) => withReadKey(c, asked, 'secretbox', keyOf('brand-new')),
    withIdentity,
    promote: (c: EncryptionConfiguration, asked: readonly string[]) =>
      promote(withReadKey(c, asked, 'secretbox', keyOf('brand-new')), asked, 'brand-new'),
    withKms: (c: EncryptionConfiguration, asked: readonly string[]) => withReadProvider(c, asked, kms('vault')),
    demoteToIdentity,
    dropKeys: (c: EncryptionConfiguration, asked: readonly string[]) => {
      const promoted = promote(withReadKey(c, asked, 'secretbox', keyOf('brand-new')), asked, 'brand-new');
      return dropKeys(promoted, asked, ['brand-new'], false);
    },
  };
  const all = Object.entries(stages);

  test('what is rendered is read back as it was', () => {
    fc.assert(
      fc.property(validConfigurations, (configuration) => {
        expect(parseConfiguration(renderConfiguration(configuration), 'x')).toEqual(configuration);
      }),
    );
  });

  test('rules of their own change nothing', () => {
    fc.assert(
      fc.property(validConfigurations, askedResources, (configuration, asked) => {
        const isolated = unlessRefused(() => isolate(configuration, asked));
        if (isolated === undefined) return;
        for (const resource of known) expect(readersOf(isolated, resource)).toEqual(readersOf(configuration, resource));
        expect(isolate(isolated, asked).rules).toEqual(isolated.rules);
      }),
    );
  });

  test('kops refuses only where a KMS is shared', () => {
    fc.assert(
      fc.property(validConfigurations, askedResources, (configuration, asked) => {
        const hasKms = configuration.rules.some(({providers}) => providers.some(({type}) => type === 'kms'));
        if (!hasKms) expect(() => isolate(configuration, asked)).not.toThrow();
      }),
    );
  });

  test.each(all)('%s gives what an API server starts with, and nothing more when done again', (_name, stage) => {
    fc.assert(
      fc.property(validConfigurations, askedResources, (configuration, asked) => {
        const changed = unlessRefused(() => stage(configuration, asked));
        if (changed === undefined) return;
        expect(decodeConfiguration(documentOf(changed))).toEqual({configuration: changed, flaws: []});
        expect(stage(changed, asked)).toEqual(changed);
      }),
    );
  });

  test.each(all)('%s leaves everything else as it is', (_name, stage) => {
    fc.assert(
      fc.property(validConfigurations, askedResources, (configuration, asked) => {
        const changed = unlessRefused(() => stage(configuration, asked));
        if (changed === undefined) return;
        const mine = new Set(asked.map(entryKey));
        for (const resource of known.filter((name) => !mine.has(rulesFor(changed, name).entry))) {
          expect(providersFor(changed, resource)).toEqual(providersFor(configuration, resource));
        }
      }),
    );
  });

  test.each(all.filter(([name]) => name !== 'dropKeys'))('%s takes no key away', (_name, stage) => {
    fc.assert(
      fc.property(validConfigurations, askedResources, (configuration, asked) => {
        const changed = unlessRefused(() => stage(configuration, asked));
        if (changed === undefined) return;
        for (const resource of known)
          expect(readersOf(changed, resource)).toEqual(expect.arrayContaining(readersOf(configuration, resource)));
      }),
    );
  });

  test('while servers pass from one stage to the next, each reads what any other writes', () => {
    fc.assert(
      fc.property(validConfigurations, askedResources, fc.boolean(), (configuration, asked, strict) => {
        const key = keyOf('brand-new');
        const run = unlessRefused(() => {
          const readable = withReadKey(configuration, asked, 'secretbox', key);
          const written = promote(readable, asked, key.name);
          const plain = withIdentity(written, asked);
          return [
            [configuration, readable, written, dropKeys(written, asked, [key.name], !strict)],
            [written, plain, demoteToIdentity(plain, asked)],
          ];
        });
        for (const sequence of run ?? []) {
          for (const [index, stage] of sequence.entries()) {
            const next = sequence[index + 1];
            if (next === undefined) continue;
            for (const resource of known) {
              expect(readersOf(next, resource)).toContainEqual(writerOf(stage, resource));
              expect(readersOf(stage, resource)).toContainEqual(writerOf(next, resource));
            }
          }
        }
      }),
      {numRuns: 300},
    );
  });
});
