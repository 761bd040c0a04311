import type {V1Container, V1DaemonSet, V1Deployment, V1PodSpec, V1PodTemplateSpec, V1StatefulSet} from '@kubernetes/client-node';
import type {Json} from '../../../src/kube/json.ts';
import {type Condition, condition, type Meta, metadata} from './base.ts';

export interface TemplateState {
  image?: string;
  labels?: Record<string, string>;
  /** Over the one container `web`. */
  container?: Partial<Json<V1Container>>;
  /** Over the pod's spec. */
  podSpec?: Partial<Json<V1PodSpec>>;
}

export function template({
  image = 'web:2.0',
  labels = {app: 'web'},
  container,
  podSpec,
}: TemplateState = {}): Json<V1PodTemplateSpec> {
  return {metadata: {labels}, spec: {containers: [{name: 'web', image, ...container}], ...podSpec}};
}

interface Counts {
  /** spec.replicas, or a DaemonSet's desiredNumberScheduled. 3 where nothing is said. */
  desired?: number;
  updated?: number;
  /** status.replicas, or a DaemonSet's currentNumberScheduled. */
  total?: number;
  ready?: number;
  available?: number;
  generation?: number;
  observedGeneration?: number;
  minReadySeconds?: number;
}

export interface DeploymentState extends Meta, Counts {
  template?: Json<V1PodTemplateSpec>;
  image?: string;
  /** `deployment.kubernetes.io/revision`. */
  revision?: number;
  paused?: boolean;
  strategy?: NonNullable<Json<V1Deployment>['spec']>['strategy'];
  progressDeadlineSeconds?: number;
  terminating?: number;
  conditions?: Condition[];
}

/** A healthy Deployment of three pods unless `state` says otherwise; counts that are not given follow `desired`. */
export function deployment(state: DeploymentState = {}): Json<V1Deployment> & {kind: 'Deployment'} {
  const {name = 'web', desired = 3, generation = 1, image, revision = 1, conditions = []} = state;
  const {updated = desired, total = desired, terminating, paused, minReadySeconds, progressDeadlineSeconds = 600} = state;
  const {available = Math.min(total, desired), ready = available, observedGeneration = generation} = state;
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: {
      ...metadata('Deployment', name, {
        ...state,
        annotations: {'deployment.kubernetes.io/revision': String(revision), ...state.annotations},
      }),
      generation,
    },
    spec: {
      replicas: desired,
      selector: {matchLabels: {app: 'web'}},
      template: state.template ?? template(image === undefined ? {} : {image}),
      strategy: state.strategy ?? {type: 'RollingUpdate', rollingUpdate: {maxSurge: '25%', maxUnavailable: '25%'}},
      progressDeadlineSeconds,
      revisionHistoryLimit: 10,
      ...(paused !== undefined && {paused}),
      ...(minReadySeconds !== undefined && {minReadySeconds}),
    },
    status: {
      observedGeneration,
      replicas: total,
      updatedReplicas: updated,
      readyReplicas: ready,
      availableReplicas: available,
      unavailableReplicas: Math.max(0, total - available),
      ...(terminating !== undefined && {terminatingReplicas: terminating}),
      conditions: conditions.map(condition),
    },
  };
}

export interface StatefulSetState extends Meta, Counts {
  template?: Json<V1PodTemplateSpec>;
  image?: string;
  currentRevision?: string;
  updateRevision?: string;
  updateStrategy?: NonNullable<Json<V1StatefulSet>['spec']>['updateStrategy'];
  podManagementPolicy?: 'OrderedReady' | 'Parallel';
  ordinalsStart?: number;
  /** status.currentReplicas: pods of currentRevision. */
  current?: number;
}

/** A healthy StatefulSet `db` of three pods unless `state` says otherwise. */
export function statefulSet(state: StatefulSetState = {}): Json<V1StatefulSet> & {kind: 'StatefulSet'} {
  const {name = 'db', desired = 3, generation = 1, image = 'db:2.0', updateRevision = `${name}-2`} = state;
  const {updated = desired, total = desired, minReadySeconds, podManagementPolicy = 'OrderedReady'} = state;
  const {available = Math.min(total, desired), ready = available, observedGeneration = generation} = state;
  const {currentRevision = updated === desired ? updateRevision : `${name}-1`, ordinalsStart} = state;
  const {current = currentRevision === updateRevision ? total : Math.max(0, total - updated)} = state;
  return {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: {...metadata('StatefulSet', name, {labels: {app: name}, ...state}), generation},
    spec: {
      replicas: desired,
      serviceName: name,
      selector: {matchLabels: {app: name}},
      template: state.template ?? template({image, labels: {app: name}, container: {name}}),
      updateStrategy: state.updateStrategy ?? {type: 'RollingUpdate', rollingUpdate: {partition: 0}},
      podManagementPolicy,
      ...(minReadySeconds !== undefined && {minReadySeconds}),
      ...(ordinalsStart !== undefined && {ordinals: {start: ordinalsStart}}),
    },
    status: {
      observedGeneration,
      replicas: total,
      currentReplicas: current,
      updatedReplicas: updated,
      readyReplicas: ready,
      availableReplicas: available,
      currentRevision,
      updateRevision,
      collisionCount: 0,
    },
  };
}

export interface DaemonSetState extends Meta, Counts {
  template?: Json<V1PodTemplateSpec>;
  image?: string;
  misscheduled?: number;
  updateStrategy?: NonNullable<Json<V1DaemonSet>['spec']>['updateStrategy'];
}

/** A healthy DaemonSet `agent` on three nodes unless `state` says otherwise. */
export function daemonSet(state: DaemonSetState = {}): Json<V1DaemonSet> & {kind: 'DaemonSet'} {
  const {name = 'agent', desired = 3, generation = 1, image = 'agent:2.0', misscheduled = 0, minReadySeconds} = state;
  const {updated = desired, total = desired, observedGeneration = generation} = state;
  const {available = Math.min(total, desired), ready = available} = state;
  return {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: {...metadata('DaemonSet', name, {labels: {app: name}, ...state}), generation},
    spec: {
      selector: {matchLabels: {app: name}},
      template: state.template ?? template({image, labels: {app: name}, container: {name}}),
      updateStrategy: state.updateStrategy ?? {type: 'RollingUpdate', rollingUpdate: {maxSurge: 0, maxUnavailable: 1}},
      revisionHistoryLimit: 10,
      ...(minReadySeconds !== undefined && {minReadySeconds}),
    },
    status: {
      observedGeneration,
      currentNumberScheduled: total,
      desiredNumberScheduled: desired,
      numberMisscheduled: misscheduled,
      updatedNumberScheduled: updated,
      numberReady: ready,
      ...(available > 0 && {numberAvailable: available}),
      ...(desired > available && {numberUnavailable: desired - available}),
    },
  };
}
