import type {Flaw, Reader} from './configuration-decode.ts';
import type {KmsProviderEntry} from './configuration-types.ts';

/** A KMS provider with the API server's defaults and rules. Source: SetDefaults_KMSConfiguration and validateKMSConfiguration. */
export function kmsFlaws(reader: Reader, value: unknown, path: Flaw['path'], names: Set<string>): KmsProviderEntry {
  const kms = reader.object(value, path, ['apiVersion', 'name', 'cachesize', 'endpoint', 'timeout']);
  const text = (field: string) => reader.string(kms[field], [...path, field]);
  const version = text('apiVersion') || 'v1';
  const name = text('name');
  const endpoint = text('endpoint');
  const timeout = text('timeout');
  const {cachesize} = kms;

  if (version !== 'v1' && version !== 'v2') reader.report([...path, 'apiVersion'], `is ${version}: only v1 and v2 are supported`);
  if (name === '') reader.report([...path, 'name'], 'a KMS provider needs a name');
  if (version !== 'v1' && name.includes(':')) reader.report([...path, 'name'], `${name} must not contain ':'`);
  if (names.has(name))
    reader.report([...path, 'name'], `${name} is the name of another KMS provider of this file: names must be unique`);
  names.add(name);
  if (!endpoint.startsWith('unix:')) {
    reader.report(
      [...path, 'endpoint'],
      endpoint === '' ? 'a KMS provider needs an endpoint: unix:///…' : 'must be a unix socket: unix:///…',
    );
  }
  const milliseconds = timeout === '' ? undefined : goDuration(timeout);
  if (timeout !== '' && (milliseconds === undefined || milliseconds <= 0)) {
    reader.report([...path, 'timeout'], `must be a positive duration like 3s`);
  }
  if (cachesize !== undefined && cachesize !== null) {
    if (!Number.isInteger(cachesize)) reader.report([...path, 'cachesize'], 'must be a whole number');
    else if (version !== 'v1') reader.report([...path, 'cachesize'], 'is not supported in v2');
    else if (cachesize === 0) reader.report([...path, 'cachesize'], 'must be positive, or negative to switch the cache off');
  }
  return {
    type: 'kms',
    apiVersion: version === 'v2' ? 'v2' : 'v1',
    name,
    endpoint,
    ...(timeout !== '' && {timeout}),
    ...(typeof cachesize === 'number' && {cachesize}),
  };
}

const UNITS: Readonly<Record<string, number>> = {ns: 1e-6, us: 1e-3, µs: 1e-3, ms: 1, s: 1000, m: 60_000, h: 3_600_000};

/** Milliseconds; undefined where Go's time.ParseDuration refuses it. */
function goDuration(text: string): number | undefined {
  if (/^[+-]?0$/.test(text)) return 0;
  const part = /(\d+\.?\d*|\.\d+)(ns|us|µs|ms|s|m|h)/g;
  const body = text.replace(/^[+-]/, '');
  const parts = [...body.matchAll(part)];
  if (parts.length === 0 || parts.map(([whole]) => whole).join('') !== body) return undefined;
  const total = parts.reduce((sum, [, number, unit = '']) => sum + Number(number) * (UNITS[unit] ?? 0), 0);
  return text.startsWith('-') ? -total : total;
}
