import {Args} from '@oclif/core';
import {ExitCode, Problem} from '../problem.ts';
import type {Target} from '../rollout/collect.ts';
import type {KubectlScope} from '../rollout/kubectl.ts';
import {parseWorkloads, type WorkloadRef} from '../rollout/workload.ts';

/** For commands about one workload: `deploy/web`, or `deployment web`. */
export const workloadArgs = {
  workload: Args.string({description: 'workload: deploy/web, sts/db or ds/agent', required: true}),
  name: Args.string({description: 'its name, where the word before is only a kind'}),
};

/** Rejects with exit code 2 where it is not one workload. */
export function oneWorkload({workload, name}: {workload: string; name?: string | undefined}, namespace: string): WorkloadRef {
  const [first, ...more] = parseWorkloads(name === undefined ? [workload] : [workload, name], namespace);
  if (first !== undefined && more.length === 0) return first;
  throw new Problem(`${workload} and ${name} are two workloads`, {why: 'this command takes one', exitCode: ExitCode.usage});
}

/** For commands about any number of workloads. */
export const workloadsArgs = {
  workload: Args.string({description: 'workloads: deploy/web, sts/db, ds/agent', multiple: true}),
};

/** The workloads that were named, else all that the flags select. Rejects with exit code 2 where both were given. */
export function namedOrSelected(
  {workload: words = []}: {readonly workload?: readonly string[] | undefined},
  flags: {readonly 'all-namespaces'?: boolean | undefined; readonly selector?: string | undefined},
  namespace: string,
): Target {
  const refs = parseWorkloads(words, namespace);
  const everywhere = flags['all-namespaces'] ?? false;
  if (refs.length === 0) return {query: {namespace: everywhere ? undefined : namespace, labelSelector: flags.selector}};
  if (!everywhere && flags.selector === undefined) return {refs};
  throw new Problem(`${words.join(' ')} cannot be combined with ${everywhere ? '--all-namespaces' : '--selector'}`, {
    why: 'workloads are either named or selected',
    next: everywhere ? 'name the namespace with -n' : 'leave the names out, or the selector',
    exitCode: ExitCode.usage,
  });
}

/** The cluster flags as kubectl takes them. */
export const kubectlScope = (flags: {
  readonly namespace?: string | undefined;
  readonly context?: string | undefined;
  readonly kubeconfig?: string | undefined;
  readonly as?: string | undefined;
  readonly 'as-group'?: readonly string[] | undefined;
  readonly 'all-namespaces'?: boolean | undefined;
}): KubectlScope => ({
  namespace: flags.namespace,
  allNamespaces: flags['all-namespaces'],
  context: flags.context,
  kubeconfig: flags.kubeconfig,
  as: flags.as,
  asGroups: flags['as-group'],
});
