import type {V1Container, V1Pod, V1Volume, V1VolumeMount} from '@kubernetes/client-node';
import type {Json} from '../kube/json.ts';
import {type Path, unreadable} from './yaml-text.ts';

export type Mount = Json<V1VolumeMount>;
export type Volume = Json<V1Volume>;

/** One flag of a command line, with its place in the manifest. */
export interface Flag {
  readonly name: string;
  readonly value: string;
  readonly path: Path;
  /** Where the value is an item of its own. */
  readonly valuePath?: Path;
}

export interface ApiServerContainer {
  readonly pod: Json<V1Pod>;
  readonly container: Json<V1Container>;
  readonly containerPath: Path;
  /** The list that further flags belong to. */
  readonly argumentsPath: Path;
  readonly flags: readonly Flag[];
  readonly mounts: readonly Mount[];
  readonly volumes: readonly Volume[];
}

/** The container that runs kube-apiserver in a decoded manifest. A Problem where there is none. */
export function findApiServer(value: unknown, where: string): ApiServerContainer {
  const pod = value as Json<V1Pod> | null;
  if (pod === null || typeof pod !== 'object' || pod.kind !== 'Pod') throw unreadable(where, 'it is not a Pod');
  const containers = pod.spec?.containers;
  if (!Array.isArray(containers)) throw unreadable(where, 'its Pod has no containers');
  const index = containers.findIndex(runsApiServer);
  const container = containers[index];
  if (container === undefined) throw unreadable(where, 'none of its containers runs kube-apiserver');
  const containerPath = ['spec', 'containers', index];
  const lists = (['command', 'args'] as const).filter((list) => Array.isArray(container[list]));
  const flags = lists.flatMap((list) => flagsIn(container[list] ?? [], [...containerPath, list]));
  const list = lists.findLast((name) => (container[name] ?? []).some((item) => item.startsWith('--'))) ?? lists.at(-1) ?? 'args';
  return {
    pod,
    container,
    containerPath,
    argumentsPath: [...containerPath, list],
    flags,
    mounts: container.volumeMounts ?? [],
    volumes: pod.spec?.volumes ?? [],
  };
}

function runsApiServer({name, command, args}: Json<V1Container>): boolean {
  const words = [...(command ?? []), ...(args ?? [])];
  return words.some((word) => /(^|\/)kube-apiserver$/.test(String(word))) || name === 'kube-apiserver';
}

/** As pflag reads them. */
function flagsIn(words: readonly string[], path: Path): Flag[] {
  const flags: Flag[] = [];
  for (let index = 0; index < words.length; index += 1) {
    const [, name, value] = /^--([^=]+)(?:=([\s\S]*))?$/.exec(String(words[index])) ?? [];
    if (name === undefined) continue;
    const flag = {name: name.replaceAll('_', '-'), path: [...path, index]};
    const next = words[index + 1];
    if (value !== undefined) flags.push({...flag, value});
    else if (next === undefined || next.startsWith('-')) flags.push({...flag, value: 'true'});
    else flags.push({...flag, value: next, valuePath: [...path, ++index]});
  }
  return flags;
}
