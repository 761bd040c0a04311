import {expect, test} from 'vitest';
import type {EncryptionConfiguration} from '../../src/encryption/configuration/configuration.ts';
import type {ServerState} from '../../src/encryption/control-plane.ts';
import {exitCodeOfVerification, resourcesInForce, verify} from '../../src/encryption/verify.ts';
import {ExitCode, Problem} from '../../src/problem.ts';
import {memoryEtcd} from '../support/memory-etcd.ts';
import {secretboxWith, serverState} from '../support/servers.ts';
import {aescbc, field, keyNamed, plainSecret, secretbox} from '../support/stored.ts';

const {signal} = new AbortController();
const at = (name: string) => `/registry/secrets/shop/${name}`;
const plain = plainSecret('db');

function verifying(
  values: Readonly<Record<string, Buffer | string>>,
  states: readonly ServerState[],
  resources: readonly string[] = ['secrets'],
) {
  const etcd = memoryEtcd(
    Object.fromEntries(Object.entries(values).map(([name, value]) => [name.includes('/') ? name : at(name), value])),
  );
  const observations = new Map(states.map((state, i) => [`cp-${i + 1}`, state]));
  return verify({context: 'kind-kops', etcd, etcdPrefix: '/registry', elsewhere: ['events']}, observations, {resources}, signal);
}
const withKeys = (...keys: string[]) => serverState(secretboxWith(keys));

test('values under the key that writes now, which opens them, are what is wanted', async () => {
  const report = await verifying({a: secretbox('key1', plain), b: secretbox('key1', plain)}, [withKeys('key1', 'identity')]);
  expect(report).toMatchObject({
    kind: 'EncryptionVerification',
    configured: true,
    revision: 3,
    scanned: 2,
    encrypted: 2,
    plaintext: 0,
    undecryptable: 0,
    byKey: {'k8s:enc:secretbox:v1:key1:': 2},
    offenders: [],
    ok: true,
    next: null,
  });
  expect(exitCodeOfVerification(report)).toBe(0);
});

test.each([
  [
    'a value in plaintext',
    {a: plain},
    ['key1', 'identity'],
    {plaintext: 1, offenders: [at('a')], next: 'kops encrypt-at-rest rewrite'},
  ],
  [
    'a value under a key that is nowhere',
    {a: secretbox('lost', plain)},
    ['key1', 'identity'],
    {undecryptable: 1, offenders: [at('a')], failures: [{key: at('a'), why: 'the configuration has no secretbox key lost'}]},
  ],
  [
    'a value that its key does not open',
    {a: Buffer.concat([Buffer.from('k8s:enc:secretbox:v1:key1:'), Buffer.alloc(80, 1)])},
    ['key1', 'identity'],
    {undecryptable: 1, failures: [{key: at('a'), why: 'the secretbox key key1 does not open it'}]},
  ],
  [
    'a prefix that nobody knows',
    {a: 'k8s:enc:rot13:v1:key1:xyz'},
    ['key1', 'identity'],
    {undecryptable: 1, byKey: {'k8s:enc:rot13:v1:key1:': 1}},
  ],
])('%s is an offender', async (_case, values, keys, expected) => {
  const report = await verifying({...values, good: secretbox('key1', plain)}, [withKeys(...keys)]);
  expect(report).toMatchObject({...expected, ok: false, scanned: 2});
  expect(exitCodeOfVerification(report)).toBe(3);
});

test('a value is written once by every provider and opened by the one that wrote it', async () => {
  const configuration: EncryptionConfiguration = {
    rules: [
      {
        resources: ['secrets'],
        providers: [
          {type: 'secretbox', keys: [keyNamed('key1'), keyNamed('key2')]},
          {type: 'aescbc', keys: [keyNamed('old')]},
          {type: 'identity'},
        ],
      },
    ],
  };
  const values = {a: secretbox('key1', plain), b: secretbox('key2', plain), c: aescbc('old', plain)};
  const report = await verifying(values, [serverState(configuration)]);
  expect(report).toMatchObject({
    ok: true,
    encrypted: 3,
    byKey: {'k8s:enc:aescbc:v1:old:': 1, 'k8s:enc:secretbox:v1:key1:': 1, 'k8s:enc:secretbox:v1:key2:': 1},
    resources: [{resource: 'secrets', writes: ['k8s:enc:secretbox:v1:key1:'], stale: 2}],
    notes: ['2 secrets are not under the key that writes now'],
    next: 'kops encrypt-at-rest rewrite',
  });
});

test('without any configuration all is plaintext, and that is said', async () => {
  const report = await verifying({a: plain, b: plain}, [serverState(), serverState()]);
  expect(report).toMatchObject({configured: false, plaintext: 2, ok: false, next: 'kops encrypt-at-rest setup'});
  expect(exitCodeOfVerification(report)).toBe(3);
  expect(exitCodeOfVerification(await verifying({}, [serverState()]))).toBe(3);
});

test.each([
  ['by all servers', [['identity', 'key1']]],
  [
    'by one server',
    [
      ['key1', 'identity'],
      ['identity', 'key1'],
    ],
  ],
])('what is encrypted, and would be written as plaintext %s, lies open as soon as it is', async (_case, servers) => {
  const report = await verifying(
    {a: secretbox('key1', plain)},
    servers.map((keys) => withKeys(...keys)),
  );
  expect(report).toMatchObject({ok: false, plaintext: 0, offenders: [], next: 'kops encrypt-at-rest setup'});
  expect(report.notes).toContain('new secrets are written as plaintext');
  expect(exitCodeOfVerification(report)).toBe(3);
});

test('what there is nothing of does not lie open, however it would be written', async () => {
  const report = await verifying({a: secretbox('key1', plain)}, [withKeys('key1')], ['secrets', 'configmaps']);
  expect(report).toMatchObject({ok: true, next: null});
});

test('a key that one control plane lacks does not open a value for all', async () => {
  const report = await verifying({a: secretbox('key2', plain)}, [withKeys('key1', 'key2'), withKeys('key1')]);
  expect(report).toMatchObject({
    undecryptable: 1,
    failures: [{key: at('a'), why: 'the configuration has no secretbox key key2, on cp-2'}],
  });
});

test('a control plane without a configuration cannot read what is encrypted', async () => {
  const report = await verifying({a: secretbox('key1', plain)}, [withKeys('key1'), serverState()]);
  expect(report.failures).toEqual([{key: at('a'), why: 'the configuration has no secretbox key key1, on cp-2'}]);
  expect(report.notes).toContain('the API servers do not agree on how secrets are written: k8s:enc:secretbox:v1:key1:, identity');
});

test('a key of a rule for other resources opens nothing: the API server would not use it', async () => {
  const configuration = {rules: [...secretboxWith(['key1']).rules, ...secretboxWith(['key2'], ['configmaps']).rules]};
  const report = await verifying({a: secretbox('key2', plain)}, [serverState(configuration)]);
  expect(report.undecryptable).toBe(1);
});

test('a file that is broken opens nothing, and is named; the others count', async () => {
  const configProblem = new Problem('encryption.yaml on cp-2 is not a configuration', {
    why: 'it is empty',
    exitCode: ExitCode.negative,
  });
  const broken = {...withKeys('key1'), configuration: undefined, configProblem};
  const report = await verifying({a: secretbox('key1', plain)}, [withKeys('key1'), broken]);
  expect(report).toMatchObject({
    ok: true,
    keyless: ['cp-2'],
    notes: ['encryption.yaml on cp-2 is not a configuration: it is empty'],
    next: 'kops encrypt-at-rest status',
  });
  // With no other server there is nothing that could prove it.
  const alone = await verifying({a: secretbox('key1', plain)}, [broken]);
  expect(alone).toMatchObject({configured: true, encrypted: 1, ok: false, keyless: ['cp-1']});
  expect(exitCodeOfVerification(alone)).toBe(3);
});

test('a node that lacks the file which its manifest names is told of, with the way to give it one', async () => {
  const configProblem = new Problem('cp-2 has no encryption configuration at /etc/kubernetes/enc/encryption.yaml', {
    why: 'the manifest points to it, so the API server cannot start anew',
    next: 'kops encrypt-at-rest sync cp-2',
    exitCode: ExitCode.negative,
  });
  const report = await verifying({a: secretbox('key1', plain)}, [withKeys('key1'), serverState(undefined, {configProblem})]);
  expect(report).toMatchObject({ok: true, undecryptable: 0, keyless: ['cp-2'], next: 'kops encrypt-at-rest sync cp-2'});
  expect(report.notes).toEqual([`${configProblem.message}: ${configProblem.why}`]);
});

const open = {
  id: '20261123-143012-3f9c',
  operation: 'rotate' as const,
  startedAt: '2026-11-23T14:30:12Z',
  startedBy: 'jane@laptop',
  lastStep: 'rewrite',
  lastState: 'begun',
  nodes: ['cp-1'],
};
test.each([
  ['was interrupted', null, 'kops encrypt-at-rest resume, or back: kops encrypt-at-rest abort'],
  [
    'is running',
    {user: 'jane', host: 'laptop', pid: 4711, since: '2026-11-23T14:30:12Z', silent: 1},
    'a change is running: look again once it has ended',
  ],
])('what is to be rewritten is left to a change that %s', async (_case, runningBy, next) => {
  const etcd = memoryEtcd({[at('a')]: secretbox('old', plain)});
  const keyspace = {context: 'x', etcd, etcdPrefix: '/registry', elsewhere: ['events']};
  const observations = new Map([['cp-1', withKeys('key1', 'old')]]);
  const options = {resources: ['secrets'], open: {...open, runningBy}};
  expect(await verify(keyspace, observations, options, signal)).toMatchObject({ok: true, next});
  etcd.put(at('a'), secretbox('key1', plain));
  expect(await verify(keyspace, observations, options, signal)).toMatchObject({next: null});
});

test('what only a KMS can open is encrypted, and not more than that is said of it', async () => {
  const kms: EncryptionConfiguration = {
    rules: [{resources: ['secrets'], providers: [{type: 'kms', apiVersion: 'v2', name: 'vault', endpoint: 'unix:///kms.sock'}]}],
  };
  const report = await verifying({a: 'k8s:enc:kms:v2:vault:\x0a\x01x'}, [serverState(kms)]);
  expect(report).toMatchObject({ok: true, unchecked: 1, undecryptable: 0, byKey: {'k8s:enc:kms:v2:vault:': 1}});
  expect(report.resources[0]).toMatchObject({writes: ['k8s:enc:kms:v2:vault:'], stale: 0});
  expect(report.notes[0]).toContain('only its plugin can open them');
});

test.each([
  ['first', true],
  ['last', false],
])(
  'what one control plane needs a KMS for and has none is undecryptable, also where the one that has it comes %s',
  async (_case, first) => {
    const kms: EncryptionConfiguration = {
      rules: [
        {resources: ['secrets'], providers: [{type: 'kms', apiVersion: 'v2', name: 'vault', endpoint: 'unix:///kms.sock'}]},
      ],
    };
    const states = [serverState(kms), withKeys('key1')];
    const report = await verifying({a: 'k8s:enc:kms:v2:vault:\x0a\x01x'}, first ? states : states.toReversed());
    const why = `the configuration has no KMS v2 provider vault, on ${first ? 'cp-2' : 'cp-1'}`;
    expect(report).toMatchObject({ok: false, unchecked: 0, undecryptable: 1, failures: [{key: at('a'), why}]});
  },
);

test('after a rotation in the KMS the values of both keys are told apart, by the names that the KMS gives them', async () => {
  const kms: EncryptionConfiguration = {
    rules: [{resources: ['secrets'], providers: [{type: 'kms', apiVersion: 'v2', name: 'vault', endpoint: 'unix:///kms.sock'}]}],
  };
  const under = (key: string) =>
    Buffer.concat([Buffer.from('k8s:enc:kms:v2:vault:'), field(1, 'sealed'), field(2, key), field(3, 'dek')]);
  const rotated = await verifying({a: under('key-1'), b: under('key-2'), c: under('key-2')}, [serverState(kms)]);
  expect(rotated.resources[0]?.byKmsKey).toEqual({'k8s:enc:kms:v2:vault:key-1': 1, 'k8s:enc:kms:v2:vault:key-2': 2});
  expect(rotated).toMatchObject({ok: true, next: 'kops encrypt-at-rest rewrite'});
  expect(rotated.notes[1]).toBe(
    'secrets are under 2 keys of the KMS (key-1 and key-2): a rewrite brings all under the one it has now',
  );
  const rewritten = await verifying({a: under('key-2'), b: under('key-2')}, [serverState(kms)]);
  expect(rewritten).toMatchObject({ok: true, next: null, notes: [expect.stringContaining('only its plugin can open them')]});
});

test('several resources are read at one revision, each at its own place in etcd', async () => {
  const widget = '{"apiVersion":"example.com/v1","kind":"Widget"}';
  const configuration = secretboxWith(['key1'], ['secrets', 'widgets.example.com']);
  const values = {
    a: secretbox('key1', plain),
    '/registry/example.com/widgets/shop/w': widget,
    '/registry/example.com/widgetsmith/shop/w': widget,
    '/registry/secretsanta/shop/w': 'x',
  };
  const report = await verifying(values, [serverState(configuration)], ['secrets', 'widgets.example.com']);
  expect(report).toMatchObject({scanned: 2, plaintext: 1, offenders: ['/registry/example.com/widgets/shop/w']});
  expect(report.resources.map(({resource, total}) => [resource, total])).toEqual([
    ['secrets', 1],
    ['widgets.example.com', 1],
  ]);
});

test('writes in between are not seen: all pages are of one revision', async () => {
  const etcd = memoryEtcd({[at('a')]: secretbox('key1', plain), '/registry/configmaps/shop/c': secretbox('key1', plain)});
  const configuration = secretboxWith(['key1'], ['secrets', 'configmaps']);
  await verify(
    {context: 'x', etcd, etcdPrefix: '/registry', elsewhere: ['events']},
    new Map([['cp-1', serverState(configuration)]]),
    {resources: ['secrets', 'configmaps'], onProgress: () => etcd.put('/registry/configmaps/shop/c', 'later')},
    signal,
  );
  expect(etcd.asked).toEqual(['range /registry/secrets/ at 3', 'range /registry/configmaps/ at 3']);
});

test('without being told otherwise it looks at Secrets and at what configurations name', () => {
  const named = new Map([['cp-1', serverState(secretboxWith(['key1'], ['configmaps', '*.apps']))]]);
  expect(resourcesInForce(named)).toEqual(['secrets', 'configmaps', '*.apps']);
  expect(resourcesInForce(new Map([['cp-1', serverState()]]))).toEqual(['secrets']);
});

test('a setup that is next names the resources that nothing covers', async () => {
  const report = await verifying({'/registry/configmaps/shop/c': 'x'}, [withKeys('key1')], ['configmaps']);
  expect(report.next).toBe('kops encrypt-at-rest setup --resources configmaps');
});
