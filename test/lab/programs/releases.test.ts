import {expect, test} from 'vitest';
import {PROGRAMS} from '../../../src/lab/programs/names.ts';
import {publishedHash, type ReleaseFile, releaseFiles} from '../../../src/lab/programs/releases.ts';

const HASH = 'ab'.repeat(32);
const OTHER = 'cd'.repeat(32);

const file = (format: ReleaseFile['checksum']['format'], name = 'kwok-linux-amd64'): ReleaseFile => ({
  url: 'https://releases.example/x',
  name,
  checksum: {url: 'https://releases.example/x.sha256', format},
  programs: ['kwok'],
});

test('the releases have every program, once', () => {
  const programs = releaseFiles('linux-amd64', undefined).flatMap((release) => release.programs);
  expect([...programs].sort()).toEqual([...PROGRAMS].sort());
});

test('they are where their projects publish them', () => {
  expect(releaseFiles('linux-arm64', undefined).map(({url}) => url)).toEqual([
    'https://dl.k8s.io/v1.37.2/bin/linux/arm64/kube-apiserver',
    'https://dl.k8s.io/v1.37.2/bin/linux/arm64/kube-controller-manager',
    'https://dl.k8s.io/v1.37.2/bin/linux/arm64/kube-scheduler',
    'https://github.com/etcd-io/etcd/releases/download/v3.7.0/etcd-v3.7.0-linux-arm64.tar.gz',
    'https://github.com/kubernetes-sigs/kwok/releases/download/v0.8.0/kwok-linux-arm64',
  ]);
});

test('a mirror has all of it, checksums too', () => {
  for (const {url, checksum} of releaseFiles('linux-amd64', 'https://mirror.example/lab/')) {
    expect(url).toMatch(/^https:\/\/mirror\.example\/lab\/(kubernetes|etcd|kwok)\/v/);
    expect(checksum.url).toMatch(/^https:\/\/mirror\.example\/lab\/(kubernetes|etcd|kwok)\/v/);
  }
});

test.each([
  ['the hash alone', file('hash'), `${HASH}\n`, HASH],
  ['the hash and the name', file('hash'), `${HASH}  kwok-linux-amd64\n`, HASH],
  ['in capitals', file('hash'), HASH.toUpperCase(), HASH],
  ['an error page', file('hash'), '<html>not found</html>', undefined],
  ['a SHA-512', file('hash'), `${HASH}${OTHER}`, undefined],
  ['lines of sha256sum', file('sums'), `${OTHER}  kwok-linux-arm64\n${HASH}  kwok-linux-amd64\n`, HASH],
  ['lines of sha256sum --binary', file('sums'), `${HASH} *kwok-linux-amd64`, HASH],
  ['a name that only ends alike', file('sums'), `${HASH}  my-kwok-linux-amd64\n`, undefined],
  ['a line for another file', file('sums'), `${HASH}  kwok-linux-arm64\n`, undefined],
  [
    "GitHub's release",
    file('github-release'),
    JSON.stringify({assets: [{name: 'kwok-linux-amd64', digest: `sha256:${HASH}`}]}),
    HASH,
  ],
  [
    'an asset without a digest',
    file('github-release'),
    JSON.stringify({assets: [{name: 'kwok-linux-amd64', digest: null}]}),
    undefined,
  ],
  ['an error of the API', file('github-release'), JSON.stringify({message: 'rate limit exceeded'}), undefined],
  ['no JSON', file('github-release'), 'oops', undefined],
])('the published SHA-256: %s', (_case, release, published, expected) => {
  expect(publishedHash(release, published)).toBe(expected);
});
