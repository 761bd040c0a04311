import {ETCD_VERSION, KUBERNETES_VERSION, KWOK_VERSION, type Program} from './names.ts';

/** A file of an official release and where its SHA-256 is published beside it. */
export interface ReleaseFile {
  readonly url: string;
  readonly name: string;
  readonly checksum: {
    readonly url: string;
    /** The hash alone; lines of `sha256sum`; the asset's `digest` in what GitHub's API says of the release. */
    readonly format: 'hash' | 'sums' | 'github-release';
  };
  /** What it is or, in an archive, holds. */
  readonly programs: readonly Program[];
  /** The folder inside a .tar.gz. */
  readonly archive?: string;
}

/**
 * Everything that a lab runs, as its projects release it. `mirror` is a base URL with the same files: `kubernetes/VERSION/…`,
 * `etcd/VERSION/…`, `kwok/VERSION/…` and `kwok/VERSION/release.json`.
 */
export function releaseFiles(platform: string, mirror: string | undefined): ReleaseFile[] {
  const [os, architecture] = platform.split('-');
  const base = mirror?.replace(/\/+$/, '');
  const kubernetes = base ? `${base}/kubernetes` : 'https://dl.k8s.io';
  const etcd = `${base ? `${base}/etcd` : 'https://github.com/etcd-io/etcd/releases/download'}/${ETCD_VERSION}`;
  const kwok = `${base ? `${base}/kwok` : 'https://github.com/kubernetes-sigs/kwok/releases/download'}/${KWOK_VERSION}`;
  const etcdFolder = `etcd-${ETCD_VERSION}-${platform}`;
  return [
    ...(['kube-apiserver', 'kube-controller-manager', 'kube-scheduler'] as const).map((program): ReleaseFile => {
      const url = `${kubernetes}/${KUBERNETES_VERSION}/bin/${os}/${architecture}/${program}`;
      return {url, name: program, checksum: {url: `${url}.sha256`, format: 'hash'}, programs: [program]};
    }),
    {
      url: `${etcd}/${etcdFolder}.tar.gz`,
      name: `${etcdFolder}.tar.gz`,
      checksum: {url: `${etcd}/SHA256SUMS`, format: 'sums'},
      programs: ['etcd', 'etcdctl'],
      archive: etcdFolder,
    },
    {
      url: `${kwok}/kwok-${platform}`,
      name: `kwok-${platform}`,
      // KWOK's release has no file of checksums; GitHub publishes the digest of every asset.
      checksum: {
        url: base ? `${kwok}/release.json` : `https://api.github.com/repos/kubernetes-sigs/kwok/releases/tags/${KWOK_VERSION}`,
        format: 'github-release',
      },
      programs: ['kwok'],
    },
  ];
}

/** The SHA-256 of that file in what was published, in hex; undefined where it is not in there. */
export function publishedHash({name, checksum}: ReleaseFile, published: string): string | undefined {
  return matchHash(checksum.format, name, published)?.toLowerCase();
}

function matchHash(format: ReleaseFile['checksum']['format'], name: string, published: string): string | undefined {
  switch (format) {
    case 'hash':
      return /^[0-9a-f]{64}\b/i.exec(published.trim())?.[0];
    case 'sums':
      return published
        .split('\n')
        .map((line) => /^([0-9a-f]{64})\s+\*?(.+?)\s*$/i.exec(line))
        .find((match) => match?.[2] === name)?.[1];
    case 'github-release':
      return /^sha256:([0-9a-f]{64})$/i.exec(digestOf(name, published) ?? '')?.[1];
  }
}

function digestOf(name: string, published: string): string | undefined {
  try {
    const {assets} = JSON.parse(published) as {assets?: {name?: string; digest?: string}[]};
    return assets?.find((asset) => asset.name === name)?.digest;
  } catch {
    return undefined;
  }
}
