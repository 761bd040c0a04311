import type {CoreV1Event, V1ControllerRevision, V1Pod, V1PodTemplateSpec, V1ReplicaSet} from '@kubernetes/client-node';
import type {Json} from '../kube/json.ts';
import type {Workload} from './workload.ts';

/** One state of a workload's pod template that the cluster keeps: a ReplicaSet of a Deployment, else a ControllerRevision. */
export interface Revision {
  readonly number: number;
  /** Of the ReplicaSet or ControllerRevision. */
  readonly name: string;
  readonly uid: string;
  /** RFC 3339. */
  readonly createdAt: string;
  /** Without `pod-template-hash`. */
  readonly template: Json<V1PodTemplateSpec>;
  /** Pods of this revision. A ReplicaSet says so itself; otherwise counted. */
  readonly replicas: number;
  /** `kubernetes.io/change-cause`; copied by the controller, so a stale one persists. */
  readonly changeCause: string | undefined;
  /** Whether the workload's template is this one. */
  readonly current: boolean;
  readonly object: Json<V1ReplicaSet> | Json<V1ControllerRevision>;
}

/** All that is known of one workload at one moment: what assessing, diagnosing and drawing start from. */
export interface Situation {
  readonly workload: Workload;
  /** Oldest (lowest number) first; only those whose controller is this workload (by UID). */
  readonly revisions: readonly Revision[];
  /** Only those this workload controls, directly or through a ReplicaSet. */
  readonly pods: readonly Json<V1Pod>[];
  /** Of the workload, its ReplicaSets and its pods; by involvedObject.uid. */
  readonly events: readonly Json<CoreV1Event>[];
}
