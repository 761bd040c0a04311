import {FieldReader, type Flaw} from './flaws.ts';
import {decodeKms} from './kms.ts';
import {reportOverlaps, resourceFlaw} from './resources.ts';
import {
  configurationApiVersion,
  configurationKind,
  type EncryptionConfiguration,
  emptyConfiguration,
  type Key,
  type KeyedProvider,
  keySizes,
  type Provider,
  type ResourceRule,
} from './types.ts';

/**
 * Judges a decoded document as the API server does. Source: strict decoding and ValidateEncryptionConfiguration of
 * k8s.io/apiserver/pkg/apis/apiserver/validation/validation_encryption.go (reload = true), and the masking check of
 * pkg/server/options/encryptionconfig/config.go. The configuration is worth something only where there is no flaw.
 */
export function decodeConfiguration(value: unknown): {
  readonly configuration: EncryptionConfiguration;
  readonly flaws: readonly Flaw[];
} {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    const message = 'it must be a mapping with apiVersion, kind and resources';
    return {configuration: emptyConfiguration, flaws: [{path: [], message}]};
  }
  const reader = new FieldReader();
  const document = reader.object(value, [], ['apiVersion', 'kind', 'resources']);
  checkKind(reader, reader.string(document.apiVersion, ['apiVersion']), reader.string(document.kind, ['kind']));
  const entries = reader.list(document.resources, ['resources']);
  if (entries.length === 0) reader.report(['resources'], 'needs at least one rule');
  const kmsNames = new Set<string>();
  const rules = entries.map((entry, index) => decodeRule(reader, entry, ['resources', index], kmsNames));
  reportOverlaps(reader, rules);
  return {configuration: {rules}, flaws: reader.flaws};
}

/** `v1` and `EncryptionConfig` are registered too, for the sake of old documentation. Source: pkg/apis/apiserver/v1/register.go. */
function checkKind(reader: FieldReader, apiVersion: string, kind: string): void {
  const legacy = apiVersion === 'v1' && kind === 'EncryptionConfig';
  if (legacy) return;
  const must = (found: string, wanted: string) => (found === '' ? `is missing: it must be ${wanted}` : `must be ${wanted}`);
  if (apiVersion !== configurationApiVersion) reader.report(['apiVersion'], must(apiVersion, configurationApiVersion));
  if (kind !== configurationKind) reader.report(['kind'], must(kind, configurationKind));
}

function decodeRule(reader: FieldReader, value: unknown, path: Flaw['path'], kmsNames: Set<string>): ResourceRule {
  const rule = reader.object(value, path, ['resources', 'providers']);
  const resourcesPath = [...path, 'resources'];
  const resources = reader.list(rule.resources, resourcesPath).map((entry, index) => {
    const resource = reader.string(entry, [...resourcesPath, index]);
    const flaw = resourceFlaw(resource);
    if (flaw) reader.report([...resourcesPath, index], flaw);
    return resource;
  });
  if (resources.length === 0) reader.report(resourcesPath, 'needs at least one resource');
  const providersPath = [...path, 'providers'];
  const entries = reader.list(rule.providers, providersPath);
  if (entries.length === 0) reader.report(providersPath, 'needs at least one provider');
  const providers = entries.flatMap((entry, index) => decodeProvider(reader, entry, [...providersPath, index], kmsNames) ?? []);
  return {resources, providers};
}

const providerTypes = ['aesgcm', 'aescbc', 'secretbox', 'identity', 'kms'] as const;

function decodeProvider(reader: FieldReader, value: unknown, path: Flaw['path'], kmsNames: Set<string>): Provider | undefined {
  const entry = reader.object(value, path, providerTypes);
  const [type, ...others] = providerTypes.filter((candidate) => entry[candidate] !== undefined && entry[candidate] !== null);
  if (type === undefined) return reader.report(path, `names no provider: ${providerTypes.join(', ')}`);
  if (others.length > 0) {
    return reader.report(path, `holds ${[type, ...others].join(' and ')}: each provider is a list item (-) of its own`);
  }
  const here = [...path, type];
  if (type === 'kms') return decodeKms(reader, entry[type], here, kmsNames);
  if (type !== 'identity') return {type, keys: decodeKeys(reader, entry[type], here, type)};
  reader.object(entry[type], here, []);
  return {type};
}

function decodeKeys(reader: FieldReader, value: unknown, path: Flaw['path'], type: KeyedProvider): readonly Key[] {
  const keysPath = [...path, 'keys'];
  const entries = reader.list(reader.object(value, path, ['keys']).keys, keysPath);
  if (entries.length === 0) reader.report(keysPath, 'needs at least one key');
  return entries.map((entry, index) => decodeKey(reader, entry, [...keysPath, index], type));
}

function decodeKey(reader: FieldReader, value: unknown, path: Flaw['path'], type: KeyedProvider): Key {
  const key = reader.object(value, path, ['name', 'secret']);
  const name = reader.string(key.name, [...path, 'name']);
  const secret = reader.string(key.secret, [...path, 'secret']);
  if (name === '') reader.report([...path, 'name'], 'is missing');
  const flaw = secretFlaw(secret, type);
  if (flaw) reader.report([...path, 'secret'], flaw);
  return {name, secret};
}

function secretFlaw(secret: string, type: KeyedProvider): string | undefined {
  if (secret === '') return 'is missing';
  if (/^(\$|<)/.test(secret)) return 'is a placeholder: head -c 32 /dev/urandom | base64 makes what belongs there';
  const bytes = decodeBase64(secret);
  if (bytes === undefined) return 'is not base64';
  if (keySizes[type].includes(bytes.length)) return undefined;
  return `is ${bytes.length} bytes long: ${type} takes ${keySizes[type].join(', ').replace(/, (\d+)$/, ' or $1')}`;
}

/** As Go's base64.StdEncoding: padded, line breaks ignored; undefined where it is none. */
function decodeBase64(text: string): Buffer | undefined {
  const plain = text.replaceAll(/[\r\n]/g, '');
  return plain.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(plain) ? Buffer.from(plain, 'base64') : undefined;
}
