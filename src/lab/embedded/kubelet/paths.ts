import {posix} from 'node:path';

export interface Mount {
  /** Where it is in the container. */
  readonly mountPath: string;
  /** What is there: a path of this machine. */
  readonly source: string;
}

/** Flags whose values begin with a slash and are no files. */
const NO_FILES = new Set([
  '--authorization-always-allow-paths',
  '--cors-allowed-origins',
  '--etcd-prefix',
  '--etcd-servers-overrides',
]);

/**
 * Command-line words of a container for a process that has the whole of this machine's file system: paths below a mount lead to what is
 * mounted there, all others below `rootfs`, a folder of the container's own with nothing in it.
 */
export function locateWords(words: readonly string[], mounts: readonly Mount[], rootfs: string): string[] {
  return words.map((word, i) => {
    const [, flag, value = word] = /^(--?[^=]+)=(.*)$/s.exec(word) ?? [];
    if (NO_FILES.has(flag ?? words[i - 1] ?? '')) return word;
    return word.slice(0, word.length - value.length) + locateValue(value, mounts, rootfs);
  });
}

/** Each path of a comma-separated list, with or without `unix://` before it. */
export const locateValue = (value: string, mounts: readonly Mount[], rootfs: string): string =>
  value
    .split(',')
    .map((part) => {
      const [, scheme = '', path] = /^(unix:\/\/)?(\/.*)$/s.exec(part) ?? [];
      return path === undefined ? part : scheme + locate(path, mounts, rootfs);
    })
    .join(',');

function locate(path: string, mounts: readonly Mount[], rootfs: string): string {
  const plain = posix.normalize(path);
  const inside = ({mountPath}: Mount) => plain === mountPath || plain.startsWith(mountPath === '/' ? '/' : `${mountPath}/`);
  const [innermost] = mounts.filter(inside).sort((a, b) => b.mountPath.length - a.mountPath.length);
  return innermost ? posix.join(innermost.source, plain.slice(innermost.mountPath.length)) : posix.join(rootfs, plain);
}
