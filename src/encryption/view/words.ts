/** `secretbox, key key1` of `k8s:enc:secretbox:v1:key1:`; `plaintext` of identity. */
export function prefixWords(prefix: string): string {
  if (prefix === 'identity') return 'plaintext';
  const [, , provider = '', version = '', name = ''] = prefix.split(':');
  if (provider === '') return 'a prefix that kops does not know';
  return provider === 'kms' ? `kms ${version}, ${name}` : keyWords(provider, name);
}

export const keyWords = (provider: string, keyName: string | null | undefined): string =>
  keyName ? `${provider}, key ${keyName}` : provider;

/** `1 value`, `2 values` */
export const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

const UNITS = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'] as const;

/** `812 bytes`, `12 KiB`, `1.4 GiB` */
export function bytes(count: number): string {
  const power = count < 1024 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log2(count) / 10));
  const scaled = count / 1024 ** power;
  return `${power === 0 || scaled >= 10 ? Math.round(scaled) : scaled.toFixed(1)} ${UNITS[power]}`;
}
