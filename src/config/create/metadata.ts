import {bytes} from '../../text/bytes.ts';
import {printable} from '../../text/printable.ts';
import {invalid} from './invalid.ts';

/** Bytes of all keys and values. Source: TotalAnnotationSizeLimitB of apimachinery. */
const MOST_ANNOTATION_BYTES = 256 * 1024;

interface Metadata {
  readonly name: string;
  readonly labels?: Readonly<Record<string, string>> | undefined;
  readonly annotations?: Readonly<Record<string, string>> | undefined;
}

/** Throws a Problem where the API server would not take them. */
export function checkMetadata({name, labels = {}, annotations = {}}: Metadata): void {
  checkName(name);
  for (const [key, value] of Object.entries(labels)) {
    checkQualified('a label', key);
    const flaw = labelValueFlaw(value);
    if (flaw !== undefined) throw invalid(`the value of label ${key} is invalid`, flaw, 'use --annotation for other text');
  }
  for (const key of Object.keys(annotations)) checkQualified('an annotation', key);
  const size = Object.entries(annotations).reduce((sum, pair) => sum + Buffer.byteLength(pair.join('')), 0);
  if (size > MOST_ANNOTATION_BYTES)
    throw invalid(
      `the annotations are too large: ${bytes(size)}`,
      `the API server takes at most ${bytes(MOST_ANNOTATION_BYTES)}`,
    );
}

/** Throws a Problem where it is no DNS subdomain of RFC 1123, as the names of ConfigMaps and Secrets are. */
export function checkName(name: string): void {
  const flaw = subdomainFlaw(name);
  if (flaw !== undefined)
    throw invalid(`${printable(name) || '""'} cannot be a name`, flaw, 'choose one like my-app or my-app.v2');
}

function subdomainFlaw(name: string): string | undefined {
  if (name.length > 253) return `it has ${name.length} characters, and 253 are the most`;
  if (/[A-Z]/.test(name)) return 'only lower-case letters, digits, "-" and "." are allowed';
  if (!/^[a-z0-9.-]+$/.test(name)) return 'lower-case letters, digits, "-" and "." are allowed, and it is not empty';
  return name.split('.').every((part) => /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(part))
    ? undefined
    : 'it begins and ends with a letter or digit, and so does each part between dots';
}

/** `app.kubernetes.io/name`, `tier`. Source: IsQualifiedName of apimachinery. */
function checkQualified(what: 'a label' | 'an annotation', key: string): void {
  const [name = '', prefix, more] = key.split('/').reverse();
  const shown = printable(key) || '""';
  if (more !== undefined) throw invalid(`${shown} cannot be the key of ${what}`, 'there is at most one "/" in it');
  const flaw =
    (prefix === undefined ? undefined : subdomainFlaw(prefix)) ??
    (name.length > 63 ? `it has ${name.length} characters, and 63 are the most` : undefined) ??
    (WORD.test(name) ? undefined : 'letters, digits, "-", "_" and "." are allowed, a letter or digit first and last');
  if (flaw !== undefined) throw invalid(`${shown} cannot be the key of ${what}`, flaw);
}

function labelValueFlaw(value: string): string | undefined {
  if (value.length > 63) return `it has ${value.length} characters, and 63 are the most`;
  return value === '' || WORD.test(value)
    ? undefined
    : 'letters, digits, "-", "_" and "." are allowed, a letter or digit first and last';
}

const WORD = /^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/;

/** `KEY=VALUE` each. Throws a Problem where one is not, or where two differ about a key. */
export function parsePairs(flag: string, words: readonly string[]): Record<string, string> {
  const pairs = new Map<string, string>();
  for (const word of words) {
    const at = word.indexOf('=');
    if (at < 1) throw invalid(`${flag} ${printable(word)} is incomplete`, 'it takes KEY=VALUE');
    const [key, value] = [word.slice(0, at), word.slice(at + 1)];
    if (pairs.has(key) && pairs.get(key) !== value)
      throw invalid(`${flag} ${printable(key)} is given twice`, 'with two different values', 'leave one of them out');
    pairs.set(key, value);
  }
  return Object.fromEntries(pairs);
}
