import {parseObject} from '../../kube/json.ts';
import {fromBase64} from './base64.ts';

/** What helm keeps of one revision of a release. */
export interface HelmRelease {
  readonly is: 'helm release';
  readonly name: string;
  readonly namespace: string;
  readonly revision: number | null;
  /** `deployed`, `superseded`, `failed` … */
  readonly status: string;
  /** `nginx-1.2.3`. */
  readonly chart: string;
  readonly appVersion: string | null;
  /** RFC 3339, as helm wrote it. */
  readonly deployedAt: string | null;
  /** What the user set over the chart's own. */
  readonly values: Readonly<Record<string, unknown>>;
}

/** Bytes of a release that are taken at most: a small text can be packed of very many bytes. */
const MOST = 32 * 1024 * 1024;
/** How base64 of gzip begins. */
const GZIP = 'H4sI';

interface Stored {
  readonly name?: unknown;
  readonly namespace?: unknown;
  readonly version?: unknown;
  readonly info?: {readonly status?: unknown; readonly last_deployed?: unknown};
  readonly chart?: {readonly metadata?: {readonly name?: unknown; readonly version?: unknown; readonly appVersion?: unknown}};
  readonly config?: unknown;
}

/** Base64 of gzip of JSON. Undefined where a text is none of that, or would be too large. */
export async function helmReleaseOf(text: string): Promise<HelmRelease | undefined> {
  const packed = text.startsWith(GZIP) ? fromBase64(text) : undefined;
  const release = packed && (parseObject(await unpacked(packed)) as Stored | undefined);
  const chart = release?.chart?.metadata;
  if (release === undefined || typeof chart?.name !== 'string') return undefined;
  const {name, namespace, version, info, config} = release;
  return {
    is: 'helm release',
    name: String(name ?? ''),
    namespace: String(namespace ?? ''),
    revision: typeof version === 'number' ? version : null,
    status: String(info?.status ?? 'unknown'),
    chart: `${chart.name}-${chart.version ?? '?'}`,
    appVersion: typeof chart.appVersion === 'string' ? chart.appVersion : null,
    deployedAt: typeof info?.last_deployed === 'string' ? info.last_deployed : null,
    values: typeof config === 'object' && config !== null ? (config as HelmRelease['values']) : {},
  };
}

async function unpacked(packed: Buffer): Promise<string> {
  const {gunzipSync} = await import('node:zlib'); // seldom needed
  try {
    return gunzipSync(packed, {maxOutputLength: MOST}).toString('utf8');
  } catch {
    return '';
  }
}
