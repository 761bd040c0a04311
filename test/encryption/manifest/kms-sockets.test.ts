import {readFileSync} from 'node:fs';
import {createTwoFilesPatch} from 'diff';
import {describe, expect, test} from 'vitest';
import type {EncryptionConfiguration} from '../../../src/encryption/configuration/configuration.ts';
import {socketsOf} from '../../../src/encryption/configuration/kms.ts';
import {withEncryption, withoutEncryption} from '../../../src/encryption/manifest/kubeadm-config.ts';
import {disableEncryption, enableEncryption, hostPathOf} from '../../../src/encryption/manifest/manifest.ts';
import {CONFIG, kubeadm, plainManifests, podOf, serverOf} from '../../support/api-server-manifests.ts';

const patch = (before: string, after: string): string =>
  createTwoFilesPatch('', '', before, after, '', '', {context: 1}).split('\n').slice(4).join('\n');
const kms = (...endpoints: string[]): EncryptionConfiguration => ({
  rules: [
    {
      resources: ['secrets'],
      providers: endpoints.map((endpoint, i) => ({type: 'kms', apiVersion: 'v2', name: `kms${i}`, endpoint})),
    },
  ],
});
const SOCKET = '/run/kms/plugin.sock';

test.each([
  ['unix:///run/kms/plugin.sock', [SOCKET]],
  ['unix:///run//kms/./plugin.sock', [SOCKET]],
  ['unix:/run/kms/plugin.sock', [SOCKET]],
  ['UNIX:///run/kms/plugin.sock', [SOCKET]],
  ['unix:///@plugin', []],
  ['unix:plugin.sock', []],
])('the socket of %s', (endpoint, sockets) => {
  expect(socketsOf(kms(endpoint))).toEqual(sockets);
});

test('two providers with one plugin have one socket', () => {
  expect(socketsOf(kms('unix:///run/kms/plugin.sock', 'unix:///run/kms/plugin.sock', 'unix:///opt/b.sock'))).toEqual([
    SOCKET,
    '/opt/b.sock',
  ]);
});

test('a KMS plugin adds the folder of its socket to the manifest', () => {
  const without = enableEncryption(kubeadm, CONFIG);
  expect(patch(without, enableEncryption(kubeadm, CONFIG, [SOCKET]))).toMatchInlineSnapshot(`
    "@@ -102,2 +102,5 @@
           readOnly: true
    +    - mountPath: /run/kms
    +      name: kms
    +      readOnly: true
       hostNetwork: true
    @@ -133,2 +136,6 @@
         name: enc
    +  - hostPath:
    +      path: /run/kms
    +      type: DirectoryOrCreate
    +    name: kms
     status: {}
    "
  `);
});

/** Folders of the node that the API server sees at the same place. */
const foldersOf = (text: string) =>
  (serverOf(text).volumeMounts ?? []).flatMap(({name, mountPath, readOnly}) => {
    const {hostPath} = podOf(text).spec.volumes?.find((volume) => volume.name === name) ?? {};
    return hostPath?.path === mountPath ? [{name, mountPath, readOnly, type: hostPath.type}] : [];
  });

describe.each(plainManifests)('a manifest %s', (_name, text) => {
  const before = enableEncryption(text, CONFIG);
  const enabled = enableEncryption(text, CONFIG, [SOCKET, '/opt/b.sock', '/run/kms/other.sock']);

  test('gets the folder of each socket once, read-only', () => {
    const added = foldersOf(enabled).slice(foldersOf(before).length);
    const mount = {readOnly: true, type: 'DirectoryOrCreate'};
    expect(added).toEqual([
      {...mount, name: 'kms', mountPath: '/run/kms'},
      {...mount, name: 'kms-2', mountPath: '/opt'},
    ]);
    expect(hostPathOf(enabled, SOCKET)).toBe(SOCKET);
  });

  test('does not change when it is done again', () => {
    expect(enableEncryption(enabled, CONFIG, [SOCKET, '/opt/b.sock', '/run/kms/other.sock'])).toBe(enabled);
  });

  test('loses them again together with the configuration', () => {
    expect(podOf(disableEncryption(enabled))).toEqual(podOf(disableEncryption(before)));
    expect(disableEncryption(disableEncryption(enabled))).toBe(disableEncryption(enabled));
  });
});

describe('the folder of a socket', () => {
  const volume = (source: string) =>
    kubeadm
      .replace('    volumeMounts:\n', '    volumeMounts:\n    - mountPath: /run/kms\n      name: plugin\n')
      .replace('  volumes:\n', `  volumes:\n  - name: plugin\n    ${source}\n`);

  test.each([
    ['from the node', 'hostPath: {path: /run/kms}', SOCKET],
    ['from elsewhere on the node', 'hostPath: {path: /srv/kms}', '/srv/kms/plugin.sock'],
    ['shared with a plugin in the same pod', 'emptyDir: {}', undefined],
  ])('is not mounted again where it is mounted %s, and stays', (_case, source, onNode) => {
    const before = volume(source);
    const enabled = enableEncryption(before, CONFIG, [SOCKET]);
    expect(enabled).toBe(enableEncryption(before, CONFIG));
    expect(hostPathOf(enabled, SOCKET)).toBe(onNode);
    expect(disableEncryption(enabled)).toBe(before);
  });

  test("is the configuration's own, where the plugin listens there", () => {
    const socket = '/etc/kubernetes/enc/plugin.sock';
    expect(enableEncryption(kubeadm, CONFIG, [socket])).toBe(enableEncryption(kubeadm, CONFIG));
  });

  test('stays where another flag needs it', () => {
    const enabled = enableEncryption(kubeadm, CONFIG, [SOCKET]).replace(
      '    image:',
      '    - --audit-policy-file=/run/kms/audit.yaml\n    image:',
    );
    expect(foldersOf(disableEncryption(enabled))).toContainEqual(expect.objectContaining({name: 'kms'}));
  });

  test('cannot be the root of the file system', () => {
    expect(() => enableEncryption(kubeadm, CONFIG, ['/plugin.sock'])).toThrow(
      "the API server's container cannot have /plugin.sock from the node",
    );
  });
});

describe('a ClusterConfiguration', () => {
  const kind = readFileSync('test/fixtures/encryption/cluster-configuration.txt', 'utf8');
  const before = withEncryption(kind, CONFIG);
  const encrypted = withEncryption(kind, CONFIG, [SOCKET, '/run/kms/other.sock', '/opt/b.sock']);

  test('gets the same folders', () => {
    expect(patch(before, encrypted)).toMatchInlineSnapshot(`
      "@@ -17,2 +17,12 @@
           readOnly: true
      +  - hostPath: /run/kms
      +    mountPath: /run/kms
      +    name: kms
      +    pathType: DirectoryOrCreate
      +    readOnly: true
      +  - hostPath: /opt
      +    mountPath: /opt
      +    name: kms-2
      +    pathType: DirectoryOrCreate
      +    readOnly: true
       apiVersion: kubeadm.k8s.io/v1beta4
      "
    `);
  });

  test('does not change when it is done again, and is to the byte what it was when encryption is taken out', () => {
    expect(withEncryption(encrypted, CONFIG, [SOCKET, '/opt/b.sock'])).toBe(encrypted);
    expect(withoutEncryption(encrypted)).toBe(kind);
  });

  test('keeps a folder that somebody else mounted', () => {
    const own = withEncryption(kind, CONFIG, [SOCKET]).replace('name: kms', 'name: plugin');
    expect(withEncryption(own, CONFIG, [SOCKET])).toBe(own);
    expect(withoutEncryption(own)).toContain('mountPath: /run/kms');
  });
});
