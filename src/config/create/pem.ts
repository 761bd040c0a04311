import {createPrivateKey, type KeyObject, X509Certificate} from 'node:crypto';
import {invalid} from './invalid.ts';

/**
 * Throws a Problem where `key` is not the private key of the first certificate in `certificate`, both PEM. `files`: how to call them. Source:
 * tls.X509KeyPair of Go, by which kubectl judges.
 */
export function checkPair(certificate: Buffer, key: Buffer, files: {readonly certificate: string; readonly key: string}): void {
  const leaf = certificateOf(certificate.toString('latin1'), files.certificate);
  const privateKey = privateKeyOf(key.toString('latin1'), files.key);
  if (leaf.checkPrivateKey(privateKey)) return;
  throw invalid(
    `${files.key} is not the private key of ${files.certificate}`,
    `the certificate's public key is another one (its subject: ${leaf.subject.replaceAll('\n', ', ') || 'none'})`,
    "where the file is a chain, the server's own certificate comes first; else look for its key",
  );
}

function certificateOf(pem: string, file: string): X509Certificate {
  const [first] = blocks(pem, (label) => label === 'CERTIFICATE');
  if (first === undefined) throw noPem(file, pem, 'a certificate in PEM', '-----BEGIN CERTIFICATE-----');
  try {
    return new X509Certificate(first);
  } catch {
    throw invalid(
      `${file} holds a certificate that cannot be read`,
      'it is damaged, or not X.509',
      `look at it: openssl x509 -in ${file} -noout -text`,
    );
  }
}

/** The openssl errors behind it quote nothing, but say nothing to a user either. */
function privateKeyOf(pem: string, file: string): KeyObject {
  const [first] = blocks(pem, (label) => label === 'PRIVATE KEY' || label.endsWith(' PRIVATE KEY'));
  if (first === undefined) throw noPem(file, pem, 'a private key in PEM', '-----BEGIN PRIVATE KEY-----');
  if (/^-----BEGIN ENCRYPTED|^Proc-Type:.*ENCRYPTED/m.test(first))
    throw invalid(
      `the key in ${file} is locked with a passphrase`,
      'nothing in the cluster could open it',
      `unlock a copy: openssl pkey -in ${file} -out tls.key`,
    );
  try {
    return createPrivateKey(first);
  } catch {
    throw invalid(
      `${file} holds a private key that cannot be read`,
      'it is damaged, or of an unknown kind',
      `look at it: openssl pkey -in ${file} -noout -check`,
    );
  }
}

function noPem(file: string, text: string, wanted: string, begin: string): Error {
  const other = /-----BEGIN ([A-Z0-9 ]+)-----/.exec(text)?.[1];
  const why = other === undefined ? `no line of it is ${begin}` : `it holds ${other}`;
  if (other?.endsWith('PRIVATE KEY') || other === 'CERTIFICATE')
    return invalid(`${file} is not ${wanted}`, why, 'look whether the certificate and its key are in the place of each other');
  return invalid(`${file} is not ${wanted}`, why, 'a file in DER is converted by openssl x509 or openssl pkey with -inform der');
}

const blocks = (pem: string, isWanted: (label: string) => boolean): string[] =>
  [...pem.matchAll(/-----BEGIN ([A-Z0-9 ]+)-----[\s\S]*?-----END \1-----/g)]
    .filter(([, label = '']) => isWanted(label))
    .map(([block]) => `${block}\n`);

/** What ssh would not take, though the API server does: undefined where nothing is known against it. */
export function sshKeyFlaw(key: Buffer): 'public' | 'no final newline' | 'carriage returns' | 'no key' | undefined {
  const text = key.toString('latin1');
  if (/^\s*(ssh-|ecdsa-|sk-)\S+ AAAA/.test(text) || /-----BEGIN (SSH2 )?PUBLIC KEY/.test(text)) return 'public';
  if (!/-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----/.test(text)) return 'no key';
  if (text.includes('\r')) return 'carriage returns';
  return text.endsWith('\n') ? undefined : 'no final newline';
}
