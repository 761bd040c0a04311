import 'reflect-metadata';
import {KeyObject, randomBytes, webcrypto} from 'node:crypto';
import * as x509 from '@peculiar/x509';

const ALGORITHM = {name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256'};
const YEARS = 10;

/** PEM. */
export interface Certificate {
  readonly certificate: string;
  readonly key: string;
}

interface Leaf {
  readonly commonName: string;
  readonly organisation?: string;
  readonly usages: readonly ('server' | 'client')[];
  readonly dnsNames?: readonly string[];
  readonly addresses?: readonly string[];
}

export interface Authority extends Certificate {
  issue(leaf: Leaf): Promise<Certificate>;
}

/** A certificate authority of its own, valid for ten years from five minutes before `now` (milliseconds). */
export async function createAuthority(commonName: string, now: number): Promise<Authority> {
  const keys = await generateKeys();
  const subject = [{CN: [commonName]}];
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: subject,
    ...validity(now),
    signingAlgorithm: ALGORITHM,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(
        x509.KeyUsageFlags.digitalSignature | x509.KeyUsageFlags.keyEncipherment | x509.KeyUsageFlags.keyCertSign,
        true,
      ),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      new x509.SubjectAlternativeNameExtension([{type: 'dns', value: commonName}]),
    ],
  });

  async function issue({commonName, organisation, usages, dnsNames = [], addresses = []}: Leaf): Promise<Certificate> {
    const own = await generateKeys();
    const alternatives = [
      ...dnsNames.map((value) => ({type: 'dns' as const, value})),
      ...addresses.map((value) => ({type: 'ip' as const, value})),
    ];
    const leaf = await x509.X509CertificateGenerator.create({
      serialNumber: serialNumber(),
      issuer: certificate.subjectName,
      subject: organisation ? [{O: [organisation]}, {CN: [commonName]}] : [{CN: [commonName]}],
      ...validity(now),
      signingAlgorithm: ALGORITHM,
      publicKey: own.publicKey,
      signingKey: keys.privateKey,
      extensions: [
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature | x509.KeyUsageFlags.keyEncipherment, true),
        new x509.ExtendedKeyUsageExtension(
          usages.map((usage) => (usage === 'server' ? x509.ExtendedKeyUsage.serverAuth : x509.ExtendedKeyUsage.clientAuth)),
        ),
        new x509.BasicConstraintsExtension(false, undefined, true),
        await x509.AuthorityKeyIdentifierExtension.create(keys.publicKey),
        ...(alternatives.length > 0 ? [new x509.SubjectAlternativeNameExtension(alternatives)] : []),
      ],
    });
    return {certificate: leaf.toString('pem'), key: privatePem(own)};
  }

  return {certificate: certificate.toString('pem'), key: privatePem(keys), issue};
}

/** What service account tokens are signed with and verified by. */
export async function createKeyPair(): Promise<{privateKey: string; publicKey: string}> {
  const keys = await generateKeys();
  const publicKey = KeyObject.from(keys.publicKey).export({type: 'spki', format: 'pem'}).toString();
  return {privateKey: privatePem(keys), publicKey};
}

const generateKeys = (): Promise<webcrypto.CryptoKeyPair> =>
  webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']) as Promise<webcrypto.CryptoKeyPair>;

const privatePem = ({privateKey}: webcrypto.CryptoKeyPair): string =>
  KeyObject.from(privateKey).export({type: 'sec1', format: 'pem'}).toString();

/** Positive and at most 20 octets (RFC 5280, 4.1.2.2). */
function serialNumber(): string {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return bytes.toString('hex');
}

function validity(now: number): {notBefore: Date; notAfter: Date} {
  const notAfter = new Date(now);
  notAfter.setUTCFullYear(notAfter.getUTCFullYear() + YEARS);
  return {notBefore: new Date(now - 5 * 60_000), notAfter};
}
