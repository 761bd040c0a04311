/** Objects of the API as tests need them: whole, typed, and healthy unless told otherwise. */
export {ago, NOW, uidOf} from './builders/base.ts';
export {type EventState, event} from './builders/events.ts';
export {type ContainerState, type PodState, pod} from './builders/pods.ts';
export {controllerRevision, replicaSet, revisionOf, situation} from './builders/revisions.ts';
export {
  type DeploymentState,
  daemonSet,
  deployment,
  type StatefulSetState,
  statefulSet,
  type TemplateState,
  template,
} from './builders/workloads.ts';
