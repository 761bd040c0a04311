import {posix} from 'node:path';
import {ExitCode, Problem} from '../../problem.ts';
import {findApiServer, isWithin, type Mount, mountOf, type Volume} from './read.ts';
import {YamlEdit} from './yaml-edit.ts';
import type {Path} from './yaml-text.ts';

/** What a kube-apiserver.yaml says, as far as encryption has to do with it. */
export interface ApiServerManifest {
  /** Names without their dashes; a flag alone is `true`. Of a flag that stands there twice the last counts. */
  readonly flags: ReadonlyMap<string, string>;
  readonly podName: string;
  readonly namespace: string;
  readonly image: string;
  /** Paths in the container that volumes are mounted at. */
  readonly mounts: readonly string[];
}

export const CONFIG_FLAG = 'encryption-provider-config';
export const RELOAD_FLAG = 'encryption-provider-config-automatic-reload';
/** What errors call a manifest that was read, and understood, before. */
const WHERE = 'kube-apiserver.yaml';

/** Reads the manifest of an API server. A Problem (exit code 2) where it is none. */
export function readManifest(text: string, where: string): ApiServerManifest {
  const {flags, pod, container, mounts} = findApiServer(new YamlEdit(text, where).value, where);
  return {
    flags: new Map(flags.map(({name, value}) => [name, value])),
    podName: pod.metadata?.name ?? 'kube-apiserver',
    namespace: pod.metadata?.namespace ?? 'default',
    image: container.image ?? '',
    mounts: mounts.map(({mountPath}) => mountPath),
  };
}

/**
 * The manifest with encryption switched on: the flag for `configFile`, automatic reload, and the file's folder mounted from the node,
 * read-only, unless a mount leads there already; the same for the folders of the sockets of KMS plugins. Changes nothing where all of it is
 * there. Rejects where what is mounted at the file's folder is no folder of the node, or the file by itself.
 * @param configFile path in the container, and on the node too where the folder is not mounted yet
 * @param sockets likewise
 */
export function enableEncryption(text: string, configFile: string, sockets: readonly string[] = []): string {
  const edit = new YamlEdit(text, WHERE);
  setFlag(edit, CONFIG_FLAG, configFile);
  setFlag(edit, RELOAD_FLAG, 'true');
  mountFolderOf(edit, configFile);
  for (const socket of sockets) mountSocket(edit, socket);
  return edit.toString();
}

/** The manifest without both flags. Mounts and volumes go along where they are as kops makes them and nothing else uses them. */
export const disableEncryption = (text: string): string => backTo(text, {flags: new Map(), mounts: []});

/** The manifest with both flags, and the mounts that kops makes, as another one has them; all else stays as it is. */
export const encryptionAsIn = (text: string, before: string): string => backTo(text, readManifest(before, WHERE));

function backTo(text: string, {flags, mounts: kept}: Pick<ApiServerManifest, 'flags' | 'mounts'>): string {
  const edit = new YamlEdit(text, WHERE);
  const configFile = readManifest(text, WHERE).flags.get(CONFIG_FLAG);
  for (const flag of [CONFIG_FLAG, RELOAD_FLAG]) {
    const value = flags.get(flag);
    if (value === undefined) removeFlag(edit, flag);
    else setFlag(edit, flag, value);
  }
  if (configFile === undefined) return edit.toString();
  const unmount = (folder: string, base: string) => {
    if (!kept.some((mountPath) => posix.resolve(mountPath) === folder)) unmountFolder(edit, folder, base);
  };
  unmount(posix.dirname(configFile), CONFIG_VOLUME);
  const {mounts} = serverIn(edit);
  for (const {name, mountPath} of mounts) if (isOurName(name, KMS_VOLUME)) unmount(posix.resolve(mountPath), KMS_VOLUME);
  return edit.toString();
}

/**
 * What a manifest has the API server do about encryption, in a form that can be compared: the flags, and which file of the node the
 * configuration is. Two with the same may differ in all else.
 */
export function encryptionIn(text: string): string {
  const {flags} = readManifest(text, WHERE);
  const file = flags.get(CONFIG_FLAG);
  return JSON.stringify([file, file && hostPathOf(text, file), file && flags.get(RELOAD_FLAG)]);
}

/** Where a path of the API server's container lies on the node: through its innermost mount; undefined where that leads nowhere. */
export function hostPathOf(text: string, containerPath: string): string | undefined {
  const {mounts, volumes} = findApiServer(new YamlEdit(text, WHERE).value, WHERE);
  const mount = mountOf(mounts, containerPath);
  const source = mount && volumes.find(({name}) => name === mount.name)?.hostPath?.path;
  if (mount === undefined || source === undefined || mount.subPathExpr !== undefined) return undefined;
  return posix.join(source, mount.subPath ?? '', posix.relative(mount.mountPath, containerPath));
}

const serverIn = (edit: YamlEdit) => findApiServer(edit.value, WHERE);

function setFlag(edit: YamlEdit, name: string, value: string): void {
  const {flags, argumentsPath} = serverIn(edit);
  const present = flags.filter((flag) => flag.name === name);
  if (present.length === 0) edit.append(argumentsPath, `--${name}=${value}`);
  for (const flag of present.filter((candidate) => candidate.value !== value)) {
    if (flag.valuePath) edit.set(flag.valuePath, value);
    else edit.set(flag.path, `--${name}=${value}`);
  }
}

function removeFlag(edit: YamlEdit, name: string): void {
  for (;;) {
    const flag = serverIn(edit).flags.find((candidate) => candidate.name === name);
    if (flag === undefined) return;
    if (flag.valuePath) removeItem(edit, flag.valuePath);
    removeItem(edit, flag.path);
  }
}

/** With the last item the list goes too. */
function removeItem(edit: YamlEdit, path: Path): void {
  const list = path.slice(0, -1).reduce<unknown>((value, step) => (value as Record<string | number, unknown>)[step], edit.value);
  edit.remove(Array.isArray(list) && list.length === 1 ? path.slice(0, -1) : path);
}

function mountFolderOf(edit: YamlEdit, configFile: string): void {
  const {mounts, volumes} = serverIn(edit);
  const covering = mountOf(mounts, configFile);
  if (covering) {
    const volume = volumes.find(({name}) => name === covering.name);
    if (!volume?.hostPath?.path || covering.subPathExpr !== undefined) throw notOfTheNode(configFile, covering);
    if (isWithin(covering.mountPath, configFile)) throw mountedAlone(configFile);
    return;
  }
  mountFolder(edit, posix.dirname(configFile), CONFIG_VOLUME);
}

/** A mount of whatever kind counts: the plugin may run in the same pod and share an emptyDir. */
function mountSocket(edit: YamlEdit, socket: string): void {
  if (mountOf(serverIn(edit).mounts, socket) === undefined) mountFolder(edit, folderOfSocket(socket), KMS_VOLUME);
}

/** Rejects where that is the root of the file system, which no container can have from the node. */
export function folderOfSocket(socket: string): string {
  const folder = posix.dirname(socket);
  if (folder !== '/') return folder;
  throw new Problem(`the API server's container cannot have ${socket} from the node`, {
    why: 'the folder of a KMS plugin’s socket is mounted there, and this one is the root of the file system',
    next: 'let the plugin listen in a folder of its own, for example /run/kms/plugin.sock',
    exitCode: ExitCode.usage,
  });
}

function mountFolder(edit: YamlEdit, folder: string, base: string): void {
  const {volumes, containerPath} = serverIn(edit);
  const taken = volumes.map((volume) => volume.name);
  const name = volumes.find((volume) => isFolder(volume, folder))?.name ?? freeName(taken, base);
  if (!volumes.some((volume) => volume.name === name)) {
    edit.append(['spec', 'volumes'], {hostPath: {path: folder, type: 'DirectoryOrCreate'}, name});
  }
  edit.append([...containerPath, 'volumeMounts'], {mountPath: folder, name, readOnly: true});
}

const notOfTheNode = (configFile: string, {name, mountPath}: Mount): Problem =>
  new Problem(`${configFile} would not be a file of the node`, {
    why: `the API server's container has the volume ${name} at ${mountPath}, and that is no folder of the node`,
    next: 'take that mount out of the manifest, or make the volume a hostPath, and try again',
    exitCode: ExitCode.negative,
  });

/** A mount of one file shows the file that was there when the container was made, whatever takes its place later. */
const mountedAlone = (configFile: string): Problem =>
  new Problem(`${configFile} is mounted by itself, without its folder`, {
    why: 'the API server would go on reading the old file after a new one took its place',
    next: `mount ${posix.dirname(configFile)} instead, wait for the API server to come back, and try again`,
    exitCode: ExitCode.negative,
  });

const isFolder = ({hostPath}: Volume, folder: string): boolean =>
  hostPath !== undefined &&
  posix.resolve(hostPath.path) === folder &&
  ['', 'Directory', 'DirectoryOrCreate'].includes(hostPath.type ?? '');

/** As the documentation calls it. */
export const CONFIG_VOLUME = 'enc';
export const KMS_VOLUME = 'kms';

/** The name of a volume that is not taken. */
export function freeName(taken: readonly (string | undefined)[], base: string): string {
  let name = base;
  for (let number = 2; taken.includes(name); number += 1) name = `${base}-${number}`;
  return name;
}
export const isOurName = (name: string | undefined, base: string): boolean => name?.replace(/-\d+$/, '') === base;

function unmountFolder(edit: YamlEdit, folder: string, base: string): void {
  const {mounts, volumes, flags, containerPath, pod} = serverIn(edit);
  const mount = mounts.find((candidate) => posix.resolve(candidate.mountPath) === folder);
  const volume = volumes.find(({name}) => name === mount?.name);
  if (mount === undefined || volume === undefined) return;
  const isOurs = isOurName(volume.name, base) && mount.readOnly === true && isFolder(volume, folder);
  const needed = flags.some(({value}) => value.split(',').some((part) => part.startsWith('/') && isWithin(part, folder)));
  if (!isOurs || needed) return;
  const {containers = [], initContainers = []} = pod.spec ?? {};
  const uses = [...containers, ...initContainers].flatMap(({volumeMounts}) => volumeMounts ?? []);
  removeItem(edit, [...containerPath, 'volumeMounts', mounts.indexOf(mount)]);
  if (uses.filter(({name}) => name === volume.name).length === 1) removeItem(edit, ['spec', 'volumes', volumes.indexOf(volume)]);
}
