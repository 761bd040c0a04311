import {wrap} from '../../text/fit.ts';
import type {Screen} from '../../text/screen.ts';
import type {RetiredKey} from '../retired.ts';

/** `secretbox, key key1` of `k8s:enc:secretbox:v1:key1:`; `plaintext` of identity. */
export function prefixWords(prefix: string): string {
  if (prefix === 'identity') return 'plaintext';
  const [, , provider = '', version = '', name = ''] = prefix.split(':');
  if (provider === '') return 'a prefix that kops does not know';
  return provider === 'kms' ? `kms ${version}, ${name}` : keyWords(provider, name);
}

export const keyWords = (provider: string, keyName: string | null | undefined): string =>
  keyName ? `${provider}, key ${keyName}` : provider;

/** How a node is reached. */
export const WAYS = {local: 'on this machine', docker: 'by docker', ssh: 'by ssh', pod: 'by a privileged pod'} as const;

export const DRY_RUN = 'dry run: nothing changed';

/** A warning of as many lines as it takes. */
export function warning(text: string, {theme, width}: Screen): string[] {
  const [first = '', ...rest] = wrap(text, width - 4);
  return [`  ${theme.waiting('⚠')} ${first}`, ...rest.map((line) => `    ${line}`)];
}

/** Of a write key: `kms v2`. */
export const isKms = (provider: string): boolean => provider.startsWith('kms');

/** Names of keys that an archive can hold, and of those that are in a KMS. */
export function splitKms(retired: readonly RetiredKey[]): {readonly keys: string[]; readonly kms: string[]} {
  const namesOf = (keys: readonly RetiredKey[]) => keys.map(({keyName}) => keyName);
  return {
    keys: namesOf(retired.filter(({provider}) => !isKms(provider))),
    kms: namesOf(retired.filter(({provider}) => isKms(provider))),
  };
}
