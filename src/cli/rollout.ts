import {Args} from '@oclif/core';
import {ExitCode, Problem} from '../problem.ts';
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
