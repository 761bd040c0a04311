import {createPrivateKey, X509Certificate} from 'node:crypto';

export interface Certificate {
  readonly is: 'certificate';
  readonly subject: string;
  readonly issuer: string;
  /** DNS names and addresses. */
  readonly alternativeNames: readonly string[];
  /** RFC 3339. */
  readonly notBefore: string;
  readonly notAfter: string;
  /** How many more certificates follow in the same text. */
  readonly more: number;
}

const PEM = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;

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
    more: rest.length,
  };
}

/** Whether the first certificate of a text is for the private key of another; undefined where one of the two cannot be read. */
export function belongTogether(certificate: string, key: string): boolean | undefined {
  const [first] = certificate.match(PEM) ?? [];
  try {
    return first === undefined ? undefined : parsed(first)?.checkPrivateKey(createPrivateKey(key));
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

const rfc3339 = (date: Date): string => date.toISOString().replace('.000Z', 'Z');
