import type {
  CoreV1Event,
  V1Container,
  V1ContainerState,
  V1ContainerStateTerminated,
  V1ContainerStatus,
  V1ControllerRevision,
  V1DaemonSet,
  V1Deployment,
  V1DeploymentCondition,
  V1ObjectMeta,
  V1Pod,
  V1PodCondition,
  V1PodSpec,
  V1PodTemplateSpec,
  V1ReplicaSet,
  V1StatefulSet,
} from '@kubernetes/client-node';
import type {Json} from '../../src/kube/json.ts';
import type {Revision, Situation} from '../../src/rollout/situation.ts';
import type {Workload} from '../../src/rollout/workload.ts';

/** The present of every built object, in epoch milliseconds. */
export const NOW = Date.parse('2026-05-04T10:00:00Z');
/** RFC 3339, as the API server writes it: without fractions. */
export const ago = (seconds: number): string => new Date(NOW - seconds * 1000).toISOString().replace('.000Z', 'Z');
/** UIDs follow from kind and name, so that owners and events find their objects. */
export const uidOf = (kind: string, name: string): string => `${kind.toLowerCase()}-${name}`;

type Condition = Partial<Json<V1DeploymentCondition>>;

interface Meta {
  name?: string;
  namespace?: string;
  uid?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  createdAt?: string;
  deletedAt?: string | undefined;
  finalizers?: string[];
  owner?: Owner | undefined;
}
export interface Owner {
  kind: string;
  metadata?: {name?: string; uid?: string};
}

function metadata(kind: string, name: string, meta: Meta): Json<V1ObjectMeta> {
  const {namespace = 'shop', labels = {app: 'web'}, annotations, createdAt = ago(3600), deletedAt, finalizers, owner} = meta;
  return {
    name,
    namespace,
    uid: meta.uid ?? uidOf(kind, name),
    resourceVersion: '1000',
    creationTimestamp: createdAt,
    labels,
    ...(annotations && {annotations}),
    ...(finalizers && {finalizers}),
    ...(deletedAt && {deletionTimestamp: deletedAt, deletionGracePeriodSeconds: 30}),
    ...(owner && {
      ownerReferences: [
        {
          apiVersion: 'apps/v1',
          kind: owner.kind,
          name: owner.metadata?.name ?? '',
          uid: owner.metadata?.uid ?? '',
          controller: true,
          blockOwnerDeletion: true,
        },
      ],
    }),
  };
}

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
      labels: {app: owner.metadata?.name ?? '', 'controller.kubernetes.io/hash': hash},
    }),
    revision,
    data: {spec: {template: {...(state.template ?? template()), $patch: 'replace'}}},
  };
}

export interface ContainerState {
  name?: string;
  image?: string;
  /** A container that is not in any of these three states is running, since a minute. */
  waiting?: {reason?: string; message?: string};
  terminated?: Partial<Json<V1ContainerStateTerminated>>;
  /** Seconds that it has been running. */
  running?: number;
  /** What its previous run ended with. */
  last?: Partial<Json<V1ContainerStateTerminated>>;
  ready?: boolean;
  started?: boolean;
  restarts?: number;
  /** Over the container in the pod's spec: probes, resources, `restartPolicy: 'Always'` of a sidecar … */
  spec?: Partial<Json<V1Container>>;
}

export interface PodState extends Meta {
  /** Of its ReplicaSet (`pod-template-hash`) or ControllerRevision (`controller-revision-hash`). */
  hash?: string;
  phase?: string;
  /** Pod status' own reason and message: `Evicted`, `NodeLost` … */
  reason?: string;
  message?: string;
  /** One ready container `web` where nothing is said. */
  containers?: ContainerState[];
  init?: ContainerState[];
  /** `null` is a pod that no node has taken. */
  node?: string | null;
  /** Without kubelet's part: as right after the pod was made. */
  statuses?: boolean;
  conditions?: Partial<Json<V1PodCondition>>[];
  spec?: Partial<Json<V1PodSpec>>;
}

/** A ready pod of `owner` on `node-1` unless `state` says otherwise; conditions follow from its containers. */
export function pod(state: PodState = {}): Json<V1Pod> & {kind: 'Pod'} {
  const {owner = {kind: 'ReplicaSet', metadata: {name: 'web-7bfb4bc78d', uid: uidOf('ReplicaSet', 'web-7bfb4bc78d')}}} = state;
  const {containers = [{}], init = [], statuses = state.node !== null, spec, reason, message, conditions = []} = state;
  const ownerName = owner.metadata?.name ?? '';
  const {name = `${ownerName}-2xkq9`, hash = ownerName.slice(ownerName.lastIndexOf('-') + 1)} = state;
  const node = state.node === undefined ? 'node-1' : state.node;
  const allReady = statuses && containers.every(isReady);
  const hashLabel = owner.kind === 'ReplicaSet' ? 'pod-template-hash' : 'controller-revision-hash';
  const revisionLabel = owner.kind === 'ReplicaSet' ? hash : (state.hash ?? `${ownerName}-2`);
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: metadata('Pod', name, {
      createdAt: ago(60),
      ...state,
      owner,
      labels: {app: 'web', [hashLabel]: revisionLabel, ...state.labels},
    }),
    spec: {
      containers: containers.map(containerSpec),
      ...(init.length > 0 && {initContainers: init.map(containerSpec)}),
      ...(node !== null && {nodeName: node}),
      restartPolicy: 'Always',
      serviceAccountName: 'default',
      ...spec,
    },
    status: {
      phase: state.phase ?? (allReady ? 'Running' : 'Pending'),
      ...(reason && {reason}),
      ...(message && {message}),
      conditions: podConditions(node, allReady, state.createdAt ?? ago(60), conditions),
      ...(statuses && {containerStatuses: containers.map(containerStatus)}),
      ...(statuses && init.length > 0 && {initContainerStatuses: init.map(containerStatus)}),
      ...(node !== null && {hostIP: '10.0.0.1', podIP: '10.244.0.7', startTime: state.createdAt ?? ago(60)}),
      qosClass: 'BestEffort',
    },
  };
}

export interface EventState {
  type?: 'Normal' | 'Warning';
  reason: string;
  message: string;
  count?: number;
  /** Seconds ago. */
  first?: number;
  last?: number;
  /** `spec.containers{web}`. */
  fieldPath?: string;
  component?: string;
  /** In the newer form that the scheduler writes: eventTime and series, no count. */
  series?: boolean;
}

let events = 0;
export function event(about: Owner & {apiVersion?: string}, state: EventState): Json<CoreV1Event> {
  const {type = 'Warning', reason, message, count = 1, last = 5, first = last, fieldPath, component = 'kubelet'} = state;
  const {name = '', uid = ''} = about.metadata ?? {};
  const times = state.series
    ? {
        eventTime: ago(first).replace('Z', '.000000Z'),
        reportingComponent: component,
        ...(count > 1 && {series: {count, lastObservedTime: ago(last).replace('Z', '.000000Z')}}),
      }
    : {firstTimestamp: ago(first), lastTimestamp: ago(last), count, source: {component}};
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: {name: `${name}.${(events++).toString(16)}`, namespace: 'shop', uid: `event-${events}`},
    involvedObject: {
      apiVersion: about.apiVersion ?? 'v1',
      kind: about.kind,
      name,
      namespace: 'shop',
      uid,
      ...(fieldPath && {fieldPath}),
    },
    type,
    reason,
    message,
    ...times,
  } as Json<CoreV1Event>;
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

function condition({type = 'Progressing', status = 'True', reason = '', message = '', ...times}: Condition) {
  const {lastUpdateTime = ago(30), lastTransitionTime = lastUpdateTime} = times;
  return {type, status, reason, message, lastUpdateTime, lastTransitionTime};
}

function containerSpec({name = 'web', image = 'web:2.0', spec}: ContainerState): Json<V1Container> {
  return {name, image, imagePullPolicy: 'IfNotPresent', ...spec};
}

const isReady = ({ready, waiting, terminated}: ContainerState): boolean => ready ?? (!waiting && !terminated);

function containerStatus(container: ContainerState): Json<V1ContainerStatus> {
  const {name = 'web', image = 'web:2.0', waiting, terminated, running = 60, last, restarts = 0} = container;
  const runs = !waiting && !terminated;
  return {
    name,
    image,
    imageID: runs ? `sha256:${name}` : '',
    ready: isReady(container),
    started: container.started ?? runs,
    restartCount: restarts,
    state: stateOf(waiting, terminated, running),
    lastState: last ? {terminated: ended(last)} : {},
    ...(runs && {containerID: `containerd://${name}`}),
  };
}

function stateOf(
  waiting: ContainerState['waiting'],
  terminated: ContainerState['terminated'],
  running: number,
): Json<V1ContainerState> {
  if (waiting) return {waiting};
  if (terminated) return {terminated: ended(terminated)};
  return {running: {startedAt: ago(running)}};
}

const ended = (state: Partial<Json<V1ContainerStateTerminated>>): Json<V1ContainerStateTerminated> => ({
  exitCode: 1,
  reason: state.exitCode === 0 ? 'Completed' : 'Error',
  startedAt: ago(30),
  finishedAt: ago(20),
  containerID: 'containerd://before',
  ...state,
});

function podConditions(node: string | null, ready: boolean, since: string, over: Partial<Json<V1PodCondition>>[]) {
  const standard: Partial<Json<V1PodCondition>>[] = [
    {type: 'PodScheduled', status: node === null ? 'False' : 'True'},
    ...(node === null
      ? []
      : [
          {type: 'Initialized', status: 'True'},
          {type: 'ContainersReady', status: ready ? 'True' : 'False'},
          {type: 'Ready', status: ready ? 'True' : 'False'},
        ]),
  ];
  const given = new Set(over.map(({type}) => type));
  return [...standard.filter(({type}) => !given.has(type)), ...over].map(
    ({type = '', status = 'True', ...rest}): Json<V1PodCondition> => ({type, status, lastTransitionTime: since, ...rest}),
  );
}
