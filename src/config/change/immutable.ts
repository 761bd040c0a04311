import {buildObject, type ConfigObject} from '../create/object.ts';
import {SecretType} from '../create/secret-types.ts';
import type {Values} from './values.ts';

/** What `--append-hash` appends: ten characters, of which none is a vowel. */
const HASH = /-[2456789bcdfghkmt]{10}$/;
/** What a client-side apply repeats the old values in. */
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

/** An immutable object like this one with other values, under its name less its hash, and with the hash of what it then holds. */
export function newObject(old: ConfigObject, values: Values): ConfigObject {
  const {name, labels, annotations = {}} = old.metadata;
  const {[LAST_APPLIED]: _, ...rest} = annotations;
  const type = old.kind === 'Secret' && old.type !== SecretType.opaque ? old.type : undefined;
  return buildObject(
    {kind: old.kind, name: name.replace(HASH, ''), type, labels, annotations: rest, immutable: true, appendHash: true},
    [...values].map(([key, value]) => ({key, value, origin: key})),
  );
}
