import {kmsFlaws} from './configuration-kms.ts';
import {overlapFlaw, resourceFlaw} from './configuration-resources.ts';
import {
  configurationApiVersion,
  type EncryptionConfiguration,
  type Key,
  type KeyedProvider,
  keyedProviders,
  type Provider,
  type ResourceRule,
} from './configuration-types.ts';

/** What is wrong with one field. Never a key's secret. */
export interface Flaw {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** Collects what is wrong while reading on, so that one run names everything. */
export class Reader {
  readonly flaws: Flaw[] = [];

  report(path: Flaw['path'], message: string): undefined {
    this.flaws.push({path, message});
    return undefined;
  }

  /** A mapping with no other fields than these. A missing or null one is empty, as in Go. */
  object(value: unknown, path: Flaw['path'], fields: readonly string[]): Readonly<Record<string, unknown>> {
    if (value === undefined || value === null) return {};
    if (typeof value !== 'object' || Array.isArray(value)) {
      this.report(path, 'must be a mapping');
      return {};
    }
    const near = (field: string) => fields.find((known) => known.toLowerCase() === field.toLowerCase());
    for (const field of Object.keys(value)) {
      if (fields.includes(field)) continue;
      const known = near(field);
      this.report(
        [...path, field],
        known ? `unknown field: it is written ${known}` : `unknown field: ${fields.join(', ')} are known here`,
      );
    }
    return value as Record<string, unknown>;
  }

  list(value: unknown, path: Flaw['path']): readonly unknown[] {
    if (value === undefined || value === null) return [];
    if (Array.isArray(value)) return value;
    this.report(path, 'must be a list');
    return [];
  }

  /** A missing or null one is empty, as in Go. */
  string(value: unknown, path: Flaw['path']): string {
    if (value === undefined || value === null) return '';
    if (typeof value === 'string') return value;
    this.report(
      path,
      `must be a string: YAML reads it as a ${Array.isArray(value) ? 'list' : typeof value}, so put it in quotes`,
    );
    return '';
  }
}

/**
 * Judges a decoded document as the API server does. Source: strict decoding and ValidateEncryptionConfiguration of
 * k8s.io/apiserver/pkg/apis/apiserver/validation/validation_encryption.go (reload = true), and the masking check of
 * pkg/server/options/encryptionconfig/config.go.
 */
export function decodeConfiguration(value: unknown): {configuration?: EncryptionConfiguration; flaws: readonly Flaw[]} {
  const reader = new Reader();
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return {flaws: [{path: [], message: 'must be a mapping with apiVersion, kind and resources'}]};
  }
  const document = reader.object(value, [], ['apiVersion', 'kind', 'resources']);
  expectText(reader, document, 'apiVersion', configurationApiVersion);
  expectText(reader, document, 'kind', 'EncryptionConfiguration');
  const kmsNames = new Set<string>();
  const masks = new Map<string, string>();
  const entries = reader.list(document.resources, ['resources']);
  if (entries.length === 0) reader.report(['resources'], 'at least one rule is required');
  const rules = entries.map((entry, index) => decodeRule(reader, entry, ['resources', index], kmsNames));
  for (const [index, rule] of rules.entries()) overlapFlaw(reader, rule.resources, ['resources', index, 'resources'], masks);
  return {configuration: {rules}, flaws: reader.flaws};
}

function expectText(reader: Reader, document: Readonly<Record<string, unknown>>, field: string, wanted: string): void {
  const found = reader.string(document[field], [field]);
  if (found !== wanted)
    reader.report([field], found === '' ? `missing: it must be ${wanted}` : `is ${found}: it must be ${wanted}`);
}

function decodeRule(reader: Reader, value: unknown, path: Flaw['path'], kmsNames: Set<string>): ResourceRule {
  const rule = reader.object(value, path, ['resources', 'providers']);
  const resourcesPath = [...path, 'resources'];
  const resources = reader.list(rule.resources, resourcesPath).map((entry, index) => {
    const resource = reader.string(entry, [...resourcesPath, index]);
    resourceFlaw(reader, resource, [...resourcesPath, index]);
    return resource;
  });
  if (resources.length === 0) reader.report(resourcesPath, 'at least one resource is required');
  const providersPath = [...path, 'providers'];
  const entries = reader.list(rule.providers, providersPath);
  if (entries.length === 0) reader.report(providersPath, 'at least one provider is required');
  const providers = entries.flatMap((entry, index) => decodeProvider(reader, entry, [...providersPath, index], kmsNames) ?? []);
  return {resources, providers};
}

const providerFields = ['aesgcm', 'aescbc', 'secretbox', 'identity', 'kms'] as const;

function decodeProvider(reader: Reader, value: unknown, path: Flaw['path'], kmsNames: Set<string>): Provider | undefined {
  const entry = reader.object(value, path, providerFields);
  const [type, ...others] = providerFields.filter((field) => entry[field] !== undefined && entry[field] !== null);
  if (type === undefined) return reader.report(path, `holds none of the providers ${providerFields.join(', ')}`);
  if (others.length > 0) {
    return reader.report(path, `holds ${[type, ...others].join(' and ')}: each provider needs a list element (- ) of its own`);
  }
  if (type === 'identity') {
    reader.object(entry[type], [...path, type], []);
    return {type};
  }
  if (type === 'kms') return kmsFlaws(reader, entry[type], [...path, type], kmsNames);
  return {type, keys: decodeKeys(reader, entry[type], [...path, type], type)};
}

function decodeKeys(reader: Reader, value: unknown, path: Flaw['path'], type: KeyedProvider): readonly Key[] {
  const keysPath = [...path, 'keys'];
  const entries = reader.list(reader.object(value, path, ['keys']).keys, keysPath);
  if (entries.length === 0) reader.report(keysPath, 'at least one key is required');
  return entries.map((entry, index) => decodeKey(reader, entry, [...keysPath, index], type));
}

const keySizes: Readonly<Record<KeyedProvider, readonly number[]>> = {
  secretbox: [32],
  aescbc: [16, 24, 32],
  aesgcm: [16, 24, 32],
};

function decodeKey(reader: Reader, value: unknown, path: Flaw['path'], type: KeyedProvider): Key {
  const key = reader.object(value, path, ['name', 'secret']);
  const name = reader.string(key.name, [...path, 'name']);
  const secret = reader.string(key.secret, [...path, 'secret']);
  if (name === '') reader.report([...path, 'name'], 'a key needs a name');
  if (secret === '') reader.report([...path, 'secret'], 'a key needs a secret: random bytes in base64');
  else {
    const bytes = strictBase64(secret);
    if (bytes === undefined) reader.report([...path, 'secret'], 'is not base64');
    else if (!keySizes[type].includes(bytes.length)) {
      const wanted = keySizes[type].join(', ').replace(/, (\d+)$/, ' or $1');
      reader.report([...path, 'secret'], `is ${bytes.length} bytes long: ${type} needs ${wanted}`);
    }
  }
  return {name, secret};
}

/** Go's base64.StdEncoding: padded, line breaks ignored; undefined where it is none. */
export function strictBase64(text: string): Buffer | undefined {
  const plain = text.replaceAll(/[\r\n]/g, '');
  if (plain.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(plain)) return undefined;
  return Buffer.from(plain, 'base64');
}

export const isKeyedProvider = (text: string): text is KeyedProvider => (keyedProviders as readonly string[]).includes(text);
