import {createPrivateKey, X509Certificate} from 'node:crypto';
import {privateKeyPem} from './private-key.ts';

export interface Certificate {
  readonly is: 'certificate';
  readonly subject: string;
  readonly issuer: string;
  /** DNS names and addresses. */
  readonly alternativeNames: readonly string[];
  /** RFC 3339. */
  readonly notBefore: string;
  readonly notAfter: string;
  /** Whether it may sign others. */
  readonly authority: boolean;
  /** How many more certificates follow in the same text. */
  readonly more: number;
  /** When the first of those expires; null where there are none that parse. RFC 3339. */
  readonly moreNotAfter: string | null;
}

/** So long before it ends, a certificate should be renewed. */
export const SOON_MS = 30 * 24 * 3_600_000;

/** Several authorities that are trusted, not a chain: one of them that is over harms nobody. */
export const isBundle = ({authority, more}: Certificate): boolean => authority && more > 0;

const PEM = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;

export const holdsCertificate = (text: string): boolean => text.includes('-----BEGIN CERTIFICATE-----');

/** The first certificate of a PEM text, or undefined where there is none that parses. */
export function certificateOf(text: string): Certificate | undefined {
  const [first, ...rest] = text.match(PEM) ?? [];
  const certificate = first === undefined ? undefined : parsed(first);
  if (certificate === undefined) return undefined;
  const names = (certificate.subjectAltName ?? '').split(', ').map((name) => name.replace(/^(DNS|IP Address|URI|email):/, ''));
  return {
    is: 'certificate',
    subject: certificate.subject?.split('\n').join(', ') ?? '',
    issuer: certificate.issuer?.split('\n').join(', ') ?? '',
    alternativeNames: names.filter((name) => name !== ''),
    notBefore: rfc3339(certificate.validFromDate),
    notAfter: rfc3339(certificate.validToDate),
    authority: certificate.ca,
    more: rest.length,
    moreNotAfter: rest.flatMap((pem) => rfc3339Of(parsed(pem)) ?? []).sort()[0] ?? null,
  };
}

/** Whether the first certificate of a text is for the first private key of another; undefined where one of the two cannot be read. */
export function belongTogether(certificate: string, key: string): boolean | undefined {
  const [first] = certificate.match(PEM) ?? [];
  const pem = privateKeyPem(key);
  try {
    return first && pem ? parsed(first)?.checkPrivateKey(createPrivateKey(pem)) : undefined;
  } catch {
    return undefined;
  }
}

function parsed(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem);
  } catch {
    return undefined;
  }
}

const rfc3339Of = (certificate: X509Certificate | undefined) => certificate && rfc3339(certificate.validToDate);
const rfc3339 = (date: Date): string => date.toISOString().replace('.000Z', 'Z');
