import {createPrivateKey} from 'node:crypto';

export interface PrivateKey {
  readonly is: 'private key';
  /** `RSA`, `EC`, `Ed25519` …; `unknown` where it is encrypted and does not tell. */
  readonly type: string;
  /** Of the modulus, or of the curve. Null where the type says it all, or nobody knows. */
  readonly bits: number | null;
  /** Whether a passphrase is needed. */
  readonly encrypted: boolean;
  /** Whether the certificate beside it is for this key; null where there is none, or where that cannot be told. */
  readonly fits: boolean | null;
  /** The key of that certificate, which has the same name but for its end: `tls.crt` of `tls.key`. */
  readonly certificate: string | null;
}

const PEM = /-----BEGIN ([A-Z ]*)PRIVATE KEY-----[\s\S]+?-----END \1PRIVATE KEY-----/;

export const holdsPrivateKey = (text: string): boolean => /-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(text);

/** The first private key of a text, without what stands around it. */
export const privateKeyPem = (text: string): string | undefined => PEM.exec(text)?.[0];

/** What a PEM text says of the private key that it is. Undefined where it is none that parses. */
export function privateKeyOf(text: string): PrivateKey | undefined {
  const [pem, label] = PEM.exec(text) ?? [];
  if (pem === undefined) return undefined;
  if (label === 'OPENSSH ') return openSsh(pem);
  if (label === 'ENCRYPTED ' || pem.includes('Proc-Type: 4,ENCRYPTED'))
    return key(label === 'RSA ' || label === 'EC ' ? label.trim() : 'unknown', null, true);
  try {
    const {asymmetricKeyType = 'unknown', asymmetricKeyDetails: {modulusLength, namedCurve} = {}} = createPrivateKey(pem);
    const bits = modulusLength ?? CURVES[namedCurve ?? ''] ?? null;
    return key(TYPES[asymmetricKeyType] ?? asymmetricKeyType, bits, false);
  } catch {
    return undefined;
  }
}

const key = (type: string, bits: number | null, encrypted: boolean): PrivateKey => ({
  is: 'private key',
  type,
  bits,
  encrypted,
  fits: null,
  certificate: null,
});

const TYPES: Readonly<Record<string, string>> = {
  rsa: 'RSA',
  'rsa-pss': 'RSA-PSS',
  ec: 'EC',
  dsa: 'DSA',
  ed25519: 'Ed25519',
  ed448: 'Ed448',
};
const CURVES: Readonly<Record<string, number>> = {prime256v1: 256, secp256k1: 256, secp384r1: 384, secp521r1: 521};

/** https://github.com/openssh/openssh-portable/blob/master/PROTOCOL.key: what is before the encrypted part tells type and cipher. */
function openSsh(pem: string): PrivateKey | undefined {
  const bytes = Buffer.from(pem.replaceAll(/-----[^-]+-----|\s/g, ''), 'base64');
  const magic = 'openssh-key-v1\0';
  if (bytes.toString('latin1', 0, magic.length) !== magic) return undefined;
  const [cipher, , , rest] = strings(bytes.subarray(magic.length), 3);
  if (cipher === undefined || rest === undefined) return undefined;
  const [publicKey] = strings(rest.subarray(4), 1); // behind the number of keys
  const [type, , modulus] = strings(publicKey ?? Buffer.alloc(0), 3);
  if (type === undefined) return undefined;
  const encrypted = cipher.toString('latin1') !== 'none';
  const name = type.toString('latin1');
  if (name === 'ssh-rsa') return key('RSA', modulus ? (modulus.length - (modulus[0] === 0 ? 1 : 0)) * 8 : null, encrypted);
  if (name === 'ssh-ed25519') return key('Ed25519', null, encrypted);
  const curve = /^ecdsa-sha2-nistp(\d+)$/.exec(name)?.[1];
  return key(curve === undefined ? name : 'EC', curve === undefined ? null : Number(curve), encrypted);
}

/** SSH's strings, each behind its length of four bytes, as many as there are up to `count`; then what is left of the bytes. */
function strings(bytes: Buffer, count: number): (Buffer | undefined)[] {
  const found: Buffer[] = [];
  let at = 0;
  while (found.length < count && at + 4 <= bytes.length) {
    const end = at + 4 + bytes.readUInt32BE(at);
    if (end > bytes.length) break;
    found.push(bytes.subarray(at + 4, end));
    at = end;
  }
  return found.length === count ? [...found, bytes.subarray(at)] : found;
}
