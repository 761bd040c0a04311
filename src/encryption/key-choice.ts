import {ExitCode, Problem} from '../problem.ts';
import {enumerate} from '../text/enumerate.ts';
import {type EncryptionConfiguration, type KeyedProvider, type KmsProviderEntry, newKey} from './configuration/configuration.ts';
import {keysOf, providersFor, readKeysOf, writeKeyOf} from './configuration/coverage.ts';
import {nextKeyName} from './configuration/key-names.ts';
import {endpointFlaw} from './configuration/kms.ts';
import {freeName} from './manifest/manifest.ts';
import type {KeyChoice} from './transaction/stages.ts';

/** Authenticated, no limit on how much one key may write, and no outside service to depend on. Source: Kubernetes' own table of providers. */
const DEFAULT_PROVIDER = 'secretbox' satisfies KeyedProvider;

export interface KeyWish {
  readonly provider: KeyedProvider | undefined;
  readonly keyName: string | undefined;
}

export interface Surroundings {
  /** Every name that a key ever had here: in configurations, in archives, in front of values in etcd. */
  readonly used: ReadonlySet<string>;
  readonly now: Date;
  readonly random: (bytes: number) => Buffer;
}

/** A key that was never there. Rejects a name that was: what is under the old one would become unreadable (kubernetes#66844). */
export function newChoice({provider, keyName}: KeyWish, {used, now, random}: Surroundings): KeyChoice {
  refuseUsed(keyName, used, nextKeyName(now, used));
  return {provider: provider ?? DEFAULT_PROVIDER, key: newKey(keyName ?? nextKeyName(now, used), random)};
}

/** A KMS v2 plugin under a name that was never there. Rejects an address that is no socket. */
export function newKms(
  {keyName, kmsEndpoint}: {readonly keyName: string | undefined; readonly kmsEndpoint: string | undefined},
  used: ReadonlySet<string>,
): KmsProviderEntry {
  const free = freeName([...used], 'kms');
  refuseUsed(keyName, used, free);
  const flaw = endpointFlaw(kmsEndpoint ?? '');
  if (flaw === undefined)
    return {type: 'kms', apiVersion: 'v2', name: keyName ?? free, endpoint: kmsEndpoint ?? '', timeout: '3s'};
  throw new Problem(kmsEndpoint ? `--kms-endpoint cannot be ${kmsEndpoint}` : '--provider kms needs --kms-endpoint', {
    why: kmsEndpoint ? `it ${flaw}` : 'the API server must know at which socket the KMS plugin listens',
    next: 'kops encrypt-at-rest rotate --provider kms --kms-endpoint unix:///run/kms/plugin.sock',
    exitCode: ExitCode.usage,
  });
}

function refuseUsed(keyName: string | undefined, used: ReadonlySet<string>, free: string): void {
  if (keyName === undefined || !used.has(keyName)) return;
  throw new Problem(`the key name ${keyName} was used before`, {
    why: 'what is still stored or backed up under it would be taken for something that the new key wrote, and could not be read',
    next: `choose another, for example --key-name ${free}`,
    exitCode: ExitCode.usage,
  });
}

/**
 * The key for resources of which at least one is not encrypted yet: one that can read them already (a setup that was rolled back), or that
 * encrypts other resources, before a new one. Rejects where some are encrypted with another key than the one wished for.
 */
export function choiceForSetup(
  base: EncryptionConfiguration | undefined,
  resources: readonly string[],
  wish: KeyWish,
  surroundings: Surroundings,
): KeyChoice {
  if (base === undefined) return newChoice(wish, surroundings);
  const fits = (type: string, name: string) =>
    (wish.provider === undefined || wish.provider === type) && (wish.keyName === undefined || wish.keyName === name);
  const readable = resources.flatMap((resource) => readKeysOf(providersFor(base, resource)));
  const present = keysOf(base).filter(({type, key}) => fits(type, key.name));
  const best = present.find(({key}) => readable.some(({keyName}) => keyName === key.name)) ?? present[0];
  const choice = best ? {provider: best.type as KeyedProvider, key: best.key} : newChoice(wish, surroundings);
  const others = resources.filter((resource) => {
    const writer = writeKeyOf(base, resource);
    return writer !== undefined && writer.provider !== 'identity' && writer.keyName !== choice.key.name;
  });
  if (others.length === 0) return choice;
  throw new Problem(`${enumerate(others)} ${others.length === 1 ? 'is' : 'are'} encrypted with another key already`, {
    why: `setup does not change a key; it would be ${choice.key.name}`,
    next: 'kops encrypt-at-rest rotate',
    exitCode: ExitCode.usage,
  });
}
