import {randomBytes} from 'node:crypto';
import {ExitCode, Problem} from '../problem.ts';
import {type ChangeOptions, observeForChange, type PreparedChange, prepareChange} from './change.ts';
import type {EncryptionConfiguration} from './configuration/configuration.ts';
import {encryptedOf, entriesOf, writeKeyOf} from './configuration/coverage.ts';
import {resourceFlaw} from './configuration/resources.ts';
import type {ControlPlane} from './control-plane.ts';
import {choiceForSetup, type KeyWish} from './key-choice.ts';
import {covers, entriesFor, expandResources} from './resources.ts';
import {keysOf, refuseElsewhere} from './stored/etcd-path.ts';
import {adoptStages, givenStages, type Stages, setupStages} from './transaction/stages.ts';
import {refuseReused, usedNames} from './used-names.ts';

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
  const names = given ? encryptedOf(given, entriesOf(given)) : options.resources;
  if (names.length === 0) throw given ? encryptsNothing() : namesNothing();
  const all = await expandResources(plane.cluster, names, signal);
  const resources = given ? encryptedOf(given, all) : all;
  if (given) refuseElsewhere(resources, plane, 'leave it out of the configuration, and set that up by hand');
  else checkNames(names, resources);
  return prepareChange(plane, observed, {operation: 'setup', resources, stages: await stages()}, options, signal);

  async function stages(): Promise<Stages> {
    if (given && base && !isSame(given, base)) throw hasAnother();
    if (given && !base) {
      await refuseReused(observed, given, signal);
      return givenStages(given, strict);
    }
    const entries = given ? names : entriesFor(names, resources, base);
    const wanted = [...entries, ...resources];
    if (base && encryptedOf(base, wanted).length === wanted.length) {
      if (!given) refuseOtherKey(base, resources, options);
      return adoptStages(base, entries, strict);
    }
    const used = await usedNames(plane, observed, keysOf(resources, plane), signal);
    const choice = choiceForSetup(base, entries, options, {used, now: options.now, random: randomBytes});
    return setupStages(base, entries, choice, strict);
  }
}

/** The API server would not take some names, and wildcards of groups that are not there are slips. */
function checkNames(names: readonly string[], resources: readonly string[]): void {
  for (const name of names) {
    const flaw = resourceFlaw(name);
    const isEmpty = name.startsWith('*.') && !resources.some((resource) => covers(name, resource));
    if (flaw === undefined && !isEmpty) continue;
    throw new Problem(`--resources cannot be ${name}`, {
      why: flaw ? `an entry ${flaw}` : 'this cluster stores no resource of that group',
      next: 'kubectl api-resources -o name',
      exitCode: ExitCode.usage,
    });
  }
}

function refuseOtherKey(base: EncryptionConfiguration, resources: readonly string[], {provider, keyName}: KeyWish): void {
  for (const resource of resources) {
    const writer = writeKeyOf(base, resource);
    if ((provider ?? writer?.provider) === writer?.provider && (keyName ?? writer?.keyName) === writer?.keyName) continue;
    throw new Problem(`${resource} are encrypted already, with ${writer?.provider} and key ${writer?.keyName}`, {
      why: 'setup does not change a key that is in use',
      next: `kops encrypt-at-rest rotate${provider ? ` --provider ${provider}` : ''}`,
      exitCode: ExitCode.usage,
    });
  }
}

const isSame = (one: EncryptionConfiguration, other: EncryptionConfiguration): boolean =>
  JSON.stringify(one) === JSON.stringify(other);

const encryptsNothing = (): Problem =>
  new Problem('this configuration encrypts nothing', {
    why: 'identity is the first provider of every rule, so values are written as they are',
    next: 'put another provider first, or let kops write one: kops encrypt-at-rest generate --out FILE',
    exitCode: ExitCode.usage,
  });

const namesNothing = (): Problem =>
  new Problem('--resources names nothing', {
    why: 'it is a list like secrets,configmaps,widgets.example.com',
    exitCode: ExitCode.usage,
  });

const hasAnother = (): Problem =>
  new Problem('this cluster has an encryption configuration already, and it is another one', {
    why: 'what is stored under its keys could not be read any more',
    next: 'kops encrypt-at-rest status tells what there is, kops encrypt-at-rest rotate changes the key',
    exitCode: ExitCode.negative,
  });
