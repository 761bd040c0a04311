import {Problem} from '../../problem.ts';
import {invalid} from '../create/invalid.ts';
import {checkEntries, type Entry} from '../create/keys.ts';
import type {ConfigObject} from '../create/object.ts';
import {checkSsh, checkTls, checkType, SecretType} from '../create/secret-types.ts';
import {keyChanges, type Values} from './values.ts';

/**
 * Throws a Problem where an object cannot have these values: their keys, their size, and what the type of a Secret asks for. A key and its
 * certificate are compared only where one of them changes.
 */
export function checkValues(object: ConfigObject, before: Values, after: Values): void {
  const entries = [...after].map(([key, value]) => ({key, value, origin: key}));
  checkEntries(entries);
  if (object.kind !== 'Secret') return;
  const {type, metadata} = object;
  checkType({type, annotations: metadata.annotations}, entries);
  const isChanged = (name: string) => keyChanges(before, after).some(({key}) => key === name);
  if (type === SecretType.tls && isChanged('tls.crt') !== isChanged('tls.key')) checkHalf(metadata, entries);
  else if (type === SecretType.tls && isChanged('tls.crt')) checkTls(entries);
  if (type === SecretType.sshAuth && isChanged('ssh-privatekey')) checkSsh(entries);
}

/** One key at a time no pair can be renewed. */
function checkHalf({name, namespace = 'default'}: ConfigObject['metadata'], entries: readonly Entry[]): void {
  try {
    checkTls(entries);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    const {message, why} = error;
    const both = `kops secret create tls ${name} --cert FILE --key FILE --if-exists replace -n ${namespace}`;
    throw invalid(message, why ?? '', `renew both at once: ${both}`);
  }
}
