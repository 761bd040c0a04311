import {bytes} from '../../text/bytes.ts';
import {printable} from '../../text/printable.ts';
import {invalid} from './invalid.ts';

/** One key of a ConfigMap or Secret. */
export interface Entry {
  readonly key: string;
  readonly value: Buffer;
  /** Where it is from, for the words of an error: `--from-literal`, `line 3 of app.env`, `conf/app.yaml`. */
  readonly origin: string;
}

/** Bytes of all values of one object. Source: ValidateConfigMap and ValidateSecret of the API server; keys do not count. */
export const MOST_BYTES = 1024 * 1024;

/** Why a key cannot be one; undefined where it can. Source: IsConfigMapKey of apimachinery. */
export function keyFlaw(key: string): string | undefined {
  if (key === '') return 'it is empty';
  if (key.length > 253) return `it has ${key.length} characters, and 253 are the most`;
  if (!/^[-._a-zA-Z0-9]+$/.test(key)) return 'only letters, digits, "-", "_" and "." are allowed in a key';
  return dotFlaw(key);
}

/** As `keyFlaw`, of a name in an env file. Source: IsEnvVarName of apimachinery, which kubectl goes by; the kubelet takes more. */
export function envNameFlaw(name: string): string | undefined {
  if (name === '') return 'the name before "=" is missing';
  if (/^export\s/.test(name)) return 'this is no shell script: leave out "export"';
  if (/^\d/.test(name)) return 'a name begins with a letter, "_", "-" or "."';
  if (/\s$/.test(name)) return 'no space is allowed between the name and "="';
  if (!/^[-._a-zA-Z][-._a-zA-Z0-9]*$/.test(name)) return 'only letters, digits, "-", "_" and "." are allowed before "="';
  return dotFlaw(name);
}

/** Such a file would be the directory itself, its parent, or one of the kubelet's own in a volume. */
const dotFlaw = (key: string): string | undefined =>
  key === '.' || key.startsWith('..') ? 'it may not be "." or begin with ".."' : undefined;

/** Throws a Problem where a key is invalid or there twice, or where all values together are too large. */
export function checkEntries(entries: readonly Entry[]): void {
  const seen = new Map<string, Entry>();
  let total = 0;
  for (const entry of entries) {
    const {key, value, origin} = entry;
    const flaw = keyFlaw(key);
    if (flaw !== undefined)
      throw invalid(
        `${quotedKey(key)} cannot be a key`,
        `${flaw}; it is from ${origin}`,
        'choose another one, as in --from-file KEY=PATH',
      );
    const before = seen.get(key);
    if (before !== undefined)
      throw invalid(`the key ${key} is there twice`, `from ${before.origin} and from ${origin}`, 'leave one of them out');
    seen.set(key, entry);
    total += value.length;
  }
  if (total > MOST_BYTES) throw tooLarge(bytes(total), largestOf(entries));
}

/** `size`: of all values, as far as it is known. */
export const tooLarge = (size: string, what: string): Error =>
  invalid(
    `the values are too large: ${size}`,
    `the API server takes at most ${bytes(MOST_BYTES)} in one object; ${what}`,
    'split it, or put what is large into a volume or an image',
  );

function largestOf(entries: readonly Entry[]): string {
  const [largest] = entries.toSorted((a, b) => b.value.length - a.value.length);
  return largest === undefined ? '' : `the largest is ${largest.key} with ${bytes(largest.value.length)}`;
}

/** Safe to print, of a bounded length. */
function quotedKey(key: string): string {
  const shown = printable(key);
  return shown.length > 64 ? `"${shown.slice(0, 64)}…"` : `"${shown}"`;
}
