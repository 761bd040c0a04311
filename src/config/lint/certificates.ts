import {duration} from '../../text/duration.ts';
import {enumerate} from '../../text/enumerate.ts';
import {type Certificate, certificateOf, isBundle, SOON_MS} from '../read/certificate.ts';
import {misplaced, pairsOf} from '../read/pairs.ts';
import type {Verdict} from './finding.ts';

type Values = Readonly<Record<string, string>>;

/** What is wrong with the certificates and private keys of a Secret. `now`: milliseconds since the epoch. */
export function judgeCertificates(values: Values, now: number): Verdict[] {
  return [
    ...Object.entries(values).flatMap(([key, text]) => placeVerdict(key, text) ?? []),
    ...certificatesIn(values).flatMap(([key, certificate]) => timeVerdict(key, certificate, now) ?? []),
    ...pairsOf(values).flatMap(({key, certificates, fits}): Verdict[] => {
      const isOne = certificates.includes(key);
      const message = isOne
        ? `the private key in ${key} is not that of the certificate there`
        : `${key} is not the key of ${enumerate(certificates)}`;
      const fix = "put in the two files that belong together; of a chain, the server's own certificate comes first";
      return fits === false ? [{rule: 'key-mismatch', message, fix, key}] : [];
    }),
  ];
}

/** The certificates that are good now, and soon are not: their key, and what to say of it. */
export function soonExpired(values: Values, now: number): {readonly key: string; readonly message: string}[] {
  return certificatesIn(values).flatMap(([key, certificate]) => {
    const left =
      Math.min(Date.parse(certificate.notAfter), isBundle(certificate) ? Infinity : timeOf(certificate.moreNotAfter)) - now;
    return left >= 0 && left < SOON_MS ? [{key, message: `the certificate in ${key} expires in ${duration(left)}`}] : [];
  });
}

const certificatesIn = (values: Values): [string, Certificate][] =>
  Object.entries(values).flatMap(([key, text]) => {
    const certificate = certificateOf(text);
    return certificate === undefined ? [] : [[key, certificate]];
  });

const timeOf = (time: string | null): number => (time === null ? Infinity : Date.parse(time));

function placeVerdict(key: string, text: string): Verdict | undefined {
  const is = misplaced(key, text);
  if (is === undefined) return undefined;
  return is === 'private key'
    ? {
        rule: 'wrong-content',
        message: `${key} holds a private key, where a certificate belongs`,
        fix: 'put the certificate there, and the key under a name of its own: certificates are shown to anyone',
        key,
      }
    : {
        rule: 'wrong-content',
        message: `${key} holds a certificate, where a private key belongs`,
        fix: 'put the private key of that certificate there',
        key,
      };
}

function timeVerdict(key: string, certificate: Certificate, now: number): Verdict | undefined {
  const {notBefore, notAfter, moreNotAfter} = certificate;
  const over = now - Date.parse(notAfter);
  const ahead = Date.parse(notBefore) - now;
  if (over > 0)
    return {
      rule: 'certificate-expired',
      message: `the certificate in ${key} expired ${duration(over)} ago, on ${notAfter.slice(0, 10)}`,
      fix: 'renew it, or take it out where nobody needs it',
      key,
    };
  if (ahead > 0)
    return {
      rule: 'certificate-not-yet-valid',
      message: `the certificate in ${key} is not valid before ${notBefore}`,
      fix: 'put in one that is valid now; if it should be, look at the clock of who made it',
      key,
    };
  const chainOver = now - timeOf(moreNotAfter);
  if (chainOver <= 0 || isBundle(certificate)) return undefined;
  return {
    rule: 'certificate-expired',
    message: `a certificate further down the chain in ${key} expired ${duration(chainOver)} ago`,
    fix: 'put in the chain that the issuer hands out now',
    key,
  };
}
