import {expect, test} from 'vitest';
import {inspect, rawBytes} from '../../src/encryption/inspect.ts';
import {renderDecoded, renderEtcdValue} from '../../src/encryption/view/inspect.ts';
import {createTheme} from '../../src/text/screen.ts';
import {FakeCluster, type FakeOptions} from '../support/fake-cluster.ts';
import {memoryEtcd} from '../support/memory-etcd.ts';
import {secretboxWith} from '../support/servers.ts';
import {field, plainSecret, secretbox} from '../support/stored.ts';

const {signal} = new AbortController();
const screen = {theme: createTheme(false), width: 80, now: 0};
const key = '/registry/secrets/shop/db';
const readers = [{nodes: ['cp-1'], configuration: secretboxWith(['key1', 'identity'])}];

const node = Buffer.concat([
  Buffer.from('k8s\0'),
  field(1, Buffer.concat([field(1, 'v1'), field(2, 'Node')])),
  field(2, Buffer.concat([field(1, field(1, 'n1')), field(2, field(1, '10.0.0.0/24'))])),
]);
const etcd = memoryEtcd({
  [key]: secretbox('key1', plainSecret('db')),
  '/registry/secrets/shop/open': plainSecret('open'),
  '/registry/secrets/shop/lost': secretbox('key9', plainSecret('lost')),
  '/registry/minions/n1': node,
  '/registry/services/specs/shop/web': 'x',
  '/registry/example.com/widgets/shop/w': '{"apiVersion":"example.com/v1","kind":"Widget","spec":{"size":3}}',
});
const look = (which: string, {reveal = false, answer}: {reveal?: boolean; answer?: FakeOptions['answer']} = {}) =>
  inspect(etcd, new FakeCluster([], {...(answer && {answer})}), which, {etcdPrefix: '/registry', readers, reveal}, signal);

test('an encrypted Secret: its bytes as they are, its object masked', async () => {
  const value = await look(key);
  expect(value).toMatchObject({
    kind: 'EtcdValue',
    key,
    provider: 'secretbox',
    keyName: 'key1',
    prefix: 'k8s:enc:secretbox:v1:key1:',
    revision: 7,
    modRevision: 2,
    object: {kind: 'Secret', data: {password: '•••••• (6 bytes)'}},
    decodedBy: 'etcd',
    why: null,
  });
  expect(JSON.stringify(value)).not.toContain(Buffer.from('s3cr3t').toString('base64'));
  expect(rawBytes(value)).toEqual((await etcd.get(key, signal))?.value);
  expect(renderEtcdValue(value, screen).split('\n').slice(0, 2)).toEqual([
    `${key}  ${value.size} bytes, revision 2 of 7, written once`,
    '00000000  6b 38 73 3a 65 6e 63 3a  73 65 63 72 65 74 62 6f  |k8s:enc:secretbo|',
  ]);
});

test('what a Secret holds is shown where that is asked for', async () => {
  expect(await look(key, {reveal: true})).toMatchObject({object: {data: {password: 'czNjcjN0'}}});
});

test('the bytes of a Secret in plaintext are masked, and not handed out raw', async () => {
  const value = await look('/registry/secrets/shop/open');
  const dump = renderEtcdValue(value, screen);
  expect(dump).toContain('••');
  expect(dump).toContain('no prefix: plaintext');
  expect(Buffer.from(value.stored.base64, 'base64').includes('s3cr3t')).toBe(false);
  expect(() => rawBytes(value)).toThrow('/registry/secrets/shop/open is a Secret in plaintext');
  const revealed = await look('/registry/secrets/shop/open', {reveal: true});
  expect(rawBytes(revealed).includes('s3cr3t')).toBe(true);
});

test('a value that nothing opens is shown as it is, and why it does not open', async () => {
  const value = await look('/registry/secrets/shop/lost');
  expect(value).toMatchObject({object: null, decodedBy: null, why: 'the configuration has no secretbox key key9'});
  expect(renderDecoded(value, screen)).toMatch(/# cannot be decoded: the configuration has no secretbox key key9$/);
});

test('a custom resource is the YAML of what it is stored as', async () => {
  expect(renderDecoded(await look('/registry/example.com/widgets/shop/w'), screen)).toMatchInlineSnapshot(`
    "# /registry/example.com/widgets/shop/w
    # 65 bytes, plaintext, revision 7
    apiVersion: example.com/v1
    kind: Widget
    spec:
      size: 3"
  `);
});

test('of a kind that kops does not know, the API server names the fields of the same revision', async () => {
  const served =
    (resourceVersion: string): FakeOptions['answer'] =>
    ({path}) =>
      path === '/api/v1/nodes/n1'
        ? {body: {kind: 'Node', metadata: {name: 'n1', resourceVersion}, spec: {podCIDR: '10.0.0.0/24'}}}
        : {status: 404};
  expect(await look('/registry/minions/n1', {answer: served('5')})).toMatchObject({
    decodedBy: 'api',
    object: {spec: {podCIDR: '10.0.0.0/24'}},
  });
  const byNumber = {decodedBy: 'etcd', object: {kind: 'Node', metadata: {name: 'n1'}, 'field 2': {'field 1': '10.0.0.0/24'}}};
  expect(await look('/registry/minions/n1', {answer: served('6')})).toMatchObject(byNumber);
  expect(await look('/registry/minions/n1', {answer: () => ({status: 503})})).toMatchObject(byNumber);
});

test.each([
  [
    '/registry/secrets/shop/dbb',
    'below /registry/secrets/shop/ there is db, lost and open',
    'kops encrypt-at-rest inspect /registry/secrets/shop/db',
  ],
  [
    '/registry/secrets/shp/db',
    'below /registry/secrets/ there is shop/',
    'kops encrypt-at-rest inspect /registry/secrets/shop/db',
  ],
  [
    '/registry/secrets/shop',
    'below /registry/secrets/shop/ there is db, lost and open',
    'kops encrypt-at-rest inspect /registry/secrets/shop/db',
  ],
  ['/registry/secrets/', 'below /registry/secrets/ there is shop/', 'kops encrypt-at-rest inspect /registry/secrets/shop/'],
  [
    '/registry/nodes/n1',
    'below /registry/ there is minions/, example.com/, secrets/ and services/',
    'kops encrypt-at-rest inspect /registry/minions/n1',
  ],
  [
    '/registry/services/shop/web',
    'below /registry/services/ there is specs/',
    'kops encrypt-at-rest inspect /registry/services/specs/',
  ],
  [
    '/registry/nope',
    'below /registry/ there is example.com/, minions/, secrets/ and services/',
    'kops encrypt-at-rest inspect /registry/example.com/',
  ],
  [
    'registry/secrets/shop/db',
    'keys are written whole, with their prefix',
    'kops encrypt-at-rest inspect /registry/secrets/shop/db',
  ],
  ['secrets/shop/db', 'keys are written whole, with their prefix', 'kops encrypt-at-rest inspect /registry/secrets/shop/db'],
  ['/k8s/secrets/shop/db', 'nor any that begins like it: memory', 'kops encrypt-at-rest inspect /registry/'],
])('%s is no key; what there is instead is said', async (wrong, why, next) => {
  await expect(look(wrong)).rejects.toMatchObject({message: `etcd has no key ${wrong}`, why, next, exitCode: 5});
});
