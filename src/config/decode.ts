import type {V1Secret} from '@kubernetes/client-node';
import type {Json} from '../kube/json.ts';

export interface DecodedSecret {
  readonly kind: 'DecodedSecret';
  readonly namespace: string;
  readonly name: string;
  readonly type: string;
  /** What is valid UTF-8, as text. */
  readonly data: Readonly<Record<string, string>>;
  /** All else, still base64. */
  readonly binary: Readonly<Record<string, string>>;
}

export function decodeSecret(secret: Json<V1Secret>): DecodedSecret {
  const data: Record<string, string> = {};
  const binary: Record<string, string> = {};
  for (const [key, base64] of Object.entries(secret.data ?? {})) {
    const text = asText(Buffer.from(base64, 'base64'));
    if (text === undefined) binary[key] = base64;
    else data[key] = text;
  }
  const {namespace = '', name = ''} = secret.metadata ?? {};
  return {kind: 'DecodedSecret', namespace, name, type: secret.type ?? 'Opaque', data, binary};
}

/** The text of UTF-8 bytes (a byte order mark kept), or undefined where they are not UTF-8 or hold a NUL. */
function asText(bytes: Buffer): string | undefined {
  if (bytes.includes(0)) return undefined;
  try {
    return new TextDecoder('utf-8', {fatal: true, ignoreBOM: true}).decode(bytes);
  } catch {
    return undefined;
  }
}
