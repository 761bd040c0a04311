import {expect, test} from 'vitest';
import {enableEncryption} from '../../src/encryption/manifest/manifest.ts';
import {planOf} from '../../src/encryption/plan.ts';
import type {Operation} from '../../src/encryption/transaction/record.ts';
import {CONFIG, kubeadm} from '../support/api-server-manifests.ts';
import {draftOf, kms, SOCKET} from '../support/drafts.ts';
import {secretboxWith} from '../support/servers.ts';

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
    draft: await draftOf(operation, manifest, configuration),
    counts: [],
    snapshot: undefined,
    editsKubeadm: false,
  });
  expect(plan.files.find(({path}) => path === '/m.yaml')?.change).toBe(change);
});

test('the sockets of a draft are those of the node, where the manifest has them from elsewhere', async () => {
  const elsewhere = kubeadm
    .replace('    volumeMounts:\n', '    volumeMounts:\n    - mountPath: /run/kms\n      name: plugin\n')
    .replace('  volumes:\n', '  volumes:\n  - name: plugin\n    hostPath: {path: /srv/kms}\n');
  expect((await draftOf('setup', kubeadm)).socketsOnNodes).toEqual(new Map([['cp-1', [SOCKET]]]));
  expect((await draftOf('setup', elsewhere)).socketsOnNodes).toEqual(new Map([['cp-1', ['/srv/kms/plugin.sock']]]));
});

test.each([
  ['that is to be strict says that plaintext is no longer readable', true, true],
  ['that is not, does not', false, false],
])('a plan %s', async (_case, strict, expected) => {
  const draft = await draftOf('setup', kubeadm, secretboxWith(['a', 'identity']), strict);
  const plan = planOf({context: 'x', draft, counts: [], snapshot: undefined, editsKubeadm: false});
  expect(plan.strict).toBe(expected);
});
