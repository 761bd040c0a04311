import {X509Certificate} from 'node:crypto';
import {duration} from '../../text/duration.ts';
import type {Credential} from './credential.ts';

/** Why the API server may have answered 401 to a credential, as far as the credential itself tells at `now` (epoch milliseconds). */
export function explainRefusal({headers, certificate}: Credential, now: number): string {
  const {authorization} = headers;
  if (authorization?.startsWith('Bearer ')) {
    const expiry = tokenExpiry(authorization.slice('Bearer '.length));
    if (expiry !== undefined && expiry < now) return `the token expired ${duration(now - expiry)} ago`;
    return 'the token was refused: it may have been revoked, or be meant for another cluster';
  }
  if (authorization) return 'the user name or the password was refused';
  if (certificate) {
    const expiry = certificateExpiry(certificate.cert);
    if (expiry !== undefined && expiry < now) return `the client certificate expired ${duration(now - expiry)} ago`;
    return "the client certificate was refused: the cluster's certificate authority may not have issued it";
  }
  return 'the kubeconfig gives this context no credentials';
}

/** Epoch milliseconds, where the token is a JWT that says so. */
function tokenExpiry(token: string): number | undefined {
  try {
    const claims: unknown = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'));
    const exp = typeof claims === 'object' && claims !== null && 'exp' in claims ? Number(claims.exp) : Number.NaN;
    return Number.isNaN(exp) ? undefined : exp * 1000;
  } catch {
    return undefined;
  }
}

function certificateExpiry(pem: string): number | undefined {
  try {
    return Date.parse(new X509Certificate(pem).validTo);
  } catch {
    return undefined;
  }
}
