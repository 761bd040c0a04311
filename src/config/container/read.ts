import type {Cluster} from '../../kube/cluster.ts';
import type {KubeObject} from '../../kube/json.ts';
import {getNamed} from '../../kube/lookup.ts';
import {ExitCode, Problem} from '../../problem.ts';
import {type PodSource, sourceOf} from './source.ts';
import {resourceOf, type Target, targetName} from './target.ts';

/** The pod template of a workload, or a pod. `verb`: of kops, for the hint where there is none of that name: `env`. */
export async function readSource(cluster: Cluster, target: Target, verb: string, signal: AbortSignal): Promise<PodSource> {
  const retry = ({name, namespace}: {name: string; namespace: string}) =>
    `kops ${verb} ${targetName({...target, name})} -n ${namespace}`;
  const object: KubeObject = await getNamed(cluster, resourceOf(target.kind), target, retry, signal);
  const source = sourceOf(object, target, true);
  if (source !== undefined) return source;
  throw new Problem(`${targetName(target)} has no pod template`, {
    why: 'its spec names no containers',
    next: `kubectl get ${targetName(target)} -n ${target.namespace} -o yaml`,
    exitCode: ExitCode.negative,
  });
}
