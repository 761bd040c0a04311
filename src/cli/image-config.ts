import {type ImageConfig, type ImageLookup, parseImageConfig, readImageConfig} from '../config/command/image-config.ts';
import type {Cluster} from '../kube/cluster.ts';
import {Problem} from '../problem.ts';
import {readManifest} from './manifest.ts';
import {type NodeFlags, nodeFlags, reachNamed} from './nodes.ts';

/** How the node is reached whose runtime is asked. */
const {'control-planes': _, ...ways} = nodeFlags;
export const wayFlags = ways;

/** The configuration of an image in a file that the user names. */
export async function imageConfigOf(path: string, signal: AbortSignal): Promise<ImageConfig> {
  const {text, file} = await readManifest(path, signal);
  return readImageConfig(text, file);
}

/** Milliseconds that a node may take: the answer is worth no more. */
const PATIENCE = 15_000;

/** Each runtime's own client, for each name of the image; the first that knows it. A node's kubelet may have its sockets elsewhere. */
const INSPECT = `PATH=$PATH:/usr/local/bin:/usr/bin:/opt/bin:/var/lib/rancher/rke2/bin
for image in "$@"; do
  for way in 'crictl inspecti' 'k3s crictl inspecti' 'docker image inspect' 'podman image inspect'; do
    command -v "\${way%% *}" >/dev/null 2>&1 || continue
    if found=$($way "$image" 2>/dev/null) && [ -n "$found" ]; then printf '%s\\n%s\\n' "$way" "$found"; exit 0; fi
  done
done
exit 1`;

/** What the runtime of a node says of an image, by the first of its names that it knows; or why that is not to be had. */
export async function askNode(
  cluster: Cluster,
  flags: NodeFlags,
  name: string,
  images: readonly string[],
  signal: AbortSignal,
): Promise<ImageLookup> {
  const within = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE)]);
  try {
    const {node} = await reachNamed(cluster, name, flags, within);
    try {
      if (node.root !== '') return {why: `${name} is a simulated node, which runs no images`};
      const {code, stdout} = await node.run(INSPECT, images, {}, within);
      const [way = '', ...lines] = stdout.toString('utf8').split('\n');
      const config = code === 0 ? parseImageConfig(lines.join('\n'), `node ${name} (${way.replace(/ .*/, '')})`) : undefined;
      return config ?? {why: `the runtime of ${name} does not tell`};
    } finally {
      await node.close().catch(() => {});
    }
  } catch (error) {
    signal.throwIfAborted();
    if (within.aborted) return {why: `${name} did not answer in time; --image-config FILE tells it`};
    if (error instanceof Problem) return {why: `no way to the node ${name}; --image-config FILE tells it`};
    throw error;
  }
}
