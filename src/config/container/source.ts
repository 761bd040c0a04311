import type {V1Container, V1CronJob, V1Job, V1LabelSelector, V1ObjectMeta, V1Pod, V1PodSpec} from '@kubernetes/client-node';
import type {Json, KubeObject} from '../../kube/json.ts';
import {ExitCode, Problem} from '../../problem.ts';
import {nearest} from '../../text/nearest.ts';
import {type Target, targetName} from './target.ts';

export type Container = Json<V1Container>;
export type Pod = Json<V1Pod>;

/** What the containers of a workload or a pod are made from. */
export interface PodSource {
  readonly target: Target;
  readonly metadata: Json<V1ObjectMeta>;
  readonly spec: Json<V1PodSpec>;
  /** What selects the pods of a workload; a CronJob has none of its own, its Jobs have. */
  readonly selector?: Json<V1LabelSelector>;
  /** A pod that is there already, where one is asked about: it alone has a name, a node and addresses. */
  readonly pod?: Pod;
}

interface Templated {
  readonly spec?: {readonly template?: {readonly metadata?: Json<V1ObjectMeta>; readonly spec?: Json<V1PodSpec>}};
}

/** Undefined where the object has no pod template. `live`: it comes from a cluster, so a pod's status is worth something. */
export function sourceOf(object: KubeObject, target: Target, live: boolean): PodSource | undefined {
  if (target.kind === 'Pod') {
    const {metadata = {}, spec} = object as Pod;
    return spec && {target, metadata, spec, ...(live && {pod: object as Pod})};
  }
  const job = target.kind === 'CronJob' ? ((object as Json<V1CronJob>).spec?.jobTemplate ?? {}) : object;
  const {metadata = {}, spec} = (job as Templated).spec?.template ?? {};
  if (spec == null) return undefined;
  const isIndexed = ['Job', 'CronJob'].includes(target.kind) && (job as Json<V1Job>).spec?.completionMode === 'Indexed';
  const {selector} = (object as Json<V1Job>).spec ?? {};
  return {target, metadata, spec: isIndexed ? withCompletionIndex(spec) : spec, ...(selector && {selector})};
}

/** The Job controller gives it to every container of an Indexed Job. Source: kubernetes, pkg/controller/job/indexed_job_utils.go. */
function withCompletionIndex(spec: Json<V1PodSpec>): Json<V1PodSpec> {
  const fieldPath = "metadata.labels['batch.kubernetes.io/job-completion-index']";
  const add = (container: Container): Container =>
    container.env?.some(({name}) => name === 'JOB_COMPLETION_INDEX')
      ? container
      : {...container, env: [...(container.env ?? []), {name: 'JOB_COMPLETION_INDEX', valueFrom: {fieldRef: {fieldPath}}}]};
  return {
    ...spec,
    containers: (spec.containers ?? []).map(add),
    ...(spec.initContainers && {initContainers: spec.initContainers.map(add)}),
  };
}

export type ContainerType = 'init' | 'sidecar' | 'app' | 'ephemeral';

export interface ChosenContainer {
  readonly container: Container;
  readonly type: ContainerType;
  /** Names of those that were not chosen. */
  readonly others: readonly string[];
}

/** Every container, in the order in which they start. A sidecar is an init container that restarts always. */
function containersOf({containers = [], initContainers = [], ephemeralContainers = []}: Json<V1PodSpec>) {
  const of = (type: ContainerType) => (container: Container) => ({container, type});
  return [
    ...initContainers.map((container) => of(container.restartPolicy === 'Always' ? 'sidecar' : 'init')(container)),
    ...containers.map(of('app')),
    ...(ephemeralContainers as Container[]).map(of('ephemeral')),
  ];
}

/** The one of that name; without a name the one that kubectl takes: by annotation, else the first of the app. */
export function chooseContainer({spec, metadata, target}: PodSource, name: string | undefined): ChosenContainer {
  const all = containersOf(spec);
  const names = all.map(({container}) => container.name);
  const byDefault = metadata.annotations?.['kubectl.kubernetes.io/default-container'];
  const wanted = name ?? (names.includes(byDefault ?? '') ? byDefault : all.find(({type}) => type === 'app')?.container.name);
  const found = all.find(({container}) => container.name === wanted);
  if (found !== undefined) return {...found, others: names.filter((other) => other !== wanted)};
  const near = nearest(name ?? '', names);
  throw new Problem(
    name === undefined ? `${targetName(target)} has no container` : `${targetName(target)} has no container ${name}`,
    {
      why: names.length > 0 ? `its containers: ${names.join(', ')}` : 'its spec.containers is empty',
      next: near && `name it with -c ${near}`,
      exitCode: ExitCode.usage,
    },
  );
}
