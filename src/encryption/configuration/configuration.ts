import {createHash} from 'node:crypto';
import {stringify} from 'yaml';
import {goYaml} from '../../text/go-yaml.ts';
import {configurationApiVersion, configurationKind, type EncryptionConfiguration, type Key, type Provider} from './types.ts';

export {
  providersFor,
  readKeysOf,
  type WriteKey,
  writeKeyOf,
} from './coverage.ts';
export {parseConfiguration} from './parse.ts';
export {demoteToIdentity, dropKeys, promote, withIdentity, withReadKey, withReadProvider} from './stages.ts';
export * from './types.ts';

/** A key of 32 random bytes: what secretbox demands, and the strongest that AES takes. */
export const newKey = (name: string, random: (bytes: number) => Buffer): Key => ({name, secret: random(32).toString('base64')});

/**
 * What `apiserver_encryption_config_controller_last_config_info{hash=…}` says of an API server that has loaded this file. Source:
 * computeEncryptionConfigHash of k8s.io/apiserver/pkg/server/options/encryptionconfig/config.go.
 */
export const hashOf = (file: Buffer): string => `sha256:${createHash('sha256').update(file).digest('hex')}`;

/** Line breaks and control characters to go-yaml, though not to YAML 1.2. */
const UNSAFE = /[\u007f-\u009f\u2028\u2029\ufeff]/g;

/** The file as the API server reads it, so that a key called `yes` or `0123` comes out in quotes. */
export function renderConfiguration(configuration: EncryptionConfiguration): string {
  const document = documentOf(configuration);
  const isUnsafe = JSON.stringify(document).search(UNSAFE) >= 0;
  const quotes = isUnsafe ? ({defaultStringType: 'QUOTE_DOUBLE', defaultKeyType: 'PLAIN'} as const) : {};
  const text = stringify(document, {...goYaml, ...quotes, lineWidth: 0, aliasDuplicateObjects: false});
  return text.replace(UNSAFE, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** The file as an object. */
export function documentOf({rules}: EncryptionConfiguration): Readonly<Record<string, unknown>> {
  const resources = rules.map((rule) => ({resources: rule.resources, providers: rule.providers.map(providerDocument)}));
  return {apiVersion: configurationApiVersion, kind: configurationKind, resources};
}

function providerDocument(provider: Provider): Record<string, unknown> {
  if (provider.type === 'identity') return {identity: {}};
  const {type, ...fields} = provider;
  return {[type]: fields};
}
