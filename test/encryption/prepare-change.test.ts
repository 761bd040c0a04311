import {describe, expect, test} from 'vitest';
import type {PreparedChange} from '../../src/encryption/change.ts';
import {
  type EncryptionConfiguration,
  parseConfiguration,
  renderConfiguration,
} from '../../src/encryption/configuration/configuration.ts';
import type {KeyedProvider} from '../../src/encryption/configuration/types.ts';
import {API_SERVER_MANIFEST, type ControlPlaneNode, type ServerState} from '../../src/encryption/control-plane.ts';
import {prepareDisable} from '../../src/encryption/disable.ts';
import {enableEncryption} from '../../src/encryption/manifest/manifest.ts';
import {prepareRotate} from '../../src/encryption/rotate.ts';
import {serverApi} from '../../src/encryption/server-api.ts';
import {prepareSetup} from '../../src/encryption/setup.ts';
import {encryptionStatus} from '../../src/encryption/status.ts';
import {writeFile} from '../../src/nodes/files.ts';
import {ExitCode, Problem} from '../../src/problem.ts';
import {kubeadm} from '../support/api-server-manifests.ts';
import {configurationOf, identity, ruleOf, secretbox, summaryOf} from '../support/encryption-configurations.ts';
import {FakeCluster} from '../support/fake-cluster.ts';
import {CONFIGURATION, playControlPlane} from '../support/played-control-plane.ts';
import {secretboxWith} from '../support/servers.ts';
import {plainSecret, secretbox as stored} from '../support/stored.ts';

const {signal} = new AbortController();
const ALL = ['get', 'list', 'update'];
const kind = (resource: string, verbs = ALL) => ({resource, scope: 'Namespaced', verbs});
const group = (name: string, ...resources: object[]) => ({metadata: {name}, versions: [{version: 'v1', resources}]});
const served: Readonly<Record<string, object[]>> = {
  '/api': [group('', kind('secrets'), kind('events'), kind('componentstatuses', ['get', 'list']))],
  '/apis': [group('apps', kind('deployments'), kind('daemonsets')), group('events.k8s.io', kind('events'))],
};

/** Of one control plane that has this configuration, with the flag for it. */
function planeWith(base?: EncryptionConfiguration) {
  const files = base && {
    [CONFIGURATION]: renderConfiguration(base),
    [API_SERVER_MANIFEST]: enableEncryption(kubeadm, CONFIGURATION),
  };
  const {plane} = playPlane(files);
  return plane;
}

/** Of one control plane that has these files. */
function playPlane(files: Readonly<Record<string, string>> = {}) {
  const {plane, etcd} = playControlPlane([undefined], files);
  const answer = ({path}: {path: string}) =>
    served[path] ? {body: {kind: 'APIGroupDiscoveryList', items: served[path]}} : {status: 404};
  return {plane: {...plane, cluster: new FakeCluster([], {answer})}, etcd};
}

const options = {rewrite: true, snapshot: undefined, confirmWithin: 90, now: new Date(0), strict: false};
const wish = {provider: undefined, keyName: undefined};
const setup = (base: EncryptionConfiguration | undefined, more: {resources?: string[]; given?: EncryptionConfiguration}) =>
  prepareSetup(
    planeWith(base),
    {...options, ...wish, keyName: base ? undefined : 'new', resources: [], given: undefined, ...more},
    signal,
  );
const stagesOf = ({draft: {stages}}: PreparedChange): (string | undefined)[] =>
  [stages.read, stages.write, stages.final].map(
    (stage) => stage && summaryOf(parseConfiguration(stage.toString('utf8'), 'a stage')),
  );

describe('setup with a configuration of the user', () => {
  const given = configurationOf(ruleOf('secrets', secretbox('a'), identity));

  test('changes nothing where the servers run with exactly that', async () => {
    const {plan, draft} = await setup(given, {given});
    expect(plan.files.map(({path}) => path)).not.toContain(CONFIGURATION);
    expect(draft.stages.read.toString()).toBe(renderConfiguration(given));
    expect(draft.stages.write.toString()).toBe(renderConfiguration(given));
    expect(draft.stages.final).toBeUndefined();
  });

  test('ends with exactly that, and rewrites what it encrypts only', async () => {
    const odd = configurationOf(
      ruleOf('events', identity),
      ruleOf('secrets', secretbox('a')),
      ruleOf('*.apps', secretbox('a'), identity),
    );
    const prepared = await setup(undefined, {given: odd});
    expect(stagesOf(prepared).at(-1)).toBe(summaryOf(odd));
    expect(prepared.draft.transaction.resources).toEqual(['secrets', 'deployments.apps', 'daemonsets.apps']);
  });

  test.each([undefined, configurationOf(ruleOf('secrets', identity, secretbox('a')))])(
    'that encrypts nothing is refused',
    async (base) => {
      const plain = configurationOf(ruleOf('secrets', identity, secretbox('a')));
      await expect(setup(base, {given: plain})).rejects.toThrow('this configuration encrypts nothing');
    },
  );

  test('with several write keys is refused: nothing could be proved of it', async () => {
    const two = configurationOf(ruleOf('secrets', secretbox('a')), ruleOf('*.apps', secretbox('b')));
    await expect(setup(undefined, {given: two})).rejects.toThrow('not all written with one key');
  });
});

const bytes = (fill: number) => Buffer.alloc(32, fill).toString('base64');
const withKey = (type: KeyedProvider, fill: number) =>
  configurationOf(ruleOf('secrets', {type, keys: [{name: 'a', secret: bytes(fill)}]}, identity));
test.each([
  ['the same key', withKey('secretbox', 1), undefined],
  ['other bytes', withKey('secretbox', 2), 2],
  ['another provider', withKey('aescbc', 1), 2],
])('a configuration of the user that has %s under the name of an archived key ends with %3$s', async (_case, given, code) => {
  const archived = renderConfiguration(withKey('secretbox', 1));
  const {plane} = playPlane({'/etc/kubernetes/kops/archive/20261123-143012-3f9c.yaml': archived});
  const prepared = prepareSetup(plane, {...options, ...wish, resources: [], given}, signal);
  if (code === undefined) return expect(await prepared).toMatchObject({plan: {operation: 'setup'}});
  const problem: unknown = await prepared.catch((error: unknown) => error);
  expect(problem).toMatchObject({exitCode: code, message: 'the key name a was used before, for another key'});
  for (const fill of [1, 2]) expect(JSON.stringify(problem)).not.toContain(bytes(fill));
  return undefined;
});

test('what people put into the archive keeps nobody from a setup', async () => {
  const {plane} = playPlane({
    '/etc/kubernetes/kops/archive/note.txt': 'ask Ada',
    '/etc/kubernetes/kops/archive/broken.yaml': '{',
    '/etc/kubernetes/kops/archive/old/one.yaml': renderConfiguration(withKey('secretbox', 1)),
  });
  const prepared = prepareSetup(plane, {...options, ...wish, resources: ['secrets'], given: undefined}, signal);
  expect(await prepared).toMatchObject({plan: {operation: 'setup'}});
});

describe('what is kept in another etcd is refused with a hint that its command understands:', () => {
  const both = secretboxWith(['key1', 'identity'], ['secrets', 'events']);
  const elsewhere = (base?: EncryptionConfiguration) => ({...planeWith(base), elsewhere: ['events']});
  const more = {...options, ...wish, kmsEndpoint: undefined};
  test.each<[string, () => Promise<PreparedChange>, RegExp]>([
    [
      'setup',
      () => prepareSetup(elsewhere(), {...more, resources: ['secrets', 'events'], given: undefined}, signal),
      /^name the others: --resources$/,
    ],
    [
      'setup --config',
      () => prepareSetup(elsewhere(), {...more, resources: [], given: both}, signal),
      /^leave it out of the configuration/,
    ],
    ['rotate', () => prepareRotate(elsewhere(both), more, signal), /by hand: https.*nothing was changed$/],
    ['disable', () => prepareDisable(elsewhere(both), options, signal), /by hand: https.*nothing was changed$/],
  ])('%s', async (_case, prepare, next) => {
    const message = 'events is kept in another etcd than Secrets';
    await expect(prepare()).rejects.toMatchObject({message, next: expect.stringMatching(next), exitCode: ExitCode.negative});
  });
});

test('a setup of nothing is refused', async () => {
  await expect(setup(undefined, {resources: []})).rejects.toThrow('--resources names nothing');
});

describe('what is stored under a key that no server has, as where an upgrade dropped the flag,', () => {
  const lost = secretboxWith(['lost', 'identity']);
  const prepare = (files: Record<string, string>, given?: EncryptionConfiguration) => {
    const {plane, etcd} = playPlane(files);
    etcd.put('/registry/secrets/shop/web', stored('lost', plainSecret('web')));
    return prepareSetup(plane, {...options, ...wish, resources: ['secrets'], given}, signal);
  };

  test('is no beginning for a setup: it would stop half-way', async () => {
    await expect(prepare({})).rejects.toMatchObject({
      message: '1 value in etcd cannot be opened with the keys that are there',
      why: '/registry/secrets/shop/web: the configuration has no secretbox key lost',
      next: expect.stringMatching(/^kops encrypt-at-rest verify names all; put their key back/),
      exitCode: ExitCode.negative,
    });
  });

  test('is told with the file that no server uses and that may have the key', async () => {
    await expect(prepare({[CONFIGURATION]: renderConfiguration(lost)})).rejects.toMatchObject({
      next: expect.stringContaining(
        `${CONFIGURATION} on cp-1 may have their key, and no API server uses it: kops encrypt-at-rest setup --config FILE, with a copy of it`,
      ),
    });
  });

  test('is opened by a configuration of the user that has the key', async () => {
    await expect(prepare({}, lost)).resolves.toMatchObject({draft: {transaction: {resources: ['secrets']}}});
  });
});

describe('a wildcard', () => {
  test('stays one in the configuration, and is rewritten as what it stands for today', async () => {
    const prepared = await setup(undefined, {resources: ['secrets', '*.apps']});
    expect(stagesOf(prepared)[1]).toBe('secrets: secretbox new, identity\n*.apps: secretbox new, identity');
    expect(prepared.draft.transaction.resources).toEqual(['secrets', 'deployments.apps', 'daemonsets.apps']);
  });

  test.each([
    ['*.', ['secrets', 'events']],
    ['*.*', ['secrets', 'events', 'deployments.apps', 'daemonsets.apps']],
  ])('%s stands for what is stored, each once', async (wildcard, resources) => {
    const prepared = await setup(undefined, {resources: [wildcard]});
    expect(stagesOf(prepared)[1]).toBe(`${wildcard}: secretbox new, identity`);
    expect(prepared.draft.transaction.resources).toEqual(resources);
  });

  test('covers what had a rule of its own in plaintext', async () => {
    const base = configurationOf(ruleOf('events', identity), ruleOf('secrets', secretbox('a'), identity));
    expect(stagesOf(await setup(base, {resources: ['*.']}))[1]).toBe(
      'events: secretbox a, identity\nsecrets: secretbox a, identity\n*.: secretbox a, identity',
    );
  });

  test('is added where its resources are encrypted by their names only', async () => {
    const base = configurationOf(ruleOf('deployments.apps daemonsets.apps', secretbox('a'), identity));
    expect(stagesOf(await setup(base, {resources: ['*.apps']}))[1]).toContain('*.apps: secretbox a, identity');
  });

  test.each([
    ['*.events.k8s.io', 'an entry must be events: they are stored in the core group'],
    ['*.example.com', 'this cluster stores no resource of that group'],
  ])('%s is refused', async (wildcard, why) => {
    await expect(setup(undefined, {resources: [wildcard]})).rejects.toMatchObject({why, exitCode: 2});
  });

  test('of a rotation leaves out what is plaintext by a rule of its own', async () => {
    const base = configurationOf(ruleOf('events', identity), ruleOf('*.', secretbox('a'), identity));
    const {draft} = await prepareRotate(planeWith(base), {...options, ...wish, kmsEndpoint: undefined}, signal);
    expect(draft.transaction.resources).toEqual(['secrets']);
  });
});

test('a server without the flag, where others encrypt, needs more than the file', async () => {
  const text = renderConfiguration(configurationOf(ruleOf('secrets', secretbox('a'), identity)));
  const {plane, files} = playControlPlane([undefined, undefined]);
  const [, second] = plane.nodes;
  if (second === undefined) throw new Error('two nodes');
  const write = (path: string, content: string) =>
    writeFile(second.node, path, Buffer.from(content), {mode: '600', directoryMode: '700'}, signal);
  await write(CONFIGURATION, text);
  await write(API_SERVER_MANIFEST, enableEncryption(files()[2] ?? '', CONFIGURATION));
  const next = `kops encrypt-at-rest sync cp-1, for the file; then give the API server there --encryption-provider-config=${CONFIGURATION} and its mount, as cp-2 has them`;
  await expect(prepareDisable(plane, options, signal)).rejects.toMatchObject({why: 'cp-1 has none, others do', next});
  const sources = {
    context: 'x',
    nodes: plane.nodes.map((server) => ({name: server.name, server})),
    apiOf: (server: ControlPlaneNode, state: ServerState) => serverApi(plane.cluster, server, state),
    openEtcd: () => Promise.reject(new Problem('no etcd', {exitCode: ExitCode.noAccess})),
    expand: () => Promise.resolve([]),
  };
  expect(await encryptionStatus(sources, signal)).toMatchObject({next});
});

describe('a rotation to a KMS', () => {
  const base = configurationOf(ruleOf('secrets', secretbox('a'), identity));
  const toKms = (more: object) =>
    prepareRotate(
      planeWith(base),
      {...options, ...wish, provider: 'kms', kmsEndpoint: 'unix:///run/kms/plugin.sock', ...more},
      signal,
    );

  test('reads with it everywhere, then writes with it, then drops the key; the folder of its socket is mounted', async () => {
    const {plan, draft} = await toKms({});
    expect(plan).toMatchObject({
      writeKey: {provider: 'kms v2', keyName: 'kms'},
      retires: [{provider: 'secretbox', keyName: 'a'}],
      restarts: ['cp-1'],
      files: [{path: CONFIGURATION}, {path: API_SERVER_MANIFEST, change: '+ 1 mount (KMS: /run/kms)'}],
    });
    expect(draft.sockets).toEqual(['/run/kms/plugin.sock']);
  });

  test.each([
    ['without a socket', {kmsEndpoint: undefined}, '--provider kms needs --kms-endpoint'],
    ['with an address that is no socket', {kmsEndpoint: 'https://kms'}, '--kms-endpoint cannot be https://kms'],
    ['under a name that was used', {keyName: 'a'}, 'the key name a was used before'],
    ['with a socket, to a provider that has none', {provider: 'aescbc'}, '--kms-endpoint is for --provider kms'],
  ])('is refused %s', async (_case, more, message) => {
    await expect(toKms(more)).rejects.toMatchObject({message, exitCode: 2});
  });
});

describe('disable', () => {
  test('ends what an earlier change left: keys that only read, and the flag', async () => {
    const base = configurationOf(ruleOf('secrets', identity, secretbox('a')));
    const {plan, draft} = await prepareDisable(planeWith(base), options, signal);
    expect(plan.files.map(({path}) => path)).toContain(API_SERVER_MANIFEST);
    expect(draft.transaction).toMatchObject({retires: ['a'], writeKey: {provider: 'identity'}});
  });

  test('is refused where there is no configuration', async () => {
    await expect(prepareDisable(planeWith(), options, signal)).rejects.toThrow('there is no encryption that could be disabled');
  });
});
