import {posix} from 'node:path';
import type {FieldReader, Flaw} from './flaws.ts';
import type {EncryptionConfiguration, KmsProviderEntry} from './types.ts';

/**
 * A KMS provider with the API server's defaults and rules. Source: SetDefaults_KMSConfiguration and validateKMSConfiguration.
 * @param names of the KMS providers before this one; its own is added
 */
export function decodeKms(reader: FieldReader, value: unknown, path: Flaw['path'], names: Set<string>): KmsProviderEntry {
  const kms = reader.object(value, path, ['apiVersion', 'name', 'cachesize', 'endpoint', 'timeout']);
  const [version, name, endpoint, timeout] = ['apiVersion', 'name', 'endpoint', 'timeout'].map((field) =>
    reader.string(kms[field], [...path, field]),
  ) as [string, string, string, string];
  const apiVersion = version === 'v2' ? 'v2' : 'v1';
  const cachesize = kms.cachesize ?? undefined;

  const check = (field: string, flaw: string | undefined) => flaw !== undefined && reader.report([...path, field], flaw);
  check('apiVersion', ['', 'v1', 'v2'].includes(version) ? undefined : 'must be v1 or v2');
  check('name', nameFlaw(name, apiVersion, names));
  check('endpoint', endpointFlaw(endpoint));
  check('timeout', typeof kms.timeout === 'string' ? timeoutFlaw(timeout) : undefined);
  check('cachesize', cachesize === undefined ? undefined : cachesizeFlaw(cachesize, apiVersion));
  names.add(name);
  return {
    type: 'kms',
    apiVersion,
    name,
    endpoint,
    ...(timeout !== '' && {timeout}),
    ...(typeof cachesize === 'number' && {cachesize}),
  };
}

/** Unique in the whole file: with automatic reload, which kops switches on, those of v1 too. */
function nameFlaw(name: string, apiVersion: 'v1' | 'v2', others: ReadonlySet<string>): string | undefined {
  if (name === '') return 'is missing';
  if (apiVersion === 'v2' && name.includes(':')) return "must not contain ':'";
  return others.has(name) ? `${name} is the name of another KMS provider of this file` : undefined;
}

/** The API server takes one without a path too, and is never ready with it. */
export function endpointFlaw(endpoint: string): string | undefined {
  if (endpoint === '') return 'is missing';
  if (!/^unix:/i.test(endpoint)) return 'must be a socket of the node: unix:///PATH';
  return pathIn(endpoint) === undefined ? 'names no socket: it is written unix:///PATH, with three slashes' : undefined;
}

/**
 * Files through which the API server reaches its KMS plugins, as paths of its container. Abstract sockets, `unix:///@NAME`, are none. Source:
 * ParseEndpoint of k8s.io/kms/pkg/util.
 */
export const socketsOf = ({rules}: EncryptionConfiguration): string[] => [
  ...new Set(
    rules.flatMap(({providers}) =>
      providers.flatMap((provider) => (provider.type === 'kms' ? (socketOf(provider.endpoint) ?? []) : [])),
    ),
  ),
];

/** What comes behind a host, if there is one; undefined where that cannot be a file. */
function pathIn(endpoint: string): string | undefined {
  const [, path = ''] = /^unix:(?:\/\/[^/?#]*|(?!\/\/))(\/[^?#]+)/i.exec(endpoint) ?? [];
  return path.replaceAll('/', '') === '' || path.endsWith('/') ? undefined : path;
}

function socketOf(endpoint: string): string | undefined {
  const path = pathIn(endpoint);
  return path === undefined || path.startsWith('/@') ? undefined : posix.normalize(path);
}

function cachesizeFlaw(cachesize: unknown, apiVersion: 'v1' | 'v2'): string | undefined {
  if (!Number.isInteger(cachesize)) return 'must be a whole number';
  if (apiVersion === 'v2') return 'is not supported in v2';
  return cachesize === 0 ? 'must be positive, or negative to switch the cache off' : undefined;
}

const UNITS: Readonly<Record<string, number>> = {ns: 1e-6, us: 1e-3, µs: 1e-3, μs: 1e-3, ms: 1, s: 1000, m: 60_000, h: 3_600_000};

/** Source: Go's time.ParseDuration. */
function timeoutFlaw(timeout: string): string | undefined {
  const parts = [...timeout.matchAll(/(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)/g)];
  const isDuration = parts.length > 0 && parts.map(([part]) => part).join('') === timeout.replace(/^\+/, '');
  const milliseconds = parts.reduce((sum, [, number, unit = '']) => sum + Number(number) * (UNITS[unit] ?? 0), 0);
  return isDuration && milliseconds > 0 ? undefined : 'must be a positive duration like 3s';
}
