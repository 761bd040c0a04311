import {
  type EncryptionConfiguration,
  hashOf,
  type Provider,
  renderConfiguration,
} from '../../src/encryption/configuration/configuration.ts';
import type {ServerState} from '../../src/encryption/control-plane.ts';
import type {Problem} from '../../src/problem.ts';
import {keyNamed} from './stored.ts';

/** One rule for these resources with secretbox keys of these names, the first one writing; `identity` among them is plaintext. */
export function secretboxWith(keys: readonly string[], resources: readonly string[] = ['secrets']): EncryptionConfiguration {
  const providers = keys.map(
    (name): Provider => (name === 'identity' ? {type: 'identity'} : {type: 'secretbox', keys: [keyNamed(name)]}),
  );
  return {rules: [{resources, providers}]};
}

/** What a node says whose API server runs with this configuration; without one, with no encryption at all. */
export function serverState(
  configuration?: EncryptionConfiguration,
  more: {readonly configProblem?: Problem; readonly automaticReload?: boolean} = {},
): ServerState {
  const nodeFile = (content: Buffer) => ({content, sha256: '', mode: '600', owner: 'root:root'});
  const content = configuration && Buffer.from(renderConfiguration(configuration));
  const path = '/etc/kubernetes/enc/encryption.yaml';
  const isAsked = configuration !== undefined || more.configProblem !== undefined;
  return {
    manifest: nodeFile(Buffer.from('')),
    flags: new Map(isAsked ? [['encryption-provider-config', path]] : []),
    configPath: isAsked ? path : undefined,
    configFile: content && nodeFile(content),
    configuration,
    configProblem: undefined,
    configHash: content && hashOf(content),
    automaticReload: true,
    endpoint: new URL('https://10.0.0.1:6443'),
    ...more,
  };
}
