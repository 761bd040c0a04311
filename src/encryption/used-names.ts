import {ExitCode, Problem} from '../problem.ts';
import {archivedConfigurations} from './archive.ts';
import {keysOf, namesIn} from './configuration/coverage.ts';
import type {EncryptionConfiguration, Key} from './configuration/types.ts';
import type {ControlPlane} from './control-plane.ts';
import {type AuditedResource, audit} from './stored/audit.ts';
import type {Observed} from './transaction/prepare.ts';

/** Every name that a key ever had here, as far as this cluster still knows: in the configuration, in the archives, in front of values. */
export async function usedNames(
  plane: ControlPlane,
  {servers, base}: Observed,
  resources: readonly AuditedResource[],
  signal: AbortSignal,
): Promise<Set<string>> {
  const archives = await archivedConfigurations(servers, signal);
  const used = new Set([...(base ? [base] : []), ...archives.map(({configuration}) => configuration)].flatMap(namesIn));
  const {resources: audits} = await audit(plane.etcd, resources, {readers: []}, signal);
  for (const {byKey} of audits) {
    for (const prefix of Object.keys(byKey)) {
      const name = /^k8s:enc:[^:]+:[^:]+:([^:]+):$/.exec(prefix)?.[1];
      if (name !== undefined) used.add(name);
    }
  }
  return used;
}

/**
 * Rejects a configuration that calls a key like one in an archive which is another. The same key may come back: it is how what is stored under it
 * is opened again.
 */
export async function refuseReused({servers}: Observed, given: EncryptionConfiguration, signal: AbortSignal): Promise<void> {
  for (const {where, configuration} of await archivedConfigurations(servers, signal)) {
    for (const old of keysOf(configuration)) {
      const other = keysOf(given).find(
        ({type, key}) => key.name === old.key.name && !(type === old.type && isSame(key, old.key)),
      );
      if (other === undefined) continue;
      throw new Problem(`the key name ${other.key.name} was used before, for another key`, {
        why: `${where} has that one; what is still stored or backed up under it would be taken for something that the new key wrote (kubernetes#66844)`,
        next: 'give the key in the file another name; or let kops make one: kops encrypt-at-rest setup without --config',
        exitCode: ExitCode.usage,
      });
    }
  }
}

const isSame = (one: Key, other: Key): boolean => Buffer.from(one.secret, 'base64').equals(Buffer.from(other.secret, 'base64'));
