import type {KubeObject} from '../../src/kube/json.ts';
import type {Workload} from '../../src/rollout/workload.ts';
import type {TestNamespace} from './live.ts';

type WorkloadResource = 'deployments' | 'statefulsets' | 'daemonsets';

/** Over a workload's template, its spec and its metadata. */
export interface Shape {
  readonly annotations?: Record<string, string>;
  readonly templateAnnotations?: Record<string, string>;
  readonly container?: object;
  readonly spec?: object;
}

const workload =
  (kind: string, defaults: object) =>
  (name: string, image: string, {annotations, templateAnnotations, container, spec}: Shape = {}): KubeObject =>
    ({
      apiVersion: 'apps/v1',
      kind,
      metadata: {name, ...(annotations && {annotations})},
      spec: {
        ...defaults,
        selector: {matchLabels: {app: name}},
        template: {
          metadata: {labels: {app: name}, ...(templateAnnotations && {annotations: templateAnnotations})},
          spec: {terminationGracePeriodSeconds: 1, containers: [{name, image, ...container}]},
        },
        ...spec,
      },
    }) as KubeObject;

export const aDeployment = workload('Deployment', {replicas: 2});
export const aStatefulSet = workload('StatefulSet', {replicas: 2, serviceName: 'none'});
export const aDaemonSet = workload('DaemonSet', {});

/** Waits until a workload's template is rolled out and all of its pods are ready. */
export const rolledOut = (namespace: TestNamespace, resource: WorkloadResource, name: string): Promise<object> =>
  namespace.until(resource, name, (object) => isRolledOut(object as Workload));

function isRolledOut({metadata, spec, status}: Workload): boolean {
  if ((status?.observedGeneration ?? 0) < (metadata?.generation ?? 0)) return false;
  if (status && 'desiredNumberScheduled' in status) {
    const {desiredNumberScheduled: desired, updatedNumberScheduled: updated = 0, numberReady: ready} = status;
    return desired > 0 && updated === desired && ready === desired;
  }
  const {updatedReplicas = 0, readyReplicas = 0, replicas: total = 0} = (status ?? {}) as {[field: string]: number};
  const desired = spec && 'replicas' in spec ? spec.replicas : undefined;
  return updatedReplicas === desired && readyReplicas === desired && total === desired;
}
