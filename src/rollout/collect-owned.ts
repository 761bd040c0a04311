import type {CoreV1Event, V1ControllerRevision, V1Pod, V1ReplicaSet} from '@kubernetes/client-node';
import type {Json, KubeObject} from '../kube/json.ts';
import {revisionsOf} from './revisions.ts';
import type {Situation} from './situation.ts';
import type {Workload} from './workload.ts';

/** What the API server has around workloads: in any order, and of any owner. */
export interface Surroundings {
  readonly replicaSets: Iterable<Json<V1ReplicaSet>>;
  readonly controllerRevisions: Iterable<Json<V1ControllerRevision>>;
  readonly pods: Iterable<Json<V1Pod>>;
  readonly events: Iterable<Json<CoreV1Event>>;
}

/**
 * Gives each workload what is its own. Owner is who the controller reference names by UID: labels alone would take in pods of another
 * workload whose selector overlaps, and those of a workload of the same name that was deleted.
 */
export function situationsOf(workloads: Iterable<Workload>, surroundings: Surroundings): Situation[] {
  const replicaSets = Map.groupBy(surroundings.replicaSets, controllerUid);
  const controllerRevisions = Map.groupBy(surroundings.controllerRevisions, controllerUid);
  const podsByOwner = Map.groupBy(surroundings.pods, controllerUid);
  const eventsByObject = Map.groupBy(surroundings.events, ({involvedObject}) => involvedObject.uid);

  return Array.from(workloads, (workload): Situation => {
    const uid = workload.metadata?.uid;
    const objects = (workload.kind === 'Deployment' ? replicaSets : controllerRevisions).get(uid) ?? [];
    const owners = workload.kind === 'Deployment' ? objects.map(uidOf) : [uid];
    const pods = owners.flatMap((owner) => podsByOwner.get(owner) ?? []);
    const events = [uid, ...objects.map(uidOf), ...pods.map(uidOf)].flatMap((about) => eventsByObject.get(about) ?? []);
    return {workload, revisions: revisionsOf(workload, objects, pods), pods, events};
  });
}

const uidOf = ({metadata}: KubeObject): string | undefined => metadata?.uid;

const controllerUid = ({metadata}: KubeObject): string | undefined =>
  metadata?.ownerReferences?.find(({controller}) => controller)?.uid;
