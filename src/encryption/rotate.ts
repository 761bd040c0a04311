import {randomBytes} from 'node:crypto';
import {ExitCode, Problem} from '../problem.ts';
import {type ChangeOptions, observeForChange, type PreparedChange, prepareChange, requireEncryption} from './change.ts';
import {type KeyedProvider, keyedProviders} from './configuration/configuration.ts';
import {encryptedOf, entriesOf, writeKeyOf} from './configuration/coverage.ts';
import type {ControlPlane} from './control-plane.ts';
import {newChoice, newKms} from './key-choice.ts';
import {expandResources} from './resources.ts';
import {BY_HAND, keysOf, refuseElsewhere} from './stored/etcd-path.ts';
import {rotateStages, type Successor} from './transaction/stages.ts';
import {usedNames} from './used-names.ts';

export interface RotateOptions extends ChangeOptions {
  /** Undefined: as now. */
  readonly provider: KeyedProvider | 'kms' | undefined;
  /** Of a KMS: the provider's name. */
  readonly keyName: string | undefined;
  /** Of a KMS v2 plugin: its socket, `unix:///…`. */
  readonly kmsEndpoint: string | undefined;
  readonly strict: boolean;
}

/** Decides how a new key takes the place of all that there are; with a provider, how that one takes the place of the present one. */
export async function prepareRotate(plane: ControlPlane, options: RotateOptions, signal: AbortSignal): Promise<PreparedChange> {
  refuseStrayEndpoint(options);
  const observed = await observeForChange(plane, signal);
  const base = requireEncryption(observed, 'rotated');
  const entries = encryptedOf(base, entriesOf(base));
  const resources = encryptedOf(base, await expandResources(plane.cluster, entries, signal));
  refuseElsewhere(resources, plane, BY_HAND);
  const used = await usedNames(plane, observed, keysOf(resources, plane), signal);
  const successor = successorOf(options, used, writeKeyOf(base, entries[0] ?? '')?.provider);
  const stages = rotateStages(base, entries, successor, options.strict);
  return prepareChange(plane, observed, {operation: 'rotate', resources, stages}, options, signal);
}

/** `present`: what encrypts now. */
function successorOf(options: RotateOptions, used: ReadonlySet<string>, present: string | undefined): Successor {
  const {keyName, now} = options;
  if (options.provider === 'kms') return newKms(options, used);
  const provider = options.provider ?? keyedProviders.find((keyed) => keyed === present) ?? refuseKms(present);
  return newChoice({provider, keyName}, {used, now, random: randomBytes});
}

function refuseStrayEndpoint({provider, kmsEndpoint}: RotateOptions): void {
  if (kmsEndpoint === undefined || provider === 'kms') return;
  throw new Problem('--kms-endpoint is for --provider kms', {
    why: 'other providers keep their key in the file, and ask nobody',
    next: `kops encrypt-at-rest rotate --provider kms --kms-endpoint ${kmsEndpoint}`,
    exitCode: ExitCode.usage,
  });
}

function refuseKms(provider: string | undefined): KeyedProvider {
  throw new Problem('the keys of a KMS are rotated in the KMS', {
    why: `${provider} encrypts here, and its key is not on the nodes; after a rotation there, kops encrypt-at-rest rewrite renews what is stored`,
    next: 'kops encrypt-at-rest rotate --provider secretbox, to go from the KMS to a key on the nodes, or --provider kms to another KMS',
    exitCode: ExitCode.usage,
  });
}
