import {readFileSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect, test, vi} from 'vitest';
import type {EtcdValue} from '../../../src/encryption/inspect.ts';
import type {EtcdScrub} from '../../../src/encryption/scrub.ts';
import type {EncryptionStatus} from '../../../src/encryption/status.ts';
import type {EncryptionVerification} from '../../../src/encryption/verify.ts';
import type {SecretVerification} from '../../../src/encryption/verify-secret.ts';
import {encryptionLab} from '../../support/encryption-lab.ts';
import {openWriter} from '../../support/etcd-writer.ts';
import {labEtcd} from '../../support/lab-etcd.ts';

vi.setConfig({testTimeout: 600_000});

const lab = encryptionLab(1);
const [node = ''] = lab.nodes;
const CONFIGURATION = '/etc/kubernetes/enc/encryption.yaml';
const SECRETS = '/registry/secrets/default';
/** In no Secret but these, and in no output without --reveal: as text, as base64, as hexdump. */
const PASSWORD = 'Tr0ub4dor&3';
const LEAKS = [PASSWORD, Buffer.from(PASSWORD).toString('base64').slice(0, 14), '54 72 30 75 62 34'];

const labFolder = () => join(lab.folder(), 'state/kops/labs', node.replace('-control-plane', ''));
const configuration = () => join(labFolder(), 'nodes', node, CONFIGURATION);
const status = (code: number, ...words: string[]) => lab.report<EncryptionStatus>(['status', ...words], code);
const verify = (code: number, ...words: string[]) => lab.report<EncryptionVerification>(['verify', ...words], code);
const outputs: string[] = [];
async function kops(...words: string[]) {
  const result = await lab.kops(['encrypt-at-rest', ...words]);
  outputs.push(`${words.join(' ')}\n${result.stdout}${result.stderr}`);
  return result;
}

test('a cluster without encryption: status says so, verify counts the plaintext, a Secret is shown masked', async () => {
  const api = lab.api();
  const metadata = {
    name: 'db',
    annotations: {'kubectl.kubernetes.io/last-applied-configuration': `{"stringData":{"p":"${PASSWORD}"}}`},
  };
  await api.send('POST', '/api/v1/namespaces/default/secrets', {metadata, stringData: {p: PASSWORD}});
  await api.send('POST', '/api/v1/namespaces/default/configmaps', {metadata: {name: 'app.config'}, data: {mode: 'fast'}});

  expect(await status(0)).toMatchObject({
    configured: false,
    agrees: true,
    servers: [{node, configured: false, flag: null, provider: 'identity', agrees: true}],
    objects: [{resource: 'secrets', total: 1, byKey: {identity: 1}}],
    next: 'kops encrypt-at-rest setup',
  });
  expect(await verify(3)).toMatchObject({configured: false, scanned: 1, plaintext: 1, offenders: [`${SECRETS}/db`], ok: false});

  const {code, stdout} = await kops('verify', 'secret/db');
  expect(code).toBe(3);
  expect(stdout).toMatch(/^\/registry\/secrets\/default\/db {2}\d+ bytes, revision \d+ of \d+\n0{8} {2}6b 38 73 00/);
  expect(stdout).toContain('✗ stored as plaintext');
  const revealed = await lab.kops(['encrypt-at-rest', 'verify', 'db', '--reveal']);
  expect(revealed.stdout).toContain('54 72 30 75 62 34');
  expect(await kops('inspect', `${SECRETS}/db`, '-o', 'raw')).toMatchObject({code: 2, stdout: ''});
});

test("a Secret whose pods are on a node is in that node's memory", async () => {
  const container = {name: 'c', image: 'web:1', env: [{name: 'P', valueFrom: {secretKeyRef: {name: 'db', key: 'p'}}}]};
  await lab.api().send('POST', '/api/v1/namespaces/default/pods', {metadata: {name: 'web'}, spec: {containers: [container]}});
  await vi.waitFor(
    async () => {
      const {secret} = await status(0, '--secret', 'db');
      expect(secret).toEqual({
        namespace: 'default',
        name: 'db',
        nodes: [{node, pods: [{name: 'web', via: ['env P of container c']}]}],
      });
    },
    {timeout: 60_000, interval: 500},
  );
  expect((await kops('status', '--secret', 'db')).stdout).toContain('pod/web  env P of container c');
  expect(await kops('status', '--secret', 'dbb')).toMatchObject({code: 5, stderr: expect.stringContaining('status --secret db')});
});

test('after setup every value opens with the key of the node, and its bytes show the prefix', async () => {
  expect(await lab.kops(['encrypt-at-rest', 'setup', '--key-name', 'key1', '--no-snapshot', '--yes'])).toMatchObject({code: 0});
  expect(await status(0)).toMatchObject({
    configured: true,
    agrees: true,
    servers: [{flag: CONFIGURATION, file: CONFIGURATION, provider: 'secretbox', keyName: 'key1', agrees: true, problem: null}],
    transaction: null,
    objects: [{resource: 'secrets', byKey: {'k8s:enc:secretbox:v1:key1:': 1}}],
  });
  expect(await verify(0)).toMatchObject({ok: true, encrypted: 1, plaintext: 0, undecryptable: 0, offenders: []});

  const {code, stdout} = await kops('verify', 'db', '-n', 'default');
  expect(code).toBe(0);
  expect(stdout).toContain('|k8s:enc:secretbo|\n00000010  78 3a 76 31 3a 6b 65 79  31 3a');
  expect(stdout).toContain('╰ prefix: secretbox, key key1');
  expect(stdout).toContain("✓ opens with the node's key");
  const one = await lab.report<SecretVerification>(['verify', 'db']);
  expect(one).toMatchObject({ok: true, scanned: 1, value: {provider: 'secretbox', keyName: 'key1', why: null}});
});

test('any key of etcd can be looked at: stored, decoded, raw', async () => {
  const yaml = await kops('inspect', `${SECRETS}/db`, '-o', 'yaml');
  expect(yaml.stdout).toMatch(/kind: Secret\nmetadata:\n {2}name: db\n {2}namespace: default/);
  expect(yaml.stdout).toContain(`p: •••••• (${PASSWORD.length} bytes)`);
  expect((await kops('inspect', `${SECRETS}/db`)).stdout).toContain('k8s:enc:secretbo');
  expect((await kops('inspect', `${SECRETS}/db`, '-o', 'raw')).stdout).toMatch(/^k8s:enc:secretbox:v1:key1:/);

  const configMap = await kops('inspect', '/registry/configmaps/default/app.config', '-o', 'yaml');
  expect(configMap.stdout).toContain('data:\n  mode: fast');
  const service = await lab.report<EtcdValue>(['inspect', '/registry/services/specs/default/kubernetes']);
  expect(service).toMatchObject({decodedBy: 'api', object: {kind: 'Service', spec: {type: 'ClusterIP'}}});
  expect(await kops('inspect', '/registry/services/default/kubernetes')).toMatchObject({code: 5});
});

test('other resources are looked at where they are in etcd; what nothing covers is plaintext', async () => {
  const report = await verify(3, '--resources', 'secrets,configmaps,services,leases.coordination.k8s.io');
  expect(report.resources.map(({resource, encrypted, plaintext}) => [resource, encrypted > 0, plaintext > 0])).toEqual([
    ['secrets', true, false],
    ['configmaps', false, true],
    ['services', false, true],
    ['leases.coordination.k8s.io', false, true],
  ]);
  expect(report.offenders).toContain('/registry/configmaps/default/app.config');
  expect(await kops('verify', '--resources', 'secret')).toMatchObject({
    code: 5,
    stderr: expect.stringContaining('did you mean secrets?'),
  });
});

test('custom resources are found below their group', async () => {
  const schema = {openAPIV3Schema: {type: 'object', 'x-kubernetes-preserve-unknown-fields': true}};
  await lab.api().send('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', {
    metadata: {name: 'widgets.kops.test'},
    spec: {
      group: 'kops.test',
      scope: 'Namespaced',
      names: {plural: 'widgets', singular: 'widget', kind: 'Widget'},
      versions: [{name: 'v1', served: true, storage: true, schema}],
    },
  });
  const widget = {apiVersion: 'kops.test/v1', kind: 'Widget', metadata: {name: 'w.1'}, spec: {size: 3}};
  const path = '/apis/kops.test/v1/namespaces/default/widgets';
  await vi.waitFor(() => lab.api().send('POST', path, widget), {timeout: 60_000, interval: 200});
  expect(await verify(3, '--resources', 'widgets.kops.test')).toMatchObject({
    scanned: 1,
    offenders: ['/registry/kops.test/widgets/default/w.1'],
    next: 'kops encrypt-at-rest setup --resources widgets.kops.test',
  });
  expect((await kops('inspect', '/registry/kops.test/widgets/default/w.1', '-o', 'yaml')).stdout).toContain('size: 3');
});

test('what is left of the time before is found, and scrubbed out of the database', async () => {
  const {residue} = await verify(3, '--residue');
  const found = (kind: string) =>
    residue?.files.filter((file) => file.kind === kind).map(({plaintext, keys}) => [plaintext > 0, keys]);
  expect(found('database')).toEqual([[true, [`${SECRETS}/db`]]]);
  expect(found('write-ahead log')).toEqual([[true, [`${SECRETS}/db`]]]);
  expect(residue).toMatchObject({ok: false, next: 'kops encrypt-at-rest scrub', revisions: {complete: true}});

  const plan = await lab.report<EtcdScrub>(['scrub', '--dry-run']);
  expect(plan).toMatchObject({dryRun: true, members: [{isLeader: true, after: null}]});
  expect(await kops('scrub')).toMatchObject({code: 2, stderr: expect.stringContaining('add --yes')});
  const done = await lab.report<EtcdScrub>(['scrub', '--yes']);
  expect(done.members[0]?.after).toBeLessThan(done.members[0]?.before ?? 0);

  const {residue: after} = await verify(4, '--residue');
  expect(after).toMatchObject({
    ok: false,
    onlyLog: true,
    revisions: {plaintext: 0},
    files: [
      {kind: 'database', plaintext: 0, problem: null},
      {kind: 'write-ahead log', keys: [`${SECRETS}/db`], log: {files: 1, later: 0, keeps: 5}},
    ],
    next: expect.stringContaining('guard these disks'),
  });
});

test('a value that nothing opens is named, with the reason, and keeps no other from being counted', async () => {
  const {url, tls} = labEtcd(labFolder(), node.replace('-control-plane', ''));
  const writer = openWriter({url}, tls);
  await writer.put(`${SECRETS}/broken.one`, Buffer.concat([Buffer.from('k8s:enc:secretbox:v1:key1:'), Buffer.alloc(99, 7)]));
  await writer.put(`${SECRETS}/lost`, Buffer.concat([Buffer.from('k8s:enc:secretbox:v1:key0:'), Buffer.alloc(99, 7)]));
  expect(await verify(3)).toMatchObject({
    encrypted: 3,
    undecryptable: 2,
    offenders: [`${SECRETS}/broken.one`, `${SECRETS}/lost`],
    failures: [
      {key: `${SECRETS}/broken.one`, why: 'the secretbox key key1 does not open it'},
      {key: `${SECRETS}/lost`, why: 'the configuration has no secretbox key key0'},
    ],
  });
  const sick = await status(3);
  expect(sick.servers[0]?.problem).toMatch(/^the API server does not serve Secrets: it could not list secrets: 500/);
  await writer.delete(`${SECRETS}/broken.one`);
  await writer.delete(`${SECRETS}/lost`);
  writer.close();
  expect(await verify(0)).toMatchObject({ok: true});
});

test('a broken file and none at all are told apart from one that is in force', async () => {
  const good = readFileSync(configuration());
  writeFileSync(configuration(), 'kind: Nonsense\n'); // a server never takes that for its configuration
  expect(await status(3)).toMatchObject({
    agrees: false,
    servers: [
      {flag: CONFIGURATION, configured: false, agrees: false, problem: expect.stringContaining(`${CONFIGURATION} on ${node}`)},
    ],
  });
  rmSync(configuration());
  expect(await status(3)).toMatchObject({
    servers: [
      {
        flag: CONFIGURATION,
        configHash: null,
        problem: expect.stringContaining(`has no encryption configuration at ${CONFIGURATION}`),
      },
    ],
    next: `kops encrypt-at-rest sync ${node}`,
  });
  writeFileSync(configuration(), good, {mode: 0o600});
  expect(await status(0)).toMatchObject({agrees: true, servers: [{keyName: 'key1'}]});
});

test('what is in etcd can be looked at while no API server runs', async () => {
  const manifest = join(labFolder(), 'nodes', node, '/etc/kubernetes/manifests/kube-apiserver.yaml');
  const good = readFileSync(manifest, 'utf8');
  writeFileSync(manifest, good.replace(/^( *)- kube-apiserver\n/m, '$&$1- --no-such-flag\n'));
  const down = () =>
    vi.waitFor(() => expect(lab.api().send('GET', '/version')).rejects.toThrow('ECONNREFUSED'), {timeout: 60_000, interval: 200});
  await down();
  expect(await verify(0)).toMatchObject({ok: true, encrypted: 1});
  expect((await kops('inspect', `${SECRETS}/db`, '-o', 'yaml')).stdout).toContain('name: db');
  expect(await status(5)).toMatchObject({
    servers: [{configured: true, agrees: null, problem: expect.stringContaining('the API server does not answer')}],
    objects: [{resource: 'secrets', total: 1}],
  });
  writeFileSync(manifest, good);
  await vi.waitFor(() => lab.api().send('GET', '/readyz'), {timeout: 60_000, interval: 200});
});

test('who may not see the nodes is told which right is missing', async () => {
  for (const verb of ['verify', 'status', 'scrub']) {
    const {code, stderr} = await kops(verb, '--as', 'jane');
    expect({verb, code, stderr}).toMatchObject({code: 5, stderr: expect.stringContaining('jane may not list nodes')});
  }
});

test('in none of all that was printed is anything that a Secret holds, nor a key', () => {
  const key = /secret: (\S+)/.exec(readFileSync(configuration(), 'utf8'))?.[1] ?? '';
  expect(key).toHaveLength(44);
  expect(outputs.length).toBeGreaterThan(15);
  for (const output of outputs) for (const leak of [...LEAKS, key]) expect(output).not.toContain(leak);
});
