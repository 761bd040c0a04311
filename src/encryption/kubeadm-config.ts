import {posix} from 'node:path';
import {CONFIG_FLAG, RELOAD_FLAG} from './manifest.ts';
import {YamlEdit} from './yaml-edit.ts';

interface ExtraVolume {
  readonly name?: string;
  readonly hostPath?: string;
  readonly mountPath?: string;
}
interface NamedArgument {
  readonly name?: string;
  readonly value?: string;
}
interface ClusterConfiguration {
  readonly apiVersion?: string;
  readonly apiServer?: {
    readonly extraArgs?: Readonly<Record<string, string>> | readonly NamedArgument[] | null;
    readonly extraVolumes?: readonly ExtraVolume[] | null;
  } | null;
}

const WHERE = 'the ClusterConfiguration of ConfigMap kube-system/kubeadm-config';
const ARGS = ['apiServer', 'extraArgs'];
const VOLUMES = ['apiServer', 'extraVolumes'];

/**
 * kubeadm's ClusterConfiguration with encryption switched on, so that the next `kubeadm upgrade` writes manifests that keep it. Arguments
 * are a map up to v1beta3 and a list since v1beta4. Changes nothing where all of it is there.
 */
export function withEncryption(clusterConfiguration: string, configFile: string): string {
  const edit = new YamlEdit(clusterConfiguration, WHERE);
  setArgument(edit, CONFIG_FLAG, configFile);
  setArgument(edit, RELOAD_FLAG, 'true');
  const folder = posix.dirname(configFile);
  const volumes = read(edit).apiServer?.extraVolumes ?? [];
  if (!volumes.some(({mountPath}) => mountPath === folder)) {
    edit.append(VOLUMES, {hostPath: folder, mountPath: folder, name: 'enc', pathType: 'DirectoryOrCreate', readOnly: true});
  }
  return edit.toString();
}

/** The same without it. */
export function withoutEncryption(clusterConfiguration: string): string {
  const edit = new YamlEdit(clusterConfiguration, WHERE);
  const configFile = argumentsOf(edit).get(CONFIG_FLAG);
  for (const name of [CONFIG_FLAG, RELOAD_FLAG]) removeArgument(edit, name);
  if (configFile !== undefined) {
    const volumes = read(edit).apiServer?.extraVolumes ?? [];
    const index = volumes.findIndex(({name, mountPath}) => name === 'enc' && mountPath === posix.dirname(configFile));
    if (index >= 0) edit.remove(volumes.length === 1 ? VOLUMES : [...VOLUMES, index]);
  }
  return edit.toString();
}

const read = (edit: YamlEdit): ClusterConfiguration => edit.value as ClusterConfiguration;

function argumentsOf(edit: YamlEdit): Map<string, string> {
  const args = read(edit).apiServer?.extraArgs ?? {};
  return new Map(Array.isArray(args) ? args.map(({name, value}) => [name, value]) : Object.entries(args));
}

const isList = (edit: YamlEdit): boolean => {
  const {apiVersion, apiServer} = read(edit);
  return apiServer?.extraArgs ? Array.isArray(apiServer.extraArgs) : !/v1beta[123]$/.test(apiVersion ?? '');
};

function setArgument(edit: YamlEdit, name: string, value: string): void {
  if (argumentsOf(edit).get(name) === value) return;
  if (!isList(edit)) {
    edit.set([...ARGS, name], value);
    return;
  }
  const index = [...argumentsOf(edit).keys()].indexOf(name);
  if (index >= 0) edit.set([...ARGS, index, 'value'], value);
  else edit.append(ARGS, {name, value});
}

function removeArgument(edit: YamlEdit, name: string): void {
  const args = argumentsOf(edit);
  if (!args.has(name)) return;
  const step = isList(edit) ? [...args.keys()].indexOf(name) : name;
  edit.remove(args.size === 1 ? ARGS : [...ARGS, step]);
}
