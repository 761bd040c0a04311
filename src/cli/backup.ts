import {writeFile} from 'node:fs/promises';
import {Flags} from '@oclif/core';
import {invalid} from '../config/create/invalid.ts';
import type {ConfigObject} from '../config/create/object.ts';
import {type KubectlScope, kubectl} from '../text/kubectl.ts';
import {asGiven} from './command.ts';

export const backupFlag = {
  backup: Flags.string({
    description: 'before values are replaced write what is there to this new file (mode 0600)',
    helpValue: 'FILE',
    parse: asGiven('FILE'),
  }),
};

/** Writes what is there to a new file, with all that the command that brings it back, which it returns, would else take away. */
export async function keep(
  {apiVersion, kind, metadata, ...rest}: ConfigObject,
  file: string,
  scope: KubectlScope,
): Promise<string> {
  const {name, labels, annotations, ownerReferences, finalizers} = metadata;
  try {
    const {namespace} = scope;
    const kept = {apiVersion, kind, metadata: {name, namespace, labels, annotations, ownerReferences, finalizers}, ...rest};
    await writeFile(file, `${JSON.stringify(kept, null, 2)}\n`, {mode: 0o600, flag: 'wx'});
  } catch (cause) {
    const {code} = cause as NodeJS.ErrnoException;
    throw invalid(
      `${file} cannot be written`,
      code === 'EEXIST' ? 'it is there already' : (code ?? 'no reason is known'),
      'name a new file',
    );
  }
  return kubectl(['replace', '-f', file], scope);
}
