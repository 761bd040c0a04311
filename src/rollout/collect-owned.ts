import type {CoreV1Event, V1ControllerRevision, V1Pod, V1ReplicaSet} from '@kubernetes/client-node';
import type {Json, KubeObject} from '../kube/json.ts';
import {revisionsOf} from './revisions.ts';
import type {Situation} from './situation.ts';
import {refOf, type Workload, type WorkloadKind, type WorkloadRef, workloadKinds, workloadWords} from './workload.ts';

/** What the API server has around workloads: in any order, and of any owner. */
export interface Surroundings {
  /** Undefined where they may not be read. */
  readonly replicaSets: Iterable<Json<V1ReplicaSet>> | undefined;
  readonly controllerRevisions: Iterable<Json<V1ControllerRevision>>;
  readonly pods: Iterable<Json<V1Pod>>;
  readonly events: Iterable<Json<CoreV1Event>>;
}

/**
 * Gives each workload what is its own. Owner is who the controller reference names by UID: labels alone would take in pods of another
 * workload whose selector overlaps, and those of a workload of the same name that was deleted. Only where ReplicaSets may not be read do
 * their names have to do.
 */
export function situationsOf(workloads: Iterable<Workload>, surroundings: Surroundings): Situation[] {
  const replicaSets = Map.groupBy(surroundings.replicaSets ?? [], controllerUid);
  const controllerRevisions = Map.groupBy(surroundings.controllerRevisions, controllerUid);
  const podsByOwner = Map.groupBy(surroundings.pods, controllerUid);
  const podsByName = surroundings.replicaSets === undefined ? Map.groupBy(surroundings.pods, deploymentOf) : undefined;
  const eventsByObject = Map.groupBy(surroundings.events, ({involvedObject}) => involvedObject.uid);

  return Array.from(workloads, (workload): Situation => {
    const uid = workload.metadata?.uid;
    const objects = (workload.kind === 'Deployment' ? replicaSets : controllerRevisions).get(uid) ?? [];
    const owners = workload.kind === 'Deployment' ? objects.map(uidOf) : [uid];
    const named = workload.kind === 'Deployment' ? podsByName?.get(workloadWords(refOf(workload))) : undefined;
    const pods = named ?? owners.flatMap((owner) => podsByOwner.get(owner) ?? []);
    const events = [uid, ...objects.map(uidOf), ...pods.map(uidOf)].flatMap((about) => eventsByObject.get(about) ?? []);
    return {workload, revisions: revisionsOf(workload, objects, pods), pods, events};
  });
}

/** The workload that a pod belongs to, by the pod's own words: a ReplicaSet is called after its Deployment and the pods' hash. */
export function ownerOf({metadata}: KubeObject): WorkloadRef | undefined {
  const owner = metadata?.ownerReferences?.find(({controller}) => controller);
  if (owner === undefined) return undefined;
  const namespace = metadata?.namespace ?? '';
  if (owner.kind !== 'ReplicaSet') {
    return owner.kind in workloadKinds ? {kind: owner.kind as WorkloadKind, namespace, name: owner.name} : undefined;
  }
  const suffix = `-${metadata?.labels?.['pod-template-hash']}`;
  return owner.name.endsWith(suffix) ? {kind: 'Deployment', namespace, name: owner.name.slice(0, -suffix.length)} : undefined;
}

const deploymentOf = (pod: KubeObject): string | undefined => {
  const owner = ownerOf(pod);
  return owner?.kind === 'Deployment' ? workloadWords(owner) : undefined;
};

const uidOf = ({metadata}: KubeObject): string | undefined => metadata?.uid;

const controllerUid = ({metadata}: KubeObject): string | undefined =>
  metadata?.ownerReferences?.find(({controller}) => controller)?.uid;
