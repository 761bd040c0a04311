import type {V1Secret} from '@kubernetes/client-node';
import type {Json} from '../kube/json.ts';
import {ExitCode, Problem} from '../problem.ts';
import {nearest} from '../text/nearest.ts';

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

/** All of a Secret, or one key of it; an unknown key is a Problem that names the nearest one. */
export function decodeSecret(secret: Json<V1Secret>, key?: string): DecodedSecret {
  const {namespace = '', name = ''} = secret.metadata ?? {};
  const entries = Object.entries(secret.data ?? {});
  const wanted = key === undefined ? entries : entries.filter(([k]) => k === key);
  if (key !== undefined && wanted.length === 0) throw unknownKey(key, {namespace, name, keys: entries.map(([k]) => k)});

  // Without a prototype: a key may be called `__proto__`.
  const data: Record<string, string> = Object.create(null);
  const binary: Record<string, string> = Object.create(null);
  for (const [k, base64] of wanted.sort(([a], [b]) => a.localeCompare(b))) {
    const text = asText(Buffer.from(base64, 'base64'));
    if (text === undefined) binary[k] = base64;
    else data[k] = text;
  }
  return {kind: 'DecodedSecret', namespace, name, type: secret.type ?? 'Opaque', data, binary};
}

/** The bytes of the only key there is. */
export function onlyValue({data, binary, name, namespace}: DecodedSecret): Buffer {
  const texts = Object.values(data);
  const others = Object.values(binary);
  if (texts.length + others.length !== 1) {
    const keys = [...Object.keys(data), ...Object.keys(binary)];
    throw new Problem(`-o raw prints one key, and secret/${name} has ${keys.length}`, {
      why: keys.length > 0 ? `its keys: ${keys.join(', ')}` : 'it has no data at all',
      next: keys[0] === undefined ? undefined : `kops secret decode ${name} ${keys[0]} -n ${namespace} -o raw`,
      exitCode: ExitCode.usage,
    });
  }
  return texts[0] === undefined ? Buffer.from(others[0] ?? '', 'base64') : Buffer.from(texts[0], 'utf8');
}

function unknownKey(key: string, {namespace, name, keys}: {namespace: string; name: string; keys: readonly string[]}): Problem {
  const near = nearest(key, keys);
  return new Problem(`secret/${name} in namespace ${namespace} has no key ${key}`, {
    why: keys.length > 0 ? `its keys: ${keys.join(', ')}` : 'it has no data at all',
    next: near && `kops secret decode ${name} ${near} -n ${namespace}`,
    exitCode: ExitCode.noAccess,
  });
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
