import {basename} from 'node:path';
import type {Cluster} from '../kube/cluster.ts';
import {Problem} from '../problem.ts';

/**
 * What tells the files of one cluster from those of another, whatever their contexts are called: the start of the UID of its namespace
 * kube-system. Undefined where the API server does not tell.
 */
export async function clusterMark(cluster: Cluster, signal: AbortSignal): Promise<string | undefined> {
  try {
    return (await cluster.find('namespaces', {name: 'kube-system'}, signal))?.metadata?.uid?.slice(0, 8);
  } catch (error) {
    if (error instanceof Problem) return undefined;
    throw error;
  }
}

/** `kops-snapshot-20261123-143012-1a2b3c4d.db`, in UTC, with the mark of the cluster. */
export function snapshotName(now: Date, mark: string | undefined): string {
  const time = now.toISOString().slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-');
  return `kops-snapshot-${[time, ...(mark === undefined ? [] : [mark])].join('-')}.db`;
}

/** What finds them in a folder, and the beginnings of those whose writing was killed: these hold every Secret, too. */
export const SNAPSHOTS = ['kops-snapshot-*.db', 'kops-snapshot-*.db.part'];

/** Those of a cluster among files that kops named, and the others. */
export function snapshotsOf(mark: string | undefined, paths: readonly string[]): {own: string[]; others: string[]} {
  const isOwn = (path: string) => mark !== undefined && basename(path, '.part').endsWith(`-${mark}.db`);
  return {own: paths.filter(isOwn).sort(), others: paths.filter((path) => !isOwn(path)).sort()};
}
