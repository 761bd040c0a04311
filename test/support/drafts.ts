import {parseConfiguration} from '../../src/encryption/configuration/parse.ts';
import type {ServerState} from '../../src/encryption/control-plane.ts';
import {type Draft, draftTransaction} from '../../src/encryption/transaction/prepare.ts';
import type {Operation} from '../../src/encryption/transaction/record.ts';
import {disableStages, givenStages} from '../../src/encryption/transaction/stages.ts';
import {localNode} from '../../src/nodes/local.ts';
import {CONFIG} from './api-server-manifests.ts';
import {serverState} from './servers.ts';

const {signal} = new AbortController();
export const kms = parseConfiguration(
  `apiVersion: apiserver.config.k8s.io/v1
kind: EncryptionConfiguration
resources:
- resources: [secrets]
  providers:
  - kms: {apiVersion: v2, name: vault, endpoint: 'unix:///run/kms/plugin.sock'}
  - identity: {}
`,
  'kms.yaml',
);
export const SOCKET = '/run/kms/plugin.sock';

/** Of one node with this manifest, on which nothing else is looked at. */
export async function draftOf(operation: Operation, manifest: string, configuration = kms, strict = false): Promise<Draft> {
  const state: ServerState = serverState();
  const api = {context: 'x', server: 'https://10.0.0.1:6443', send: () => Promise.reject(new Error('not asked'))};
  const server = {name: 'cp-1', node: localNode('cp-1', {root: '/nonexistent'}), manifestPath: '/m.yaml', api};
  const observed = {
    servers: [server],
    states: new Map([['cp-1', {...state, manifest: {...state.manifest, content: Buffer.from(manifest)}}]]),
    base: undefined,
    configurationFile: CONFIG,
  };
  const stages = operation === 'disable' ? disableStages(configuration) : givenStages(configuration, strict);
  const random = (bytes: number) => Buffer.alloc(bytes);
  const options = {
    rewrite: true,
    snapshot: undefined,
    confirmWithin: 90,
    clusterConfiguration: undefined,
    now: new Date(0),
    random,
  };
  return draftTransaction(observed, operation, ['secrets'], stages, options, signal);
}
