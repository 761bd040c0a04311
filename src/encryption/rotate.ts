import {randomBytes} from 'node:crypto';
import {ExitCode, Problem} from '../problem.ts';
import {type ChangeOptions, observeForChange, type PreparedChange, prepareChange, requireEncryption} from './change.ts';
import {type KeyedProvider, keyedProviders} from './configuration/configuration.ts';
import {encryptedOf, entriesOf, writeKeyOf} from './configuration/coverage.ts';
import type {ControlPlane} from './control-plane.ts';
import {type KeyWish, newChoice} from './key-choice.ts';
import {expandResources} from './resources.ts';
import {keysOf} from './stored/etcd-path.ts';
import {rotateStages} from './transaction/stages.ts';
import {usedNames} from './used-names.ts';

export interface RotateOptions extends ChangeOptions, KeyWish {
  readonly strict: boolean;
}

/** Decides how a new key takes the place of all that there are; with a provider, how that one takes the place of the present one. */
export async function prepareRotate(plane: ControlPlane, options: RotateOptions, signal: AbortSignal): Promise<PreparedChange> {
  const observed = await observeForChange(plane, signal);
  const base = requireEncryption(observed, 'rotated');
  const entries = encryptedOf(base, entriesOf(base));
  const resources = encryptedOf(base, await expandResources(plane.cluster, entries, signal));
  const used = await usedNames(plane, observed, keysOf(resources, plane), signal);
  const present = writeKeyOf(base, entries[0] ?? '')?.provider;
  const provider = options.provider ?? keyedProviders.find((keyed) => keyed === present) ?? refuseKms(present);
  const choice = newChoice({provider, keyName: options.keyName}, {used, now: options.now, random: randomBytes});
  const stages = rotateStages(base, entries, choice, options.strict);
  return prepareChange(plane, observed, {operation: 'rotate', resources, stages}, options, signal);
}

function refuseKms(provider: string | undefined): KeyedProvider {
  throw new Problem('the keys of a KMS are rotated in the KMS', {
    why: `${provider} encrypts here, and its key is not on the nodes; after a rotation there, kops encrypt-at-rest rewrite renews what is stored`,
    next: 'kops encrypt-at-rest rotate --provider secretbox, to go from the KMS to a key on the nodes',
    exitCode: ExitCode.usage,
  });
}
