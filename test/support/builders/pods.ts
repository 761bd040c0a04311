import type {
  V1Container,
  V1ContainerState,
  V1ContainerStateTerminated,
  V1ContainerStatus,
  V1Pod,
  V1PodCondition,
  V1PodSpec,
} from '@kubernetes/client-node';
import type {Json} from '../../../src/kube/json.ts';
import {ago, type Meta, metadata, uidOf} from './base.ts';

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
  /** `pod-template-hash`, or `controller-revision-hash`: `db-2` for a StatefulSet's second revision, `2` for a DaemonSet's. */
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
  const {name = `${ownerName}-2xkq9`} = state;
  const node = state.node === undefined ? 'node-1' : state.node;
  const allReady = statuses && containers.every(isReady);
  const [hashLabel, revisionLabel] = revisionLabelOf(owner.kind, ownerName, state.hash);
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

/** A StatefulSet writes its ControllerRevision's whole name, a DaemonSet only the hash at its end. */
function revisionLabelOf(kind: string, owner: string, hash: string | undefined): [string, string] {
  if (kind === 'ReplicaSet') return ['pod-template-hash', hash ?? owner.slice(owner.lastIndexOf('-') + 1)];
  return ['controller-revision-hash', hash ?? (kind === 'DaemonSet' ? '2' : `${owner}-2`)];
}
