import {parseObject} from '../../kube/json.ts';

/** A JSON Web Token, as service accounts have them. Its signature is not checked: that takes the cluster's public key. */
export interface Token {
  readonly is: 'token';
  readonly issuer: string | null;
  readonly subject: string | null;
  readonly audiences: readonly string[];
  /** RFC 3339; null for never. */
  readonly expires: string | null;
  readonly claims: Readonly<Record<string, unknown>>;
}

/** https://www.rfc-editor.org/rfc/rfc7519. Undefined where a text is none. */
export function tokenOf(text: string): Token | undefined {
  const [, header, payload] = /^\s*([\w-]+)\.([\w-]+)\.[\w-]*\s*$/.exec(text) ?? [];
  if (header === undefined || payload === undefined || !('alg' in (jsonIn(header) ?? {}))) return undefined;
  const claims = jsonIn(payload);
  if (claims === undefined) return undefined;
  const {iss, sub, aud, exp} = claims;
  return {
    is: 'token',
    issuer: typeof iss === 'string' ? iss : null,
    subject: typeof sub === 'string' ? sub : null,
    audiences: [aud ?? []].flat().map(String),
    expires: typeof exp === 'number' && Math.abs(exp) < 1e11 ? new Date(exp * 1000).toISOString().replace(/\.\d+Z$/, 'Z') : null,
    claims,
  };
}

const jsonIn = (base64url: string): Record<string, unknown> | undefined =>
  parseObject(Buffer.from(base64url, 'base64url').toString('utf8')) as Record<string, unknown> | undefined;
