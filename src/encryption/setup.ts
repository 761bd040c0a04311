import {randomBytes} from 'node:crypto';
import {ExitCode, Problem} from '../problem.ts';
import {type ChangeOptions, observeForChange, type PreparedChange, prepareChange} from './change.ts';
import type {EncryptionConfiguration} from './configuration/configuration.ts';
import {entriesOf, writeKeyOf} from './configuration/coverage.ts';
import type {ControlPlane} from './control-plane.ts';
import {choiceForSetup, type KeyWish} from './key-choice.ts';
import {expandResources} from './resources.ts';
import {keysOf} from './stored/etcd-path.ts';
import {adoptStages, givenStages, type Stages, setupStages} from './transaction/stages.ts';
import {usedNames} from './used-names.ts';

export interface SetupOptions extends ChangeOptions, KeyWish {
  /** As the user names them: `secrets`, `widgets.example.com`, `widgets`. */
  readonly resources: readonly string[];
  /** What `--config` holds: it says provider, key and resources by itself. */
  readonly given: EncryptionConfiguration | undefined;
  /** Values in plaintext can no longer be read once everything is verified. */
  readonly strict: boolean;
}

/** Decides how encryption is turned on: from nothing, for further resources, or by taking over what somebody set up by hand. */
export async function prepareSetup(plane: ControlPlane, options: SetupOptions, signal: AbortSignal): Promise<PreparedChange> {
  const {given, strict} = options;
  const observed = await observeForChange(plane, signal);
  const {base} = observed;
  const resources = await expandResources(plane.cluster, given ? entriesOf(given) : options.resources, signal);
  return prepareChange(plane, observed, {operation: 'setup', resources, stages: await stages()}, options, signal);

  async function stages(): Promise<Stages> {
    if (given && base && !isSame(given, base)) throw hasAnother();
    if (given) return givenStages(given, strict);
    const isEncrypted = (resource: string) => (base && writeKeyOf(base, resource)?.provider) ?? 'identity';
    if (base && resources.every((resource) => isEncrypted(resource) !== 'identity')) {
      refuseOtherKey(base, resources, options);
      return adoptStages(base, resources, strict);
    }
    const used = await usedNames(plane, observed, keysOf(resources, plane), signal);
    const choice = choiceForSetup(base, resources, options, {used, now: options.now, random: randomBytes});
    return setupStages(base, resources, choice, strict);
  }
}

function refuseOtherKey(base: EncryptionConfiguration, resources: readonly string[], {provider, keyName}: KeyWish): void {
  for (const resource of resources) {
    const writer = writeKeyOf(base, resource);
    if ((provider ?? writer?.provider) === writer?.provider && (keyName ?? writer?.keyName) === writer?.keyName) continue;
    throw new Problem(`${resource} is encrypted already, with ${writer?.provider} and key ${writer?.keyName}`, {
      why: 'setup does not change a key that is in use',
      next: `kops encrypt-at-rest rotate${provider ? ` --provider ${provider}` : ''}`,
      exitCode: ExitCode.usage,
    });
  }
}

const isSame = (one: EncryptionConfiguration, other: EncryptionConfiguration): boolean =>
  JSON.stringify(one) === JSON.stringify(other);

const hasAnother = (): Problem =>
  new Problem('this cluster has an encryption configuration already, and it is another one', {
    why: 'what is stored under its keys could not be read any more',
    next: 'kops encrypt-at-rest status tells what there is, kops encrypt-at-rest rotate changes the key',
    exitCode: ExitCode.negative,
  });
