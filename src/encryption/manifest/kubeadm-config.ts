import {posix} from 'node:path';
import {CONFIG_FLAG, CONFIG_VOLUME, folderOfSocket, freeName, isOurName, KMS_VOLUME, RELOAD_FLAG} from './manifest.ts';
import {isWithin} from './read.ts';
import {YamlEdit} from './yaml-edit.ts';

interface ExtraVolume {
  readonly name?: string;
  readonly hostPath?: string;
  readonly mountPath?: string;
}
interface Argument {
  readonly name: string;
  readonly value: string;
}
interface ClusterConfiguration {
  readonly apiVersion?: string;
  readonly apiServer?: {
    readonly extraArgs?: Readonly<Record<string, string>> | readonly Argument[] | null;
    readonly extraVolumes?: readonly ExtraVolume[] | null;
  } | null;
}

const WHERE = 'ClusterConfiguration in ConfigMap kube-system/kubeadm-config';
const ARGS = ['apiServer', 'extraArgs'];
const VOLUMES = ['apiServer', 'extraVolumes'];

/**
 * kubeadm's ClusterConfiguration with encryption switched on, so that the manifests of the next `kubeadm upgrade`, and of control planes that
 * join, have it. Arguments are a map up to v1beta3 and a list since v1beta4. Changes nothing where all of it is there.
 * @param sockets of KMS plugins
 */
export function withEncryption(clusterConfiguration: string, configFile: string, sockets: readonly string[] = []): string {
  const edit = new YamlEdit(clusterConfiguration, WHERE);
  setArgument(edit, CONFIG_FLAG, configFile);
  setArgument(edit, RELOAD_FLAG, 'true');
  mount(edit, posix.dirname(configFile), CONFIG_VOLUME);
  for (const socket of sockets) mount(edit, folderOfSocket(socket), KMS_VOLUME);
  return edit.toString();
}

function mount(edit: YamlEdit, folder: string, base: string): void {
  const volumes = volumesIn(edit);
  if (volumes.some(({mountPath}) => mountPath !== undefined && isWithin(folder, mountPath))) return;
  const taken = volumes.map(({name}) => name);
  const pathType = 'DirectoryOrCreate';
  edit.append(VOLUMES, {hostPath: folder, mountPath: folder, name: freeName(taken, base), pathType, readOnly: true});
}

/** The same without: what `withEncryption` added goes, a folder that other arguments need stays. */
export function withoutEncryption(clusterConfiguration: string): string {
  const edit = new YamlEdit(clusterConfiguration, WHERE);
  const configFile = argumentsIn(edit).find(({name}) => name === CONFIG_FLAG)?.value;
  for (const name of [CONFIG_FLAG, RELOAD_FLAG]) removeArgument(edit, name);
  if (configFile === undefined) return edit.toString();
  unmount(edit, posix.dirname(configFile), CONFIG_VOLUME);
  for (const {name, mountPath} of volumesIn(edit))
    if (mountPath && isOurName(name, KMS_VOLUME)) unmount(edit, mountPath, KMS_VOLUME);
  return edit.toString();
}

function unmount(edit: YamlEdit, folder: string, base: string): void {
  const volumes = volumesIn(edit);
  const index = volumes.findIndex(
    ({name, hostPath, mountPath}) => isOurName(name, base) && mountPath === folder && hostPath === folder,
  );
  const needed = argumentsIn(edit).some(({value}) =>
    String(value)
      .split(',')
      .some((part) => part.startsWith('/') && isWithin(part, folder)),
  );
  if (index >= 0 && !needed) edit.remove(volumes.length === 1 ? VOLUMES : [...VOLUMES, index]);
}

const read = (edit: YamlEdit): ClusterConfiguration => edit.value as ClusterConfiguration;
const volumesIn = (edit: YamlEdit): readonly ExtraVolume[] => read(edit).apiServer?.extraVolumes ?? [];

function argumentsIn(edit: YamlEdit): readonly Argument[] {
  const args = read(edit).apiServer?.extraArgs ?? [];
  return isList(args) ? args : Object.entries(args).map(([name, value]) => ({name, value}));
}

const isList = (args: object): args is readonly Argument[] => Array.isArray(args);

function takesList(edit: YamlEdit): boolean {
  const {apiVersion = '', apiServer} = read(edit);
  return apiServer?.extraArgs ? isList(apiServer.extraArgs) : !/\/v1(alpha\d|beta[123])$/.test(apiVersion);
}

/** Of an argument that stands there twice each gets the value: kubeadm lets the last one count. */
function setArgument(edit: YamlEdit, name: string, value: string): void {
  const args = argumentsIn(edit);
  for (const [index, argument] of args.entries()) {
    if (argument.name !== name || argument.value === value) continue;
    edit.set(takesList(edit) ? [...ARGS, index, 'value'] : [...ARGS, name], value);
  }
  if (args.some((argument) => argument.name === name)) return;
  if (takesList(edit)) edit.append(ARGS, {name, value});
  else edit.set([...ARGS, name], value);
}

function removeArgument(edit: YamlEdit, name: string): void {
  for (;;) {
    const args = argumentsIn(edit);
    const index = args.findIndex((argument) => argument.name === name);
    if (index < 0) return;
    if (args.length === 1) edit.remove(ARGS);
    else edit.remove([...ARGS, takesList(edit) ? index : name]);
  }
}
