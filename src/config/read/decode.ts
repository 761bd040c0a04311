import type {V1ConfigMap, V1Secret} from '@kubernetes/client-node';
import type {Json, KubeObject} from '../../kube/json.ts';
import {ExitCode, Problem} from '../../problem.ts';
import {nearest} from '../../text/nearest.ts';
import {asText, fromBase64} from './base64.ts';

/** What a Secret or a ConfigMap holds. */
export interface Decoded {
  readonly kind: 'DecodedSecret' | 'DecodedConfigMap';
  readonly namespace: string;
  readonly name: string;
  /** What is valid UTF-8, as text. */
  readonly data: Readonly<Record<string, string>>;
  /** All else, still base64. */
  readonly binary: Readonly<Record<string, string>>;
}

export interface DecodedSecret extends Decoded {
  readonly kind: 'DecodedSecret';
  readonly type: string;
}

export interface DecodedConfigMap extends Decoded {
  readonly kind: 'DecodedConfigMap';
}

type Named = Pick<Decoded, 'kind' | 'namespace' | 'name'>;

/** `secret`, `configmap`: what stands before its name. */
export const wordOf = ({kind}: Pick<Decoded, 'kind'>): 'secret' | 'configmap' =>
  kind === 'DecodedSecret' ? 'secret' : 'configmap';

/** `kops secret decode`, `kops configmap show` */
export const commandOf = (of: Pick<Decoded, 'kind'>): string =>
  `kops ${wordOf(of)} ${wordOf(of) === 'secret' ? 'decode' : 'show'}`;

/**
 * All of a Secret, or one key of it; an unknown key is a Problem that names the nearest one. Of a manifest: with `stringData` over `data`, as
 * the API server would store it; what is no base64 there is a Problem, too.
 */
export function decodeSecret(secret: Json<V1Secret>, key?: string): DecodedSecret {
  const of = {kind: 'DecodedSecret', ...nameOf(secret), type: secret.type ?? 'Opaque'} as const;
  return {...of, ...valuesOf(of, {texts: secret.stringData ?? {}, encoded: secret.data ?? {}}, key)};
}

/** All of a ConfigMap, or one key of it; see `decodeSecret`. Of its `binaryData`, too, what is text is shown as that. */
export function decodeConfigMap(configMap: Json<V1ConfigMap>, key?: string): DecodedConfigMap {
  const of = {kind: 'DecodedConfigMap', ...nameOf(configMap)} as const;
  return {...of, ...valuesOf(of, {texts: configMap.data ?? {}, encoded: configMap.binaryData ?? {}}, key)};
}

const nameOf = ({metadata}: KubeObject): {namespace: string; name: string} => ({
  namespace: metadata?.namespace ?? '',
  name: metadata?.name ?? '',
});

type Values = Readonly<Record<string, string>>;

/** By key, in the order of code units: that of a language takes longer to load than all else here. */
function valuesOf(
  of: Named,
  {texts, encoded}: {texts: Values; encoded: Values},
  key: string | undefined,
): {data: Values; binary: Values} {
  const keys = Object.keys({...encoded, ...texts}).sort();
  if (key !== undefined && !keys.includes(key)) throw unknownKey(key, of, keys);
  const data: [string, string][] = [];
  const binary: [string, string][] = [];
  for (const k of key === undefined ? keys : [key]) {
    const base64 = valueAt(encoded, k) ?? '';
    const bytes = fromBase64(base64);
    const text = valueAt(texts, k) ?? (bytes && asText(bytes));
    if (text !== undefined) data.push([k, text]);
    else if (bytes !== undefined) binary.push([k, base64]);
    else throw notBase64(of, k);
  }
  return {data: Object.fromEntries(data), binary: Object.fromEntries(binary)};
}

/** `constructor` is a key that somebody may have, and every object. */
export const valueAt = (values: Values, key: string): string | undefined =>
  Object.hasOwn(values, key) ? String(values[key] ?? '') : undefined;

/** The bytes of the only key there is. */
export function onlyValue(decoded: Decoded): Buffer {
  const {data, binary} = decoded;
  const texts = Object.values(data);
  const others = Object.values(binary);
  if (texts.length + others.length !== 1) {
    const keys = [...Object.keys(data), ...Object.keys(binary)];
    const what = `${wordOf(decoded)}/${decoded.name}`;
    throw new Problem(`-o raw prints one key, and ${what} has ${keys.length}`, {
      why: keys.length > 0 ? `its keys: ${keys.join(', ')}` : 'it has no data at all',
      next: keys[0] === undefined ? undefined : `${withKey(decoded, keys[0])} -o raw`,
      exitCode: ExitCode.usage,
    });
  }
  return texts[0] === undefined ? Buffer.from(others[0] ?? '', 'base64') : Buffer.from(texts[0], 'utf8');
}

function unknownKey(key: string, of: Named, keys: readonly string[]): Problem {
  const near = nearest(key, keys);
  const where = of.namespace === '' ? '' : ` in namespace ${of.namespace}`;
  return new Problem(`${wordOf(of)}/${of.name}${where} has no key ${key}`, {
    why: keys.length > 0 ? `its keys: ${keys.join(', ')}` : 'it has no data at all',
    next: near && withKey(of, near),
    exitCode: ExitCode.noAccess,
  });
}

const withKey = (of: Named, key: string): string =>
  `${commandOf(of)} ${of.name} ${key}${of.namespace === '' ? '' : ` -n ${of.namespace}`}`;

const notBase64 = (of: Named, key: string): Problem =>
  new Problem(`${key} of ${wordOf(of)}/${of.name} is not base64`, {
    why: 'data and binaryData hold base64; plaintext belongs under stringData, or under data of a ConfigMap',
    next: 'where, and what to do: kops secret lint -f FILE',
    exitCode: ExitCode.usage,
  });
