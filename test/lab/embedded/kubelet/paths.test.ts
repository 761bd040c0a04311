import {expect, test} from 'vitest';
import {locateWords} from '../../../../src/lab/embedded/kubelet/paths.ts';

const pki = {mountPath: '/etc/pki', source: '/n/etc/pki'};

test.each([
  ['a file below a mount', ['--a=/etc/pki/ca.crt'], [pki], ['--a=/n/etc/pki/ca.crt']],
  ['the mount itself', ['--a=/etc/pki'], [pki], ['--a=/n/etc/pki']],
  [
    'a mount of another folder',
    ['--a=/keys/x'],
    [{mountPath: '/keys', source: '/n/etc/kubernetes/enc'}],
    ['--a=/n/etc/kubernetes/enc/x'],
  ],
  ['a folder whose name only begins alike', ['--a=/etc/pkix/ca.crt'], [pki], ['--a=/rootfs/etc/pkix/ca.crt']],
  ['a path that nothing is mounted on', ['--a=/etc/enc/x'], [pki], ['--a=/rootfs/etc/enc/x']],
  ['a way out of a mount', ['--a=/etc/pki/../passwd'], [pki], ['--a=/rootfs/etc/passwd']],
  [
    'the innermost of two mounts',
    ['--a=/etc/pki/etcd/ca'],
    [pki, {mountPath: '/etc/pki/etcd', source: '/n/two'}],
    ['--a=/n/two/ca'],
  ],
  ['a mount on the root', ['--a=/x'], [{mountPath: '/', source: '/n'}], ['--a=/n/x']],
  ['a path as a word of its own', ['--a', '/etc/pki/x'], [pki], ['--a', '/n/etc/pki/x']],
  ['a list of paths', ['--a=/etc/pki/x,/y'], [pki], ['--a=/n/etc/pki/x,/rootfs/y']],
  ['a socket', ['--a=unix:///run/s'], [pki], ['--a=unix:///rootfs/run/s']],
  ['a URL', ['--a=https://127.0.0.1/etc/pki'], [pki], ['--a=https://127.0.0.1/etc/pki']],
  ['no path', ['--a=b', '-'], [pki], ['--a=b', '-']],
  ["etcd's keys, which are no files", ['--etcd-prefix=/registry'], [pki], ['--etcd-prefix=/registry']],
  ['the same in two words', ['--etcd-prefix', '/registry'], [pki], ['--etcd-prefix', '/registry']],
])('%s', (_case, words, mounts, expected) => {
  expect(locateWords(words, mounts, '/rootfs')).toEqual(expected);
});
