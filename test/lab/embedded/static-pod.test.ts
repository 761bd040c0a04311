import {expect, test} from 'vitest';
import {commandOf} from '../../../src/lab/embedded/static-pod.ts';

const manifest = (flags: readonly string[], mounts: readonly [mountPath: string, hostPath: string][]): string =>
  JSON.stringify({
    spec: {
      containers: [
        {command: ['kube-apiserver', ...flags], volumeMounts: mounts.map(([mountPath], i) => ({mountPath, name: `v${i}`}))},
      ],
      volumes: mounts.map(([, path], i) => ({name: `v${i}`, hostPath: {path}})),
    },
  });

test.each([
  ['a file below a mount', '--a=/etc/pki/ca.crt', [['/etc/pki', '/etc/pki']], '--a=/n/etc/pki/ca.crt'],
  ['the mount itself', '--a=/etc/pki', [['/etc/pki', '/etc/pki']], '--a=/n/etc/pki'],
  ['a mount of another folder', '--a=/keys/x', [['/keys', '/etc/kubernetes/enc']], '--a=/n/etc/kubernetes/enc/x'],
  ['a folder whose name only begins alike', '--a=/etc/pkix/ca.crt', [['/etc/pki', '/etc/pki']], '--a=/etc/pkix/ca.crt'],
  ['a path that nothing is mounted on, as in a container', '--a=/etc/enc/x', [['/etc/pki', '/etc/pki']], '--a=/etc/enc/x'],
  [
    'the innermost of two mounts',
    '--a=/etc/pki/etcd/ca',
    [
      ['/etc/pki', '/one'],
      ['/etc/pki/etcd', '/two'],
    ],
    '--a=/n/two/ca',
  ],
  ['a path as a word of its own', '/etc/pki/x', [['/etc/pki', '/etc/pki']], '/n/etc/pki/x'],
  ['a URL', '--a=https://127.0.0.1/etc/pki', [['/etc/pki', '/etc/pki']], '--a=https://127.0.0.1/etc/pki'],
  ['no path', '--a=b', [['/etc/pki', '/etc/pki']], '--a=b'],
] as const)('%s', (_case, flag, mounts, expected) => {
  const command = commandOf(manifest([flag], mounts as unknown as [string, string][]), '/n');
  expect(command).toEqual({program: 'kube-apiserver', args: [expected]});
});
