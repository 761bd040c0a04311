import type {CoreV1Event, V1ControllerRevision, V1Pod, V1PodTemplateSpec, V1ReplicaSet} from '@kubernetes/client-node';
import type {Json} from '../../../src/kube/json.ts';
import type {Revision, Situation} from '../../../src/rollout/situation.ts';
import type {Workload} from '../../../src/rollout/workload.ts';
import {ago, type Condition, condition, type Meta, metadata, type Owner, uidOf} from './base.ts';
import {template} from './workloads.ts';

export interface ReplicaSetState extends Meta {
  /** `web-` and this is its name, and this its `pod-template-hash`. */
  hash?: string;
  revision?: number;
  replicas?: number;
  /** status.replicas. */
  total?: number;
  ready?: number;
  image?: string;
  template?: Json<V1PodTemplateSpec>;
  conditions?: Condition[];
}

/** A ReplicaSet of `owner`, the Deployment `web` unless told. */
export function replicaSet(state: ReplicaSetState = {}): Json<V1ReplicaSet> & {kind: 'ReplicaSet'} {
  const {hash = '7bfb4bc78d', revision = 1, replicas = 3, total = replicas, ready = total, image, conditions = []} = state;
  const {owner = {kind: 'Deployment', metadata: {name: 'web', uid: uidOf('Deployment', 'web')}}} = state;
  const {name = `${owner.metadata?.name}-${hash}`} = state;
  const labels = {app: 'web', 'pod-template-hash': hash, ...state.labels};
  const base = state.template ?? template(image === undefined ? {} : {image});
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      ...metadata('ReplicaSet', name, {
        ...state,
        owner,
        labels,
        annotations: {'deployment.kubernetes.io/revision': String(revision), ...state.annotations},
      }),
      generation: 1,
    },
    spec: {
      replicas,
      selector: {matchLabels: labels},
      template: {...base, metadata: {...base.metadata, labels: {...base.metadata?.labels, 'pod-template-hash': hash}}},
    },
    status: {
      observedGeneration: 1,
      replicas: total,
      readyReplicas: ready,
      availableReplicas: ready,
      conditions: conditions.map(condition),
    },
  };
}

/** A ControllerRevision of a StatefulSet or DaemonSet. */
export function controllerRevision(
  owner: Owner,
  {
    name = `${owner.metadata?.name}-1`,
    revision = 1,
    ...state
  }: Meta & {revision?: number; template?: Json<V1PodTemplateSpec>} = {},
): Json<V1ControllerRevision> & {kind: 'ControllerRevision'} {
  const hash = name.slice(name.lastIndexOf('-') + 1);
  return {
    apiVersion: 'apps/v1',
    kind: 'ControllerRevision',
    metadata: metadata('ControllerRevision', name, {
      ...state,
      owner,
      labels: {
        app: owner.metadata?.name ?? '',
        [owner.kind === 'DaemonSet' ? 'controller-revision-hash' : 'controller.kubernetes.io/hash']: hash,
      },
    }),
    revision,
    data: {spec: {template: {...(state.template ?? template()), $patch: 'replace'}}},
  };
}

/** The revision that a ReplicaSet or ControllerRevision stands for. */
export function revisionOf(
  object: Json<V1ReplicaSet> | (Json<V1ControllerRevision> & {kind: 'ControllerRevision'}),
  {current = false, replicas}: {current?: boolean; replicas?: number} = {},
): Revision {
  const isReplicaSet = object.kind !== 'ControllerRevision';
  const replica = object as Json<V1ReplicaSet>;
  const data = (object as Json<V1ControllerRevision>).data as {spec?: {template?: Json<V1PodTemplateSpec>}} | undefined;
  return {
    number: isReplicaSet
      ? Number(object.metadata?.annotations?.['deployment.kubernetes.io/revision'])
      : (object as Json<V1ControllerRevision>).revision,
    name: object.metadata?.name ?? '',
    uid: object.metadata?.uid ?? '',
    createdAt: object.metadata?.creationTimestamp ?? ago(0),
    template: (isReplicaSet ? replica.spec?.template : data?.spec?.template) ?? template(),
    replicas: replicas ?? (isReplicaSet ? (replica.status?.replicas ?? 0) : 0),
    changeCause: object.metadata?.annotations?.['kubernetes.io/change-cause'],
    current,
    object,
  };
}

/** A situation of these objects; of ReplicaSets or ControllerRevisions the last is the current one. */
export function situation(
  workload: Workload,
  {
    revisions = [],
    pods = [],
    events: written = [],
  }: {
    revisions?: (Json<V1ReplicaSet> | (Json<V1ControllerRevision> & {kind: 'ControllerRevision'}))[];
    pods?: Json<V1Pod>[];
    events?: Json<CoreV1Event>[];
  } = {},
): Situation {
  return {
    workload,
    revisions: revisions.map((object, i) => revisionOf(object, {current: i === revisions.length - 1})),
    pods,
    events: written,
  };
}
