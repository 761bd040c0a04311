import {hexdump} from '../../text/hexdump.ts';
import type {Screen} from '../../text/screen.ts';
import type {StoredValue} from '../stored/value.ts';
import type {SecretVerification} from '../verify-secret.ts';
import {keyWords, warning} from './words.ts';

/** Of each dump; a Secret may have a megabyte. */
const LINES = 24;
/** Where `hexdump` puts its first byte. */
const HEX_COLUMN = 10;

/** The bytes of one Secret as etcd has them, and as they are behind its encryption. */
export function renderSecretVerification({value, revision, notes, next, secret}: SecretVerification, screen: Screen): string {
  const {theme} = screen;
  const {key, size, modRevision, opened} = value;
  const masked = value.stored.hidden.length > 0 || (opened?.hidden.length ?? 0) > 0;
  return [
    `${theme.strong(key)}  ${size} bytes, revision ${modRevision} of ${revision}`,
    ...dumpStored(value, screen, LINES),
    ...(opened ? ['', theme.dim('decrypted'), ...dumpOpened(value, LINES)] : []),
    ...(masked
      ? [theme.dim(`•• is what the Secret holds: kops encrypt-at-rest verify ${secret.name} -n ${secret.namespace} --reveal`)]
      : []),
    verdict(value, screen),
    ...notes.flatMap((note) => warning(note, screen)),
    ...(next === null ? [] : [`  try: ${next}`]),
  ].join('\n');
}

/** The stored bytes with their prefix marked, and a line below that says what is what. */
export function dumpStored({stored, provider, keyName, prefixLength}: StoredValue, {theme}: Screen, lines: number): string[] {
  const isPlain = provider === 'identity';
  const strong = (text: string) => theme.strong(theme.good(text));
  const rows = hexdump(Buffer.from(stored.base64, 'base64'), {
    hidden: stored.hidden,
    styleAt: (offset) => (isPlain ? undefined : offset < prefixLength ? strong : theme.dim),
    lines,
  });
  const indent = ' '.repeat(HEX_COLUMN);
  if (isPlain) return [...rows, theme.wrong(`${indent}╰ no prefix: plaintext, for anyone with etcd's disk or a backup`)];
  if (prefixLength === 0) return rows;
  return [...rows, `${indent}${strong(`╰ prefix: ${keyWords(provider, keyName)}`)}      ${theme.dim('╰ ciphertext')}`];
}

export const dumpOpened = ({opened}: StoredValue, lines: number): string[] =>
  opened === null ? [] : hexdump(Buffer.from(opened.base64, 'base64'), {hidden: opened.hidden, lines});

function verdict({provider, why, checked}: StoredValue, {theme}: Screen): string {
  if (provider === 'identity') return `${theme.wrong('✗')} stored as plaintext`;
  if (why === null) return `${theme.good('✓')} opens with the node's key; not readable without it`;
  return checked ? `${theme.wrong('✗')} cannot be decrypted: ${why}` : `${theme.good('✓')} encrypted; ${why}`;
}
