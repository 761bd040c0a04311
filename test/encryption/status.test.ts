import {expect, test} from 'vitest';
import {type EncryptionConfiguration, renderConfiguration} from '../../src/encryption/configuration/configuration.ts';
import {API_SERVER_MANIFEST, type ServerState} from '../../src/encryption/control-plane.ts';
import {enableEncryption} from '../../src/encryption/manifest/manifest.ts';
import {serverApi} from '../../src/encryption/server-api.ts';
import {judgeServers, type Looked} from '../../src/encryption/server-status.ts';
import {
  type EncryptionStatus,
  encryptionStatus,
  exitCodeOfStatus,
  nextStep,
  type StatusSources,
} from '../../src/encryption/status.ts';
import {ExitCode, Problem} from '../../src/problem.ts';
import {kubeadm} from '../support/api-server-manifests.ts';
import {CONFIGURATION, playControlPlane} from '../support/played-control-plane.ts';
import {secretboxWith, serverState} from '../support/servers.ts';

const NOW = 1_795_000_000;
const encrypted = secretboxWith(['key1', 'identity']);
const looked = (state: ServerState | undefined, more: Partial<Looked> = {}): Looked => ({
  name: 'cp-1',
  access: 'docker',
  state,
  running: {answers: true, startTime: NOW, configHash: state?.configHash, listsSecrets: true, notReady: []},
  problem: state?.configProblem,
  ...more,
});
const running = (more: object) => ({
  answers: true,
  startTime: NOW,
  configHash: undefined,
  listsSecrets: true,
  notReady: [],
  ...more,
});
const judged = (...all: Looked[]) => judgeServers(all);

test('a server that runs with its file agrees', () => {
  expect(judged(looked(serverState(encrypted)))).toMatchObject([
    {
      node: 'cp-1',
      access: 'docker',
      configured: true,
      flag: '/etc/kubernetes/enc/encryption.yaml',
      provider: 'secretbox',
      keyName: 'key1',
      agrees: true,
      problem: null,
    },
  ]);
});

test('a server without encryption agrees with having none', () => {
  expect(judged(looked(serverState()))).toMatchObject([
    {configured: false, flag: null, provider: 'identity', keyName: null, configHash: null, agrees: true, problem: null},
  ]);
});

const another: EncryptionConfiguration = secretboxWith(['key2', 'key1']);
test.each([
  [
    'it cannot read Secrets',
    looked(serverState(encrypted), {running: running({listsSecrets: false, why: '500'})}),
    'the API server does not serve Secrets: 500',
  ],
  [
    'it waits for a KMS plugin that is not there',
    looked(serverState(encrypted), {running: running({notReady: ['kms-providers']})}),
    'the API server is not ready: kms-providers',
  ],
  [
    'it has read another file',
    looked(serverState(encrypted), {running: running({configHash: 'sha256:other'})}),
    'it has not read its file yet: that takes up to a minute, and a file with a mistake is ignored',
  ],
  [
    'it reads its file only when it starts',
    looked(serverState(encrypted, {automaticReload: false}), {running: running({configHash: 'sha256:other'})}),
    'it has not read its file: without automatic reload it does so only when it starts',
  ],
  [
    'its flag is gone and it runs on',
    looked(serverState(), {running: running({configHash: 'sha256:other'})}),
    'it still encrypts with a configuration that its manifest no longer names',
  ],
  [
    'its file is missing',
    looked(serverState(undefined, {configProblem: new Problem('cp-1 has no file', {exitCode: ExitCode.negative})})),
    'cp-1 has no file',
  ],
  [
    'its file is missing, so that it does not come up either',
    looked(serverState(undefined, {configProblem: new Problem('cp-1 has no file', {exitCode: ExitCode.negative})}), {
      running: running({answers: false, listsSecrets: false, why: 'refused'}),
    }),
    'cp-1 has no file',
  ],
])('a server disagrees where %s', (_case, server, problem) => {
  expect(judged(server)).toMatchObject([{agrees: false, problem}]);
});

const ODD = 'its configuration is not that of the other control planes';
test.each([
  ['of two that differ neither is right', [encrypted, another], [ODD, ODD]],
  ['of three the odd one is named', [encrypted, another, encrypted], [null, ODD, null]],
  ['one without any is the odd one too', [encrypted, undefined, encrypted], [null, ODD, null]],
  ['three that differ all do', [encrypted, another, undefined], [ODD, ODD, ODD]],
])('servers that each run with their own file disagree where the files differ: %s', (_case, configurations, problems) => {
  const servers = judged(...configurations.map((configuration) => looked(serverState(configuration))));
  expect(servers.map(({problem}) => problem)).toEqual(problems);
  expect(servers.map(({agrees}) => agrees)).toEqual(problems.map((problem) => problem === null));
});

test('of a node out of reach, and of a server that keeps its metrics to itself, nobody can tell', () => {
  const unreached = looked(undefined, {
    access: null,
    running: undefined,
    problem: new Problem('no way to the node cp-1', {why: 'ssh: refused\npod: no image', exitCode: ExitCode.noAccess}),
  });
  expect(judged(unreached)).toMatchObject([
    {agrees: null, configured: null, provider: null, problem: 'no way to the node cp-1: ssh: refused; pod: no image'},
  ]);
  const silent = looked(serverState(encrypted), {running: running({startTime: undefined, why: '403 Forbidden'})});
  expect(judged(silent)).toMatchObject([{agrees: null, provider: 'secretbox', problem: '403 Forbidden'}]);
  const away = looked(serverState(encrypted), {running: running({answers: false, listsSecrets: false, why: 'refused'})});
  expect(judged(away)).toMatchObject([{agrees: null, provider: 'secretbox', problem: 'the API server does not answer: refused'}]);
});

test('who may not list Secrets is told so, and the server is not blamed for it', () => {
  const denied = running({
    listsSecrets: false,
    why: 'it could not list secrets: 403 Forbidden',
    denied: 'list secrets in all namespaces',
  });
  expect(judged(looked(serverState(encrypted), {running: denied}))).toMatchObject([
    {agrees: null, problem: 'no right to list secrets in all namespaces: what it does is not known'},
  ]);
});

test.each([
  ['all is well', {}, 0],
  ['nothing is configured', {configured: false}, 0],
  ['servers disagree', {agrees: false}, 3],
  ['a change is open', {transaction: {}}, 4],
  ['a change is open, which is why servers may differ', {agrees: false, transaction: {}}, 4],
  ['a change is open, which is why a server may not answer', {transaction: {}, servers: [{agrees: null}]}, 4],
  ['one server disagrees and another cannot be asked', {agrees: false, servers: [{agrees: null}, {agrees: false}]}, 3],
  ['a node was not reached', {servers: [{agrees: null, access: null}]}, 5],
  ['a server does not let itself be asked', {servers: [{agrees: null, access: 'docker'}]}, 5],
])('where %s it ends with its own code', (_case, more, code) => {
  const status = {agrees: true, transaction: null, servers: [{agrees: true, access: 'docker'}], ...more};
  expect(exitCodeOfStatus(status as unknown as EncryptionStatus)).toBe(code);
});

test.each<[string, string[], string | null]>([
  ['secrets', ['secrets'], 'kops encrypt-at-rest setup rewrites them, and verifies it'],
  [
    'secrets and others',
    ['secrets', 'configmaps'],
    'kops encrypt-at-rest setup --resources secrets,configmaps rewrites them, and verifies it',
  ],
  ['nothing', [], null],
])('where %s are left in plaintext it says how they are encrypted', (_case, resources, next) => {
  const objects = ['secrets', 'configmaps'].map((resource) => ({
    resource,
    total: 3,
    byKey: {identity: 3},
    leftPlain: resources.includes(resource) ? 3 : 0,
  }));
  const servers = judged(looked(serverState(encrypted)));
  expect(nextStep({configured: true, servers, transaction: null, objects})).toBe(next);
});

test.each([
  ['the servers encrypt', encrypted, 1],
  ['plaintext is what they write', secretboxWith(['identity', 'key1']), 0],
])('a plaintext value where %s is counted as left: %#', async (_case, configuration, leftPlain) => {
  const file = renderConfiguration(configuration);
  const {plane} = playControlPlane([undefined], {
    [API_SERVER_MANIFEST]: enableEncryption(kubeadm, CONFIGURATION),
    [CONFIGURATION]: file,
  });
  const sources: StatusSources = {
    context: 'x',
    nodes: plane.nodes.map((server) => ({name: server.name, server})),
    apiOf: (server, state) => serverApi(plane.cluster, server, state),
    openEtcd: async () => plane,
    expand: async (entries) => entries,
  };
  expect(await encryptionStatus(sources, new AbortController().signal)).toMatchObject({
    agrees: true,
    objects: [{resource: 'secrets', total: 1, byKey: {identity: 1}, leftPlain}],
  });
});
