import type {Cluster} from '../../kube/cluster.ts';
import {ApiProblem, NotFound} from '../../kube/errors.ts';
import type {KubeObject} from '../../kube/json.ts';
import {getNamed} from '../../kube/lookup.ts';
import {selectorText} from '../../kube/selector.ts';
import {ExitCode, Problem} from '../../problem.ts';
import {workloadKinds} from '../../rollout/workload.ts';
import {counted} from '../../text/plural.ts';
import {chooseContainer, type Pod, type PodSource, sourceOf} from './source.ts';
import {resourceOf, type Target, targetName} from './target.ts';

/** The pod template of a workload, or a pod. `verb`: of kops, for the hint where there is none of that name: `env`. */
export async function readSource(cluster: Cluster, target: Target, verb: string, signal: AbortSignal): Promise<PodSource> {
  const retry = ({name, namespace}: {name: string; namespace: string}) =>
    `kops ${verb} ${targetName({...target, name})} -n ${namespace}`;
  const object: KubeObject = await getNamed(cluster, resourceOf(target.kind), target, retry, signal).catch(async (error) => {
    throw (error instanceof NotFound && target.kind === 'Pod' && (await workloadMeant(cluster, target, verb, signal))) || error;
  });
  const source = sourceOf(object, target, true);
  if (source !== undefined) return source;
  throw new Problem(`${targetName(target)} has no pod template`, {
    why: 'its spec names no containers',
    next: `kubectl get ${targetName(target)} -n ${target.namespace} -o yaml`,
    exitCode: ExitCode.negative,
  });
}

/** A name alone is a pod's, as for kubectl; where a workload has it, that was meant. */
async function workloadMeant(cluster: Cluster, target: Target, verb: string, signal: AbortSignal): Promise<Problem | undefined> {
  const {name, namespace} = target;
  for (const kind of ['Deployment', 'StatefulSet', 'DaemonSet'] as const) {
    if ((await cluster.find(resourceOf(kind), target, signal).catch(() => undefined)) === undefined) continue;
    const workload = targetName({kind, name});
    return new NotFound(`${targetName(target)} not found in namespace ${namespace}`, {
      status: 404,
      reason: 'NotFound',
      why: `a name alone is a pod's; there is ${workload}`,
      next: `kops ${verb} ${workload} -n ${namespace}`,
    });
  }
  return undefined;
}

/** A running pod of a workload, the newest, or that pod itself: one in which the container that is meant runs. */
export async function runningSource(
  cluster: Cluster,
  target: Target,
  container: string | undefined,
  verb: string,
  signal: AbortSignal,
): Promise<PodSource> {
  const source = await readSource(cluster, target, verb, signal);
  const pods = await podsOf(cluster, source, signal);
  const candidates = pods.flatMap((pod) => {
    const {name = '', namespace = target.namespace} = pod.metadata ?? {};
    return sourceOf(pod, {kind: 'Pod', name, namespace}, true) ?? [];
  });
  const running = candidates.find((candidate) => isRunning(candidate, chooseContainer(candidate, container).container.name));
  if (running !== undefined) return running;
  const {container: chosen} = chooseContainer(source, container);
  const state = pods.length === 0 ? 'it has no pod' : `of ${counted(pods.length, 'pod')} none runs it`;
  throw new Problem(`container ${chosen.name} of ${targetName(target)} does not run`, {
    why: source.pod === undefined ? state : 'a pod has an environment while it runs',
    next: `${target.kind in workloadKinds ? 'kops rollout status' : 'kubectl describe'} ${targetName(target)} -n ${target.namespace}`,
    exitCode: ExitCode.unfinished,
  });
}

/** That pod itself, or those of a workload that go on, the newest first: by its selector, and of a CronJob by those of its Jobs. */
export async function podsOf(cluster: Cluster, {target, selector, pod}: PodSource, signal: AbortSignal): Promise<Pod[]> {
  if (pod !== undefined) return [pod];
  const {namespace} = target;
  const selectors = target.kind === 'CronJob' ? await selectorsOfJobs(cluster, target, signal) : selector ? [selector] : [];
  const lists = selectors.map((one) => cluster.list('pods', {namespace, labelSelector: selectorText(one)}, signal));
  const pods = (await Promise.all(lists)).flat();
  const age = ({metadata}: Pod) => metadata?.creationTimestamp ?? '';
  return pods.filter(({metadata}) => metadata?.deletionTimestamp === undefined).sort((x, y) => (age(x) < age(y) ? 1 : -1));
}

async function selectorsOfJobs(cluster: Cluster, {namespace, name}: Target, signal: AbortSignal) {
  const jobs = await cluster.list('jobs', {namespace}, signal);
  const own = jobs.filter(({metadata}) =>
    metadata?.ownerReferences?.some((owner) => owner.controller && owner.kind === 'CronJob' && owner.name === name),
  );
  return own.flatMap(({spec}) => spec?.selector ?? []);
}

function isRunning({pod}: PodSource, container: string): boolean {
  const {containerStatuses = [], initContainerStatuses = [], ephemeralContainerStatuses = []} = pod?.status ?? {};
  const statuses = [...containerStatuses, ...initContainerStatuses, ...ephemeralContainerStatuses];
  return statuses.some(({name, state}) => name === container && state?.running !== undefined);
}

/** What may be read; a string is why the user may not. */
export async function unlessForbidden<T>(read: () => Promise<T>): Promise<T | string> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof ApiProblem && error.reason === 'Forbidden') return error.message;
    throw error;
  }
}
