import {describe, expect, test} from 'vitest';
import {parseConfiguration} from '../../src/encryption/configuration/parse.ts';
import type {ServerState} from '../../src/encryption/control-plane.ts';
import {enableEncryption} from '../../src/encryption/manifest/manifest.ts';
import {planOf} from '../../src/encryption/plan.ts';
import {runbookOf} from '../../src/encryption/runbook.ts';
import {type Draft, draftTransaction} from '../../src/encryption/transaction/prepare.ts';
import type {Operation} from '../../src/encryption/transaction/record.ts';
import {disableStages, givenStages} from '../../src/encryption/transaction/stages.ts';
import {localNode} from '../../src/nodes/local.ts';
import {CONFIG, kubeadm} from '../support/api-server-manifests.ts';
import {secretboxWith, serverState} from '../support/servers.ts';

const {signal} = new AbortController();
const kms = parseConfiguration(
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
const SOCKET = '/run/kms/plugin.sock';

/** Of one node with this manifest, on which nothing else is looked at. */
async function draft(operation: Operation, manifest: string, configuration = kms, strict = false): Promise<Draft> {
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
  const options = {rewrite: true, snapshot: undefined, confirmWithin: 90, now: new Date(0), random};
  return draftTransaction(observed, operation, ['secrets'], stages, options, signal);
}

const enabled = enableEncryption(kubeadm, CONFIG);
test.each<[string, Operation, string, typeof kms, string | undefined]>([
  ['a key of its own', 'setup', kubeadm, secretboxWith(['a', 'identity']), '+ 2 flags, 1 mount'],
  ['a KMS', 'setup', kubeadm, kms, '+ 2 flags, 2 mounts (KMS: /run/kms)'],
  ['a KMS where all else is there', 'setup', enabled, kms, '+ 1 mount (KMS: /run/kms)'],
  ['nothing to add', 'setup', enabled, secretboxWith(['a', 'identity']), undefined],
  ['the way back', 'disable', enabled, secretboxWith(['a']), '- 2 flags, 1 mount'],
  ['the way back from a KMS', 'disable', enableEncryption(kubeadm, CONFIG, [SOCKET]), kms, '- 2 flags, 2 mounts (KMS: /run/kms)'],
])('what a plan says of the manifest: %s', async (_case, operation, manifest, configuration, change) => {
  const plan = planOf({
    context: 'x',
    draft: await draft(operation, manifest, configuration),
    counts: [],
    snapshot: undefined,
    editsKubeadm: false,
  });
  expect(plan.files.find(({path}) => path === '/m.yaml')?.change).toBe(change);
});

describe('a setup with a KMS by hand', () => {
  test('asks for the plugin first, and mounts its folder beside that of the file', async () => {
    const {steps} = runbookOf('x', await draft('setup', kubeadm), '/registry', false);
    expect(steps[0]).toEqual({
      title: 'The KMS plugin must run on every one of them: an API server is not ready without it',
      on: ['cp-1'],
      commands: [`test -S ${SOCKET}`],
    });
    const enabling = steps.find(({commands}) => commands.some((line) => line.includes('--encryption-provider-config=')));
    expect(enabling?.commands.filter((line) => line.includes('kms'))).toEqual([
      '#   volumeMounts:  - {name: kms, mountPath: /run/kms, readOnly: true}',
      '#   volumes:       - {name: kms, hostPath: {path: /run/kms, type: DirectoryOrCreate}}',
    ]);
  });

  test('has no such thing where there is no KMS', async () => {
    const {steps} = runbookOf('x', await draft('setup', kubeadm, secretboxWith(['a', 'identity'])), '/registry', false);
    expect(JSON.stringify(steps)).not.toContain('kms');
  });
});

test.each<[string, string, boolean, string[]]>([
  ['where servers restart for the first file', kubeadm, false, ['One node after the other', 'Only now may a server write']],
  ['where they read it while they run', enabled, false, ['Every server must be able to read', 'Only now may a server write']],
  [
    'also for the last one',
    enabled,
    true,
    ['Every server must be able', 'Only now may a server write', 'No longer read plaintext'],
  ],
])('by hand nobody goes on before each server says that it has the file: %s', async (_case, manifest, strict, titles) => {
  const {steps} = runbookOf('x', await draft('setup', manifest, secretboxWith(['a', 'identity']), strict), '/registry', false);
  const checked = steps.filter(({commands}) => commands.some((line) => line.includes('last_config_info')));
  expect(checked.map(({title}) => title)).toEqual(titles.map((title) => expect.stringContaining(title)));
});

test.each([
  ['a key of the file', secretboxWith(['a']), 'keep the file for older snapshots'],
  ['a KMS', kms, 'keep the file, and the KMS, for older snapshots'],
])('the way back by hand tells what older snapshots need: %s', async (_case, configuration, words) => {
  const {steps} = runbookOf('x', await draft('disable', enabled, configuration), '/registry', false);
  expect(steps.map(({title}) => title).join('\n')).toContain(words);
});

test('the sockets of a draft are those of the node, where the manifest has them from elsewhere', async () => {
  const elsewhere = kubeadm
    .replace('    volumeMounts:\n', '    volumeMounts:\n    - mountPath: /run/kms\n      name: plugin\n')
    .replace('  volumes:\n', '  volumes:\n  - name: plugin\n    hostPath: {path: /srv/kms}\n');
  expect((await draft('setup', kubeadm)).socketsOnNodes).toEqual(new Map([['cp-1', [SOCKET]]]));
  expect((await draft('setup', elsewhere)).socketsOnNodes).toEqual(new Map([['cp-1', ['/srv/kms/plugin.sock']]]));
});
