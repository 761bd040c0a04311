import {Args, Flags} from '@oclif/core';
import {type Manifest, readObjects} from '../config/container/manifest.ts';
import {parseTarget, type Target} from '../config/container/target.ts';
import {ExitCode, Problem} from '../problem.ts';
import {asGiven} from './command.ts';
import {readManifest} from './manifest.ts';

/** For commands about one container of a workload or pod, of a cluster or of a manifest. */
export const containerArgs = {
  workload: Args.string({description: 'for example deploy/web, sts/db, cronjob/report or pod/web-0; a name alone is a pod'}),
  name: Args.string({description: 'its name, where the word before is only a kind'}),
};

export const containerFlags = {
  container: Flags.string({
    char: 'c',
    description: 'container, init and ephemeral ones too; default: the one that kubectl takes',
    helpValue: 'NAME',
    parse: asGiven('the name of a container'),
  }),
  filename: Flags.string({
    char: 'f',
    description: 'a manifest instead of a cluster; - reads standard input',
    helpValue: 'FILE',
    parse: asGiven('a file'),
  }),
  reveal: Flags.boolean({description: "show Secrets' values"}),
};

type Words = {readonly workload?: string | undefined; readonly name?: string | undefined};

/** Undefined where none was named, as a manifest of one workload allows. Rejects with exit code 2. */
export function namedTarget({workload, name}: Words, filename: string | undefined): Omit<Target, 'namespace'> | undefined {
  if (workload !== undefined) return parseTarget(workload, name);
  if (filename !== undefined) return undefined;
  throw new Problem('no workload is named', {
    why: 'a container is one of a workload, of a pod, or of a manifest',
    next: 'for example deploy/web, or -f FILE',
    exitCode: ExitCode.usage,
  });
}

export async function manifestOf(filename: string, signal: AbortSignal): Promise<Manifest> {
  const {text, file} = await readManifest(filename, signal);
  return readObjects(text, file);
}
