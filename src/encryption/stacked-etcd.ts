import {listFiles, readFile} from '../nodes/files.ts';
import type {Node} from '../nodes/node.ts';
import {enumerate} from '../text/enumerate.ts';
import type {ControlPlaneNode} from './control-plane.ts';
import {ETCD_MANIFEST, readEtcdManifest, type StackedMember} from './manifest/etcd-manifest.ts';

export interface MemberOnNode {
  readonly node: Node;
  readonly member: StackedMember;
}

/** The members that run on these nodes; none where etcd is elsewhere. */
export async function stackedMembers(servers: readonly ControlPlaneNode[], signal: AbortSignal): Promise<MemberOnNode[]> {
  const found = await Promise.all(
    servers.map(async ({name, node}) => {
      const file = await readFile(node, ETCD_MANIFEST, signal);
      const member = file && readEtcdManifest(file.content.toString('utf8'), name);
      return member ? [{node, member}] : [];
    }),
  );
  return found.flat();
}

/**
 * What etcdctl writes a snapshot to in the folder of etcd's data, until kops has fetched it. One name, and none else like it, so that the next
 * change finds what one that was killed left there: it holds every Secret as it was stored.
 */
export const COPY = 'kops-snapshot.db';

/** Paths of such copies on a node. */
export async function copiesOn({node, member: {dataDir}}: MemberOnNode, signal: AbortSignal): Promise<string[]> {
  const names = await listFiles(node, dataDir, signal);
  return names.filter((name) => name === COPY || name === `${COPY}.part`).map((name) => `${dataDir}/${name}`);
}

/** Removes them from all of these nodes, and tells where there were any; undefined where there were none. */
export async function removeCopies(servers: readonly ControlPlaneNode[], signal: AbortSignal): Promise<string | undefined> {
  const cleared: string[] = [];
  const failed: string[] = [];
  for (const found of await stackedMembers(servers, signal)) {
    const paths = await copiesOn(found, signal);
    if (paths.length === 0) continue;
    const {node} = found;
    const {code, stderr} = await node.run(
      'rm -f -- "$@"',
      paths.map((path) => `${node.root}${path}`),
      {},
      signal,
    );
    if (code === 0) cleared.push(node.name);
    else failed.push(`${enumerate(paths)} on ${node.name} (${stderr.trim()})`);
  }
  const told = [
    ...(cleared.length > 0 ? [`removed a copy of etcd that a killed run left on ${enumerate(cleared)}`] : []),
    ...(failed.length > 0 ? [`could not remove a copy of etcd that a killed run left: ${enumerate(failed)}`] : []),
  ];
  return told.length > 0 ? told.join('; ') : undefined;
}
