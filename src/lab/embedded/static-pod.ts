import {join} from 'node:path';
import type {V1Pod} from '@kubernetes/client-node';
import {parse} from 'yaml';
import type {Json} from '../../kube/json.ts';

/** A container of a static pod as a plain process. */
export interface Command {
  /** `kube-apiserver` … */
  readonly program: string;
  readonly args: readonly string[];
}

/**
 * The command of a static pod's first container, with paths inside the container turned into paths below `root`, the folder that stands
 * for the node's file system. A path that no volume is mounted on stays as it is: it exists in no such container either.
 */
export function commandOf(manifest: string, root: string): Command {
  const pod = parse(manifest) as Json<V1Pod>;
  const container = pod.spec?.containers[0];
  const volumes = new Map(pod.spec?.volumes?.map((volume) => [volume.name, volume.hostPath?.path]));
  const mounts = (container?.volumeMounts ?? []).flatMap(({mountPath, name}) => {
    const source = volumes.get(name);
    return source === undefined ? [] : [{mountPath, source}];
  });
  mounts.sort((a, b) => b.mountPath.length - a.mountPath.length); // the innermost mount wins
  const [program = '', ...args] = container?.command ?? [];
  return {program, args: [...args, ...(container?.args ?? [])].map(locate)};

  function locate(argument: string): string {
    const start = argument.indexOf('=/') + 1;
    const path = argument.slice(start);
    const mount = mounts.find(({mountPath}) => path === mountPath || path.startsWith(`${mountPath}/`));
    return mount ? argument.slice(0, start) + join(root, mount.source, path.slice(mount.mountPath.length)) : argument;
  }
}
