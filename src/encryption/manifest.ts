import {posix} from 'node:path';
import {ExitCode, Problem} from '../problem.ts';
import {findApiServer, type Mount, type Volume} from './manifest-read.ts';
import {YamlEdit} from './yaml-edit.ts';

/** What a kube-apiserver.yaml says, as far as encryption has to do with it. */
export interface ApiServerManifest {
  /** Names without their dashes, underscores as dashes; a flag alone is `true`. */
  readonly flags: ReadonlyMap<string, string>;
  readonly podName: string;
  readonly namespace: string;
  readonly image: string;
}

export const CONFIG_FLAG = 'encryption-provider-config';
export const RELOAD_FLAG = 'encryption-provider-config-automatic-reload';

/** Reads the manifest of an API server. A Problem (exit code 2) where it is none. */
export function readManifest(text: string, where: string): ApiServerManifest {
  const {flags, pod, container} = findApiServer(new YamlEdit(text, where).value, where);
  return {
    flags: new Map(flags.map(({name, value}) => [name, value])),
    podName: pod.metadata?.name ?? 'kube-apiserver',
    namespace: pod.metadata?.namespace ?? 'default',
    image: container.image ?? '',
  };
}

/**
 * The manifest with encryption switched on: the flag for `configFile`, automatic reload, and the file's folder mounted from the node,
 * read-only, unless a mount leads there already. Changes nothing where all of it is there.
 * @param configFile path in the container, which is also that on the node where kops mounts the folder
 */
export function enableEncryption(text: string, configFile: string): string {
  const edit = new YamlEdit(text, 'kube-apiserver.yaml');
  setFlag(edit, CONFIG_FLAG, configFile);
  setFlag(edit, RELOAD_FLAG, 'true');
  mountFolder(edit, posix.dirname(configFile));
  return edit.toString();
}

/** The manifest without both flags; the mount and the volume go along where they are as kops makes them and nothing else uses them. */
export function disableEncryption(text: string): string {
  const edit = new YamlEdit(text, 'kube-apiserver.yaml');
  const configFile = flagsOf(edit).find(({name}) => name === CONFIG_FLAG)?.value;
  for (const flag of [CONFIG_FLAG, RELOAD_FLAG]) removeFlag(edit, flag);
  if (configFile !== undefined) unmountFolder(edit, posix.dirname(configFile));
  return edit.toString();
}

/** Where a path of the API server's container lies on the node: through the innermost mount; undefined where none leads there. */
export function hostPathOf(text: string, containerPath: string): string | undefined {
  const server = findApiServer(new YamlEdit(text, 'kube-apiserver.yaml').value, 'kube-apiserver.yaml');
  const mount = innermost(server.mounts, containerPath);
  const source = mount && server.volumes.find(({name}) => name === mount.name)?.hostPath?.path;
  if (mount === undefined || source === undefined || mount.subPathExpr) return undefined;
  return posix.join(source, mount.subPath ?? '', posix.relative(mount.mountPath, containerPath));
}

const serverOf = (edit: YamlEdit) => findApiServer(edit.value, 'kube-apiserver.yaml');
const flagsOf = (edit: YamlEdit) => serverOf(edit).flags;

function setFlag(edit: YamlEdit, name: string, value: string): void {
  const {flags, argumentsPath} = serverOf(edit);
  const mine = flags.filter((flag) => flag.name === name);
  if (mine.length === 0) edit.append(argumentsPath, `--${name}=${value}`);
  for (const flag of mine) {
    if (flag.value === value) continue;
    if (flag.valuePath) edit.set(flag.valuePath, value);
    else edit.set(flag.path, `--${name}=${value}`);
  }
}

function removeFlag(edit: YamlEdit, name: string): void {
  for (;;) {
    const flag = flagsOf(edit).find((candidate) => candidate.name === name);
    if (flag === undefined) return;
    if (flag.valuePath) edit.remove(flag.valuePath);
    edit.remove(flag.path);
  }
}

/** The innermost mount that a path lies in. */
function innermost(mounts: readonly Mount[], path: string): Mount | undefined {
  return mounts
    .filter(({mountPath}) => isWithin(path, mountPath))
    .reduce<Mount | undefined>(
      (best, mount) => (best && best.mountPath.length >= mount.mountPath.length ? best : mount),
      undefined,
    );
}

function isWithin(path: string, folder: string): boolean {
  const relative = posix.relative(folder, path);
  return relative === '' || !(relative === '..' || relative.startsWith('../'));
}

function mountFolder(edit: YamlEdit, folder: string): void {
  const {mounts, volumes, containerPath} = serverOf(edit);
  const covering = innermost(mounts, folder);
  if (covering) {
    const volume = volumes.find(({name}) => name === covering.name);
    if (volume?.hostPath?.path) return;
    throw new Problem(`${folder} is not on the node`, {
      why: `the API server's container has the volume ${covering.name} there, which is no folder of the node`,
      next: 'mount a hostPath there, or take that mount out, and try again',
      exitCode: ExitCode.negative,
    });
  }
  const ours = volumes.find((volume) => isPlainFolder(volume, folder));
  const name = ours?.name ?? freeName(volumes);
  if (!ours) edit.append(['spec', 'volumes'], {hostPath: {path: folder, type: 'DirectoryOrCreate'}, name});
  edit.append([...containerPath, 'volumeMounts'], {mountPath: folder, name, readOnly: true});
}

const isPlainFolder = ({hostPath}: Volume, folder: string): boolean =>
  hostPath?.path === folder && ['Directory', 'DirectoryOrCreate', '', undefined].includes(hostPath.type);

const VOLUME = 'enc';

function freeName(volumes: readonly Volume[]): string {
  const taken = new Set(volumes.map(({name}) => name));
  let name = VOLUME;
  for (let number = 2; taken.has(name); number += 1) name = `${VOLUME}-${number}`;
  return name;
}

function unmountFolder(edit: YamlEdit, folder: string): void {
  const {mounts, volumes, flags, containerPath, pod} = serverOf(edit);
  const index = mounts.findIndex(({mountPath}) => mountPath === folder);
  const mount = mounts[index];
  const volume = volumes.find(({name}) => name === mount?.name);
  if (mount === undefined || volume === undefined || !isOurs(mount, volume)) return;
  if (flags.some(({value}) => value.split(',').some((part) => isWithin(part, folder)))) return;
  const containers = [...(pod.spec?.containers ?? []), ...(pod.spec?.initContainers ?? [])];
  const uses = containers.flatMap((container) => container.volumeMounts ?? []).filter(({name}) => name === volume.name);
  removeItem(edit, [...containerPath, 'volumeMounts'], index, mounts.length);
  if (uses.length === 1) removeItem(edit, ['spec', 'volumes'], volumes.indexOf(volume), volumes.length);
}

/** As `mountFolder` makes them, and as they are commonly written by hand. */
const isOurs = ({mountPath, readOnly}: Mount, volume: Volume): boolean =>
  /^enc(-\d+)?$/.test(volume.name) && volume.hostPath?.path === mountPath && readOnly === true;

function removeItem(edit: YamlEdit, list: readonly (string | number)[], index: number, length: number): void {
  edit.remove(length === 1 ? list : [...list, index]);
}
