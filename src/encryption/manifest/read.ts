import {posix} from 'node:path';
import type {V1Container, V1Pod, V1Volume, V1VolumeMount} from '@kubernetes/client-node';
import type {Json} from '../../kube/json.ts';
import {type Path, unreadable} from './yaml-text.ts';

export type Mount = Json<V1VolumeMount>;
export type Volume = Json<V1Volume>;

/** One flag of a command line, with its place in the manifest. */
export interface Flag {
  /** Without its dashes, underscores as dashes: the API server takes both. */
  readonly name: string;
  readonly value: string;
  readonly path: Path;
  /** Where the value is an item of its own. */
  readonly valuePath?: Path;
}

export interface ApiServerPod {
  readonly pod: Json<V1Pod>;
  readonly container: Json<V1Container>;
  readonly containerPath: Path;
  /** The list that further flags belong to. */
  readonly argumentsPath: Path;
  readonly flags: readonly Flag[];
  readonly mounts: readonly Mount[];
  readonly volumes: readonly Volume[];
}

/** The container that runs kube-apiserver in a decoded manifest. A Problem where there is none, or where a shell starts it. */
export function findApiServer(value: unknown, where: string): ApiServerPod {
  if (!isPod(value)) throw unreadable(where, 'it is not a Pod');
  const containers = listOf(value.spec?.containers);
  const starts = containers.findIndex((container) => /(^|\/)kube-apiserver$/.test(wordsOf(container)[0]?.word ?? ''));
  const index = starts >= 0 ? starts : containers.findIndex(({name}) => name === 'kube-apiserver');
  const container = containers[index];
  if (container === undefined) throw unreadable(where, 'none of its containers runs kube-apiserver');
  if (!container.image) throw unreadable(where, 'its container has no image: the file seems to be cut off');
  const words = wordsOf(container);
  if (words.some(({word}) => /kube-apiserver\s+-/.test(word))) {
    throw unreadable(where, 'a shell starts kube-apiserver there, and kops does not change flags within a script');
  }
  const containerPath = ['spec', 'containers', index];
  const flags = flagsIn(words).map(({path, valuePath, ...flag}) => ({
    ...flag,
    path: [...containerPath, ...path],
    ...(valuePath && {valuePath: [...containerPath, ...valuePath]}),
  }));
  const argumentsPath = [...containerPath, words.at(-1)?.path[0] ?? 'args'];
  return {
    pod: value,
    container,
    containerPath,
    argumentsPath,
    flags,
    mounts: listOf(container.volumeMounts),
    volumes: listOf(value.spec?.volumes),
  };
}

const isPod = (value: unknown): value is Json<V1Pod> =>
  typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'Pod';

const listOf = <T>(value: readonly T[] | null | undefined): readonly T[] => (Array.isArray(value) ? value : []);

interface Word {
  readonly word: string;
  readonly path: Path;
}

/** What the container is started with: `args` follow `command`. */
const wordsOf = (container: Json<V1Container>): Word[] =>
  (['command', 'args'] as const).flatMap((list) =>
    listOf<unknown>(container[list]).map((word, index) => ({word: String(word), path: [list, index]})),
  );

/** As pflag reads them. A flag with no value behind it is `true`. */
function flagsIn(words: readonly Word[]): Flag[] {
  return words.flatMap(({word, path}, index) => {
    const [, name = '', value] = /^--([^=]+)(?:=([\s\S]*))?$/.exec(word) ?? [];
    if (name === '') return [];
    const flag = {name: name.replaceAll('_', '-'), path};
    if (value !== undefined) return [{...flag, value}];
    const next = words[index + 1];
    return [
      next === undefined || next.word.startsWith('-')
        ? {...flag, value: 'true'}
        : {...flag, value: next.word, valuePath: next.path},
    ];
  });
}

/** The innermost mount that a path of the container lies in. */
export function mountOf(mounts: readonly Mount[], path: string): Mount | undefined {
  const [innermost] = mounts
    .filter(({mountPath}) => isWithin(path, mountPath))
    .sort((a, b) => posix.resolve(b.mountPath).length - posix.resolve(a.mountPath).length);
  return innermost;
}

/** Whether a path is a folder or something in it. */
export function isWithin(path: string, folder: string): boolean {
  const relative = posix.relative(folder, path);
  return relative !== '..' && !relative.startsWith('../');
}
