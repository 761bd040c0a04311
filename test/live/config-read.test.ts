import {expect, test} from 'vitest';
import {describe} from '../../src/config/read/content.ts';
import {listDecoded, readDecoded} from '../../src/config/read/read.ts';
import {connect} from '../../src/kube/connect.ts';
import type {KubeObject} from '../../src/kube/json.ts';
import {createAuthority} from '../../src/lab/embedded/certificates.ts';
import {kubectl, liveCluster, namespace} from '../support/live.ts';
import {start} from '../support/process.ts';

const never = new AbortController().signal;
const hasKubectl = await kubectl(['version', '--client']).then(
  () => true,
  () => false,
);
const shop = await namespace();
const cluster = await connect({kubeconfig: liveCluster().kubeconfig, namespace: shop.name});
const object = (kind: string, name: string, fields: object): KubeObject =>
  ({apiVersion: 'v1', kind, metadata: {name, labels: {app: name}}, ...fields}) as KubeObject;

const odd = Buffer.from([0x00, 0xff, 0x1b, 0x5b, 0x33, 0x31, 0x6d, 0x0a]);
const {certificate, key} = await createAuthority('shop.example', Date.now());
await shop.apply(
  object('Secret', 'db', {
    data: {'odd.bin': odd.toString('base64')},
    stringData: {password: 's3cr3t\n', colours: '\u001b[31mred', constructor: 'x'},
  }),
  object('Secret', 'tls', {type: 'kubernetes.io/tls', stringData: {'tls.crt': certificate, 'tls.key': key}}),
  object('ConfigMap', 'web', {data: {'app.conf': 'a=1\n'}, binaryData: {'odd.bin': odd.toString('base64')}}),
);

test('off a terminal one key is its bytes, and nothing else', async () => {
  const run = start(
    'sh',
    ['-c', `"$0" "$1" secret decode db odd.bin -n ${shop.name} | od -An -tx1`, process.execPath, 'bin/dev.js'],
    {
      env: {KUBECONFIG: liveCluster().kubeconfig},
    },
  );
  expect((await run.ended).stdout.trim()).toBe('00 ff 1b 5b 33 31 6d 0a');
});

test('in a terminal it is shown, and nothing of it is obeyed', async () => {
  const {stdout} = await shop.kops(['configmap', 'show', 'web', 'odd.bin'], {tty: {columns: 100, rows: 30}});
  expect(stdout).toContain('00000000  00 ff 1b 5b 33 31 6d 0a                           |...[31m.|');
});

test('values are what the API server has of them, and told by what they are', async () => {
  const db = await describe(await readDecoded(cluster, 'DecodedSecret', {name: 'db'}, never));
  expect(db).toEqual({
    kind: 'DecodedSecret',
    namespace: shop.name,
    name: 'db',
    type: 'Opaque',
    data: {colours: '\u001b[31mred', constructor: 'x', password: 's3cr3t\n'},
    binary: {'odd.bin': odd.toString('base64')},
    contents: {
      colours: {is: 'text', endsWithNewline: false},
      constructor: {is: 'text', endsWithNewline: false},
      password: {is: 'text', endsWithNewline: true},
      'odd.bin': {is: 'binary', bytes: 8},
    },
  });
  const tls = await describe(await readDecoded(cluster, 'DecodedSecret', {name: 'tls'}, never));
  expect(tls.contents).toMatchObject({
    'tls.crt': {is: 'certificate', subject: 'CN=shop.example'},
    'tls.key': {is: 'private key', type: 'EC', bits: 256, fits: true},
  });
  expect((await listDecoded(cluster, 'DecodedSecret', {labelSelector: 'app=tls'}, never)).map(({name}) => name)).toEqual(['tls']);
  await expect(readDecoded(cluster, 'DecodedConfigMap', {name: 'wbe'}, never)).rejects.toMatchObject({
    next: `kops configmap show web -n ${shop.name}`,
    exitCode: 5,
  });
});

test.runIf(hasKubectl).each([
  ['secret', 'decode', 'db'],
  ['configmap', 'show', 'web'],
])('the line of %s %s --show-commands prints the same bytes', async (...words) => {
  const {stdout: line} = await shop.kops([...words, 'odd.bin', '--show-commands']);
  const run = start('bash', ['-c', `${line.trim()} | od -An -tx1`], {env: {KUBECONFIG: liveCluster().kubeconfig}});
  expect((await run.ended).stdout.trim()).toBe('00 ff 1b 5b 33 31 6d 0a');
});
