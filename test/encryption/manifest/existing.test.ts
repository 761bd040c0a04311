import {describe, expect, test} from 'vitest';
import {
  disableEncryption,
  enableEncryption,
  encryptionAsIn,
  encryptionIn,
  hostPathOf,
  readManifest,
} from '../../../src/encryption/manifest/manifest.ts';
import {Problem} from '../../../src/problem.ts';
import {CONFIG, FLAGS, kubeadm, minimal, mounted, podOf, serverOf, wordsOf} from '../../support/api-server-manifests.ts';

describe('a manifest that has encryption already', () => {
  const other = '/etc/kubernetes/encryption/config.yaml';
  const elsewhere = enableEncryption(kubeadm, other);

  test('in another place is left there where that place is asked for', () => {
    expect(enableEncryption(elsewhere, other)).toBe(elsewhere);
    expect(hostPathOf(elsewhere, other)).toBe(other);
  });

  test('in another place is brought to the one that is asked for', () => {
    const moved = enableEncryption(elsewhere, CONFIG);
    expect(wordsOf(moved)).toEqual([...wordsOf(kubeadm), ...FLAGS]);
    expect(hostPathOf(moved, CONFIG)).toBe(CONFIG);
  });

  test('without automatic reload gets it', () => {
    const before = kubeadm.replace(
      '    image:',
      `    - --encryption-provider-config=${other}
    image:`,
    );
    expect(wordsOf(enableEncryption(before, other)).slice(-2)).toEqual([
      `--encryption-provider-config=${other}`,
      '--encryption-provider-config-automatic-reload=true',
    ]);
  });

  test.each([
    ['in quotes', `"--encryption-provider-config=${other}"`, `"--encryption-provider-config=${CONFIG}"`],
    ['in single quotes', `'--encryption-provider-config=${other}'`, `'--encryption-provider-config=${CONFIG}'`],
    ['with underscores', `--encryption_provider_config=${other}`, `--encryption-provider-config=${CONFIG}`],
    ['with its value apart', `--encryption-provider-config\n    - ${other}`, `--encryption-provider-config\n    - ${CONFIG}`],
    [
      'with its value apart, in quotes',
      `--encryption-provider-config\n    - "${other}"`,
      `--encryption-provider-config\n    - "${CONFIG}"`,
    ],
  ])('with a flag %s keeps its form', (_case, before, after) => {
    const enabled = enableEncryption(kubeadm.replace('    image:', `    - ${before}\n    image:`), CONFIG);
    expect(enabled).toContain(`    - ${after}\n    - --encryption-provider-config-automatic-reload=true\n`);
  });

  test.each([
    ['twice, of which the last counts', `- --encryption-provider-config=/a\n    - --encryption-provider-config=${other}`],
    [
      'with automatic reload switched off',
      `- --encryption-provider-config=${other}\n    - --encryption-provider-config-automatic-reload=false`,
    ],
    [
      'with automatic reload as a flag alone',
      `- --encryption-provider-config-automatic-reload\n    - --encryption-provider-config=${other}`,
    ],
    ['with flag and value in two lists', `- --encryption-provider-config\n    args:\n    - ${other}`],
  ])('%s: it is read, brought to what is asked for, and taken out', (_case, lines) => {
    const before = kubeadm.replace('    image:', `    ${lines}\n    image:`);
    expect(readManifest(before, 'x').flags.get('encryption-provider-config')).toBe(other);
    const {flags} = readManifest(enableEncryption(before, CONFIG), 'x');
    expect([...flags].slice(-2).sort()).toEqual([
      ['encryption-provider-config', CONFIG],
      ['encryption-provider-config-automatic-reload', 'true'],
    ]);
    expect(wordsOf(disableEncryption(before))).toEqual(wordsOf(kubeadm));
  });
});

describe('what a manifest says of encryption', () => {
  const enabled = enableEncryption(kubeadm, CONFIG);
  test.each<[string, boolean, string]>([
    ['another flag is there', true, enabled.replace('    - kube-apiserver\n', '    - kube-apiserver\n    - --v=1\n')],
    ['it is written otherwise', true, JSON.stringify(podOf(enabled))],
    ['the flag is gone', false, enabled.replace(/ {4}- --encryption-provider-config=.*\n/, '')],
    ['it names another file', false, enabled.replace('=/etc/kubernetes/enc/', '=/etc/kubernetes/pki/')],
    ['another flag behind it names another file', false, enabled.replace('    image:', `    - ${FLAGS[0]}.mine\n    image:`)],
    ['another folder is mounted there', false, enabled.replace('path: /etc/kubernetes/enc\n', 'path: /srv/enc\n')],
    ['the file is not read again', false, enabled.replace('automatic-reload=true', 'automatic-reload=false')],
  ])('where %s is the same: %s', (_case, same, text) => {
    expect(text).not.toBe(enabled);
    expect(encryptionIn(text) === encryptionIn(enabled)).toBe(same);
  });

  test.each([
    ['nothing', kubeadm],
    ['encryption without automatic reload', enabled.replace(/ {4}- --.*automatic-reload.*\n/, '')],
    ['a mount that was left', enabled.replace(/ {4}- --encryption-provider-.*\n/g, '')],
    ['automatic reload alone', kubeadm.replace('    image:', `    - ${FLAGS[1]}\n    image:`)],
  ])('is put back to %s, and all else stays', (_case, before) => {
    const after = enableEncryption(before, CONFIG, ['/run/kms/plugin.sock']);
    const louder = (text: string) => text.replace('    - kube-apiserver\n', '    - kube-apiserver\n    - --v=1 # mine\n');
    expect(encryptionAsIn(louder(after), before)).toBe(louder(before));
  });
});

describe('the folder of the configuration', () => {
  const mountedAt = (mountPath: string, hostPath: string, more = '') =>
    kubeadm
      .replace('    volumeMounts:\n', `    volumeMounts:\n    - mountPath: ${mountPath}\n      name: mine\n${more}`)
      .replace('  volumes:\n', `  volumes:\n  - name: mine\n    hostPath:\n      path: ${hostPath}\n`);

  test.each([
    ['by itself', '/etc/kubernetes/enc', '/etc/kubernetes/enc', CONFIG],
    ['with a slash at the end', '/etc/kubernetes/enc/', '/etc/kubernetes/enc/', CONFIG],
    ['with all of its parent', '/etc/kubernetes', '/etc/kubernetes', CONFIG],
    ['from another place of the node', '/etc/kubernetes/enc', '/srv/keys', '/srv/keys/encryption.yaml'],
    ['with all of the node', '/etc', '/host/etc', '/host/etc/kubernetes/enc/encryption.yaml'],
  ])('is not mounted again where it is mounted %s', (_case, mountPath, hostPath, onNode) => {
    const before = mountedAt(mountPath, hostPath);
    const enabled = enableEncryption(before, CONFIG);
    expect(podOf(enabled).spec.volumes).toEqual(podOf(before).spec.volumes);
    expect(serverOf(enabled).volumeMounts).toEqual(serverOf(before).volumeMounts);
    expect(hostPathOf(enabled, CONFIG)).toBe(onNode);
    expect(disableEncryption(enabled)).toBe(before);
  });

  test('is found through a part of a volume', () => {
    expect(hostPathOf(mountedAt('/etc/kubernetes/enc', '/srv', '      subPath: kube/enc\n'), CONFIG)).toBe(
      '/srv/kube/enc/encryption.yaml',
    );
  });

  test('is looked for in the innermost mount', () => {
    const text = enableEncryption(mountedAt('/etc', '/host/etc'), '/etc/kubernetes/pki/enc/encryption.yaml');
    expect(hostPathOf(text, '/etc/kubernetes/pki/enc/encryption.yaml')).toBe('/etc/kubernetes/pki/enc/encryption.yaml');
    expect(hostPathOf(text, '/etc/hosts')).toBe('/host/etc/hosts');
  });

  test('is nowhere on the node where no mount leads there', () => {
    expect(hostPathOf(kubeadm, CONFIG)).toBeUndefined();
    expect(hostPathOf(mountedAt('/etc/kubernetes/enc', '/srv', '      subPathExpr: $(NODE)\n'), CONFIG)).toBeUndefined();
  });

  test('is mounted by a volume that is there for it already', () => {
    const before = kubeadm.replace(
      '  volumes:\n',
      '  volumes:\n  - name: mine\n    hostPath:\n      path: /etc/kubernetes/enc/\n',
    );
    const enabled = enableEncryption(before, CONFIG);
    expect(podOf(enabled).spec.volumes).toEqual(podOf(before).spec.volumes);
    expect(mounted(enabled)).toMatchObject({path: '/etc/kubernetes/enc/', readOnly: true});
  });

  test.each([
    ['another argument needs it', '    image:', '    - --audit-policy-file=/etc/kubernetes/enc/audit.yaml\n    image:'],
    [
      'another container needs it',
      '  hostNetwork:',
      '  - name: kms\n    image: kms\n    volumeMounts:\n    - {name: enc, mountPath: /keys}\n  hostNetwork:',
    ],
  ])('stays where %s', (_case, place, inserted) => {
    const enabled = enableEncryption(kubeadm, CONFIG).replace(place, inserted);
    const disabled = disableEncryption(enabled);
    expect(wordsOf(disabled)).not.toEqual(expect.arrayContaining([expect.stringContaining('encryption-provider')]));
    expect(podOf(disabled).spec.volumes).toEqual(podOf(enabled).spec.volumes);
  });

  test.each([
    ['writable', (text: string) => text.replace(/(mountPath: \/etc\/kubernetes\/enc\n.*\n) *readOnly: true\n/, '$1')],
    ['under a name that kops does not give', (text: string) => text.replaceAll(/name: enc$/gm, 'name: my-keys')],
  ])('stays where somebody mounted it %s', (_case, change) => {
    const enabled = change(enableEncryption(kubeadm, CONFIG));
    expect(podOf(disableEncryption(enabled)).spec.volumes).toEqual(podOf(enabled).spec.volumes);
    expect(serverOf(disableEncryption(enabled)).volumeMounts).toEqual(serverOf(enabled).volumeMounts);
  });
});

describe('what is no manifest of an API server, or cannot be changed safely, is refused', () => {
  const noFolder = `${minimal}    volumeMounts: [{name: enc, mountPath: /etc/kubernetes/enc}]\n  volumes: [{name: enc, emptyDir: {}}]\n`;
  const file = noFolder
    .replace('enc}]', 'enc/encryption.yaml}]')
    .replace('emptyDir: {}', `hostPath: {path: ${CONFIG}, type: File}`);
  test.each([
    ['an empty file', ''],
    ['comments alone', '# gone\n'],
    ['a file that was cut off', kubeadm.slice(0, 1500)],
    ['a string', 'hello\n'],
    ['another kind', kubeadm.replace('kind: Pod', 'kind: Deployment')],
    ['another program', kubeadm.replaceAll('kube-apiserver', 'kube-scheduler')],
    ['no containers', 'apiVersion: v1\nkind: Pod\nspec: {}\n'],
    ['two documents', `${kubeadm}---\n${kubeadm}`],
    ['a field twice', kubeadm.replace('kind: Pod\n', 'kind: Pod\nkind: Pod\n')],
    ['tabs', kubeadm.replace('  name: kube', '\tname: kube')],
    ['merge keys', kubeadm.replace('  hostNetwork: true', '  <<: {hostNetwork: true}')],
    [
      'a shell around the program',
      minimal.replace('[kube-apiserver, --secure-port=6443]', '[/bin/sh, -c, exec kube-apiserver --secure-port=6443]'),
    ],
    ['JSON with a comma too many', JSON.stringify(podOf(kubeadm)).replace(/\}$/, ',}')],
    ['a volume that is no folder of the node', noFolder],
    ['a mount of the file alone', file],
  ])('%s', (_case, text) => {
    expect(() => enableEncryption(text, CONFIG)).toThrow(Problem);
  });

  test('with the reason, and without quoting the file', () => {
    const told = (text: string) => {
      try {
        enableEncryption(text, CONFIG);
      } catch (error) {
        if (error instanceof Problem) return [error.message, error.why, error.next].join('\n');
      }
      return undefined;
    };
    expect(
      ['', kubeadm.slice(0, 1505), kubeadm.replaceAll('kube-apiserver', 'x'), noFolder, file].map(told).join('\n\n'),
    ).toMatchInlineSnapshot(`
      "kube-apiserver.yaml cannot be read
      it is empty
      mend the file and try again

      kube-apiserver.yaml cannot be read
      its container has no image: the file seems to be cut off
      mend the file and try again

      kube-apiserver.yaml cannot be read
      none of its containers runs kube-apiserver
      mend the file and try again

      /etc/kubernetes/enc/encryption.yaml would not be a file of the node
      the API server's container has the volume enc at /etc/kubernetes/enc, and that is no folder of the node
      take that mount out of the manifest, or make the volume a hostPath, and try again

      /etc/kubernetes/enc/encryption.yaml is mounted by itself, without its folder
      the API server would go on reading the old file after a new one took its place
      mount /etc/kubernetes/enc instead, wait for the API server to come back, and try again"
    `);
  });
});

test('what a manifest says of its pod', () => {
  const {flags, mounts, ...pod} = readManifest(kubeadm, 'x');
  expect(pod).toEqual({podName: 'kube-apiserver', namespace: 'kube-system', image: 'registry.k8s.io/kube-apiserver:v1.37.2'});
  expect(flags.get('etcd-servers')).toBe('https://127.0.0.1:2379');
  expect(flags.get('runtime-config')).toBe('');
  expect(mounts).toContain('/etc/kubernetes/pki');
});
