import {belongTogether, holdsCertificate} from './certificate.ts';
import {holdsPrivateKey} from './private-key.ts';

/** A private key, and the certificates that its name says it is for. */
export interface Pair {
  readonly key: string;
  /** In the order of the values; at least one. */
  readonly certificates: readonly [string, ...string[]];
  /** Whether it is the key of one of them; null where that cannot be told, as of a key behind a passphrase. */
  readonly fits: boolean | null;
}

/** Words by which the name of a certificate differs from that of its key. */
const WORDS = ['cert', 'certificate', 'crt', 'cer', 'fullchain', 'key', 'priv', 'private', 'privkey', 'privatekey', 'pem'];

/** What a certificate and its key have in common: `tls` of tls.crt and tls.key, `server` of server-cert.pem, nothing of cert.pem and key.pem. */
const stemOf = (name: string): string =>
  name
    .toLowerCase()
    .split(/[-_.]/)
    .filter((word) => !WORDS.includes(word))
    .join('-');

/** The private keys among these values that have a certificate of the same name beside them, or in the same text. */
export function pairsOf(values: Readonly<Record<string, string>>): Pair[] {
  const certificates = Object.keys(values).filter((name) => holdsCertificate(values[name] ?? ''));
  const keys = certificates.length === 0 ? [] : Object.keys(values).filter((name) => holdsPrivateKey(values[name] ?? ''));
  return keys.flatMap((key) => {
    const [first, ...more] = certificates.filter((name) => stemOf(name) === stemOf(key));
    if (first === undefined) return [];
    const fit = [first, ...more].map((name) => belongTogether(values[name] ?? '', values[key] ?? ''));
    const fits = fit.includes(true) ? true : fit.includes(false) ? false : null;
    return [{key, certificates: [first, ...more], fits}];
  });
}

const NAMES_CERTIFICATE = /(\.(crt|cer|cert)|(^|[-_.])(cert|certificate|fullchain)(\.pem)?)$/i;
const NAMES_KEY = /(\.key|(^|[-_.])(key|privkey|private-?key)(\.pem)?)$/i;

/** What a value is where its name says that it is the other of the two: a private key as `tls.crt`, a certificate as `tls.key`. */
export function misplaced(name: string, text: string): 'private key' | 'certificate' | undefined {
  const [certificate, key] = [holdsCertificate(text), holdsPrivateKey(text)];
  if (NAMES_CERTIFICATE.test(name) && key && !certificate) return 'private key';
  return NAMES_KEY.test(name) && certificate && !key ? 'certificate' : undefined;
}
