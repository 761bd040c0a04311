import {readFileSync} from 'node:fs';
import {createTwoFilesPatch} from 'diff';
import {describe, expect, test} from 'vitest';
import {parse} from 'yaml';
import {withEncryption, withoutEncryption} from '../../../src/encryption/manifest/kubeadm-config.ts';
import {Problem} from '../../../src/problem.ts';

const CONFIG = '/etc/kubernetes/enc/encryption.yaml';
/** As kubeadm v1.37.2 wrote it for a kind cluster: v1beta4, arguments as a list. */
const kind = readFileSync('test/fixtures/encryption/cluster-configuration.txt', 'utf8');
/** As kubeadm up to 1.30 writes it: v1beta3, arguments as a map. */
const v1beta3 = `apiServer:
  extraArgs:
    authorization-mode: Node,RBAC
  timeoutForControlPlane: 4m0s
apiVersion: kubeadm.k8s.io/v1beta3
kind: ClusterConfiguration
kubernetesVersion: v1.30.0
scheduler: {}
`;
const withVolume = v1beta3.replace(
  '  timeoutFor',
  '  extraVolumes:\n  - hostPath: /etc/audit\n    mountPath: /etc/audit\n    name: enc\n  timeoutFor',
);

const patch = (before: string, after: string): string =>
  createTwoFilesPatch('', '', before, after, '', '', {context: 1}).split('\n').slice(4).join('\n');

test('arguments are a list since v1beta4', () => {
  expect(patch(kind, withEncryption(kind, CONFIG))).toMatchInlineSnapshot(`
    "@@ -7,2 +7,12 @@
         value: ""
    +  - name: encryption-provider-config
    +    value: /etc/kubernetes/enc/encryption.yaml
    +  - name: encryption-provider-config-automatic-reload
    +    value: "true"
    +  extraVolumes:
    +  - hostPath: /etc/kubernetes/enc
    +    mountPath: /etc/kubernetes/enc
    +    name: enc
    +    pathType: DirectoryOrCreate
    +    readOnly: true
     apiVersion: kubeadm.k8s.io/v1beta4
    "
  `);
});

test('arguments are a map up to v1beta3', () => {
  expect(patch(v1beta3, withEncryption(v1beta3, CONFIG))).toMatchInlineSnapshot(`
    "@@ -3,3 +3,11 @@
         authorization-mode: Node,RBAC
    +    encryption-provider-config: /etc/kubernetes/enc/encryption.yaml
    +    encryption-provider-config-automatic-reload: "true"
       timeoutForControlPlane: 4m0s
    +  extraVolumes:
    +  - hostPath: /etc/kubernetes/enc
    +    mountPath: /etc/kubernetes/enc
    +    name: enc
    +    pathType: DirectoryOrCreate
    +    readOnly: true
     apiVersion: kubeadm.k8s.io/v1beta3
    "
  `);
});

describe.each([
  ['of kind, v1beta4', kind],
  ['of v1beta3', v1beta3],
  ['with volumes of its own, one of that name', withVolume],
  [
    'of v1beta4 with nothing for the API server',
    kind.replace(/apiServer:\n( .*\n)+/, 'apiServer: {}\n').replace(/ {2}- .*\n/g, ''),
  ],
  ['of v1beta3 with nothing for the API server', v1beta3.replace(/apiServer:\n( .*\n)+/, 'apiServer: {}\n')],
  ['with line breaks of Windows', kind.replaceAll('\n', '\r\n')],
  ['with comments', v1beta3.replace('authorization-mode', '# who may what\n    authorization-mode')],
])('a ClusterConfiguration %s', (_name, text) => {
  const encrypted = withEncryption(text, CONFIG);

  test('does not change when it is done again', () => {
    expect(withEncryption(encrypted, CONFIG)).toBe(encrypted);
  });

  test('is to the byte what it was when encryption is taken out', () => {
    expect(withoutEncryption(encrypted)).toBe(text);
  });

  test('is left alone where there is nothing to take out', () => {
    expect(withoutEncryption(text)).toBe(text);
  });

  test('says what kubeadm puts in the manifest: both flags, and the folder', () => {
    const {apiServer} = parse(encrypted) as {apiServer: {extraArgs: object; extraVolumes: readonly {mountPath: string}[]}};
    const {extraArgs} = apiServer;
    const args = Array.isArray(extraArgs) ? extraArgs.map(({name, value}) => [name, value]) : Object.entries(extraArgs);
    expect(args.slice(-2)).toEqual([
      ['encryption-provider-config', CONFIG],
      ['encryption-provider-config-automatic-reload', 'true'],
    ]);
    expect(apiServer.extraVolumes.filter(({mountPath}) => mountPath === '/etc/kubernetes/enc')).toEqual([
      {
        name: expect.stringMatching(/^enc/),
        hostPath: '/etc/kubernetes/enc',
        mountPath: '/etc/kubernetes/enc',
        pathType: 'DirectoryOrCreate',
        readOnly: true,
      },
    ]);
  });
});

describe.each([
  ['no apiServer', 'apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\n'],
  ['apiServer: null', 'apiServer: null\napiVersion: kubeadm.k8s.io/v1beta4\n'],
  ['extraArgs: null', 'apiServer:\n  extraArgs: null\n  extraVolumes: []\napiVersion: kubeadm.k8s.io/v1beta3\n'],
  ['JSON', '{"apiServer":{},"apiVersion":"kubeadm.k8s.io/v1beta4","kind":"ClusterConfiguration"}'],
])('a ClusterConfiguration with %s', (_name, text) => {
  test('gets encryption, and loses it', () => {
    const encrypted = withEncryption(text, CONFIG);
    expect(JSON.stringify(parse(encrypted))).toContain(CONFIG);
    expect(withEncryption(encrypted, CONFIG)).toBe(encrypted);
    const without = parse(withoutEncryption(encrypted)) as {apiServer?: object};
    expect(JSON.stringify(without)).not.toContain('enc');
    expect({...without, apiServer: {}}).toEqual({...parse(text), apiServer: {}});
  });
});

test('a flag that points elsewhere is brought to the file that is in force', () => {
  const elsewhere = withEncryption(kind, '/etc/kubernetes/encryption/old.yaml');
  expect(withEncryption(elsewhere, CONFIG)).toContain(`value: ${CONFIG}`);
  expect(withEncryption(elsewhere, CONFIG)).not.toContain('old.yaml');
});

test('a folder that another argument needs stays', () => {
  const text = withEncryption(
    v1beta3.replace('authorization-mode: Node,RBAC', 'audit-policy-file: /etc/kubernetes/enc/audit.yaml'),
    CONFIG,
  );
  expect(withoutEncryption(text)).toContain('mountPath: /etc/kubernetes/enc');
});

test('a folder that a volume covers already is not mounted again', () => {
  const text = withVolume.replaceAll('/etc/audit', '/etc/kubernetes');
  expect(patch(text, withEncryption(text, CONFIG))).not.toContain('+  - hostPath');
});

test.each([
  ['nothing', ''],
  ['no YAML', 'a: [\n'],
])('%s is refused by its name', (_case, text) => {
  expect(() => withEncryption(text, CONFIG)).toThrow(Problem);
  expect(() => withEncryption(text, CONFIG)).toThrow('kubeadm-config');
});
