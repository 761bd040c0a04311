import {execFileSync} from 'node:child_process';
import {realpathSync} from 'node:fs';
import {basename, join} from 'node:path';
import {fileURLToPath} from 'node:url';

/** A command line to time: program and words. */
export type Words = readonly string[];

const frontDoor = fileURLToPath(new URL('../bin/kops.cjs', import.meta.url));

/** kops as users run it: built, by the Node that runs the benchmark. */
export const kops = (...words: readonly string[]): Words => [process.execPath, frontDoor, ...words];

export interface Kubectl {
  readonly path: string;
  readonly version: string;
}

/** KOPS_BENCH_KUBECTL, else the first on the PATH. One that is part of a program of many names would be timed unfairly. */
export function findKubectl(env: NodeJS.ProcessEnv): Kubectl {
  const found =
    env.KOPS_BENCH_KUBECTL ??
    (env.PATH ?? '')
      .split(':')
      .map((folder) => join(folder, 'kubectl'))
      .find(runs);
  if (found === undefined) throw new Error('no kubectl to compare with: put one on the PATH or name it by KOPS_BENCH_KUBECTL');
  const path = realpathSync(found);
  if (!basename(path).startsWith('kubectl'))
    throw new Error(`${found} is ${path}, a program of many names: name a standalone kubectl by KOPS_BENCH_KUBECTL`);
  const {clientVersion} = JSON.parse(execFileSync(path, ['version', '--client', '-o', 'json'], {encoding: 'utf8'}));
  return {path, version: clientVersion.gitVersion};
}

function runs(path: string): boolean {
  try {
    return realpathSync(path) !== '';
  } catch {
    return false;
  }
}
