import {mkdirSync, type Stats, statSync, writeFileSync} from 'node:fs';
import {dirname, join, posix} from 'node:path';
import type {V1Container, V1HostPathVolumeSource} from '@kubernetes/client-node';
import type {Json} from '../../../kube/json.ts';
import type {StaticPod} from './manifest.ts';
import type {Mount} from './paths.ts';

/**
 * Makes what a container of the pod mounts, and tells where it is. `root`: the folder that stands for the node's `/`; `empty`: the folder of
 * the pod's emptyDirs. Throws an Error in the kubelet's words where a hostPath is not what its type says (pkg/volume/hostpath).
 */
export function mountVolumes(pod: StaticPod, container: Json<V1Container>, root: string, empty: string): Mount[] {
  return (container.volumeMounts ?? []).map(({name, mountPath, subPath = ''}) => {
    const volume = pod.volumes.find((candidate) => candidate.name === name);
    const source = volume?.hostPath ? prepare(volume.hostPath, name, root) : emptyDir(join(empty, name));
    return {mountPath: posix.resolve('/', mountPath), source: join(source, subPath)};
  });
}

function emptyDir(path: string): string {
  mkdirSync(path, {recursive: true, mode: 0o700});
  return path;
}

/** How a hostPath type is called, and how it is recognised. */
const KINDS: Record<string, readonly [name: string, is: (stats: Stats) => boolean]> = {
  Directory: ['directory', (stats) => stats.isDirectory()],
  File: ['file', (stats) => stats.isFile()],
  Socket: ['socket file', (stats) => stats.isSocket()],
  CharDevice: ['character device', (stats) => stats.isCharacterDevice()],
  BlockDevice: ['block device', (stats) => stats.isBlockDevice()],
};

function prepare({path, type = ''}: Json<V1HostPathVolumeSource>, volume: string, root: string): string {
  const source = join(root, path);
  const stats = statSync(source, {throwIfNoEntry: false});
  // Without a type nothing is checked, and the container runtime makes a directory of what is not there.
  if (!stats && (type === '' || type === 'DirectoryOrCreate')) mkdirSync(source, {recursive: true, mode: 0o700});
  else if (!stats && type === 'FileOrCreate') makeFile(source, path, volume);
  else if (type !== '') check(path, type.replace('OrCreate', ''), stats, volume);
  return source;
}

function makeFile(source: string, path: string, volume: string): void {
  if (!statSync(dirname(source), {throwIfNoEntry: false})) fail(volume, `open ${path}: no such file or directory`);
  writeFileSync(source, '', {mode: 0o600});
}

function check(path: string, type: string, stats: Stats | undefined, volume: string): void {
  const [name, is] = KINDS[type] ?? [type, () => false];
  if (!stats)
    fail(volume, `hostPath type check failed, ${path} is not a ${name}, unable to determine its type: there is nothing`);
  if (!is(stats)) fail(volume, `hostPath type check failed: ${path} is not a ${name}, it's a ${kindOf(stats)}`);
}

const kindOf = (stats: Stats): string => Object.keys(KINDS).find((type) => KINDS[type]?.[1](stats)) ?? 'file of another sort';

function fail(volume: string, problem: string): never {
  throw new Error(`MountVolume.SetUp failed for volume "${volume}" : ${problem}`);
}
