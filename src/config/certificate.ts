import {X509Certificate} from 'node:crypto';

export interface CertificateSummary {
  readonly subject: string;
  /** DNS names and addresses. */
  readonly alternativeNames: readonly string[];
  /** Epoch milliseconds. */
  readonly notAfter: number;
  /** How many more certificates follow in the same text. */
  readonly more: number;
}

const PEM_CERTIFICATE = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;

/** The first certificate of a PEM text, or undefined where there is none that parses. */
export function summariseCertificate(text: string): CertificateSummary | undefined {
  const [first, ...rest] = text.match(PEM_CERTIFICATE) ?? [];
  if (first === undefined) return undefined;
  try {
    const certificate = new X509Certificate(first);
    return {
      subject: certificate.subject.split('\n').join(', '),
      alternativeNames: (certificate.subjectAltName ?? '')
        .split(', ')
        .flatMap((name) => name.replace(/^(DNS|IP Address|URI|email):/, '') || []),
      notAfter: certificate.validToDate.getTime(),
      more: rest.length,
    };
  } catch {
    return undefined;
  }
}
