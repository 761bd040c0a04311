import {Args, Flags} from '@oclif/core';
import {ExitCode, Problem} from '../problem.ts';
import type {Target} from '../rollout/collect.ts';
import {workloadsIn} from '../rollout/manifest-file.ts';
import {parseWorkloads, type WorkloadRef} from '../rollout/workload.ts';
import {readManifest} from './manifest.ts';

/** For commands about one workload: `deploy/web`, or `deployment web`. */
export const workloadArgs = {
  workload: Args.string({description: 'for example deploy/web, sts/db or ds/agent', required: true}),
  name: Args.string({description: 'its name, where the word before is only a kind'}),
};

/** Rejects with exit code 2 where it is not one workload. Its namespace is the cluster's, which is known later. */
export function oneWorkload({workload, name}: {workload: string; name?: string | undefined}): Omit<WorkloadRef, 'namespace'> {
  const [first, ...more] = parseWorkloads(name === undefined ? [workload] : [workload, name], '');
  if (first !== undefined && more.length === 0) return {kind: first.kind, name: first.name};
  throw new Problem(`${workload} and ${name} are two workloads`, {
    why: 'this command takes one',
    next: 'run it once for each',
    exitCode: ExitCode.usage,
  });
}

/** For commands about any number of workloads. */
export const workloadsArgs = {
  workload: Args.string({description: 'for example deploy/web sts/db ds/agent', multiple: true}),
};

export const filenameFlag = {
  filename: Flags.string({char: 'f', description: 'the workloads of a manifest; - reads standard input', helpValue: 'FILE'}),
};

interface SelectionFlags {
  readonly 'all-namespaces'?: boolean | undefined;
  readonly selector?: string | undefined;
  readonly filename?: string | undefined;
}

/**
 * The workloads that were named, those of a manifest, else all that the flags select: in a namespace that is known later. Rejects with exit
 * code 2 where two of these were given, or what was given is wrong.
 */
export async function targetOf(
  {workload: words = []}: {readonly workload?: readonly string[] | undefined},
  flags: SelectionFlags,
  signal: AbortSignal,
): Promise<(namespace: string) => Target> {
  const everywhere = flags['all-namespaces'] ?? false;
  const ways = [
    ...(words.length > 0 ? [words.join(' ')] : []),
    ...(flags.filename === undefined ? [] : ['--filename']),
    ...(everywhere || flags.selector !== undefined ? [everywhere ? '--all-namespaces' : '--selector'] : []),
  ];
  if (ways.length > 1) {
    throw new Problem(`${ways[0]} cannot be combined with ${ways[1]}`, {
      why: 'workloads are named, taken from a manifest, or selected',
      next: words.length > 0 && everywhere ? 'name the namespace with -n' : 'leave one of them out',
      exitCode: ExitCode.usage,
    });
  }
  if (words.length === 0 && flags.filename === undefined)
    return (namespace) => ({query: {namespace: everywhere ? undefined : namespace, labelSelector: flags.selector}});
  const refs = words.length > 0 ? parseWorkloads(words, '') : await workloadsOf(flags.filename ?? '-', signal);
  return (namespace) => ({refs: refs.map((ref) => ({...ref, namespace: ref.namespace || namespace}))});
}

async function workloadsOf(filename: string, signal: AbortSignal): Promise<WorkloadRef[]> {
  const {text, file} = await readManifest(filename, signal);
  return workloadsIn(text, file, '');
}
