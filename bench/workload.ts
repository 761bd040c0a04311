import type {KubeObject} from '../src/kube/json.ts';

/** A Deployment whose pods are ready as soon as the lab's simulated kubelet sees them. */
export function deployment(
  name: string,
  options: {
    replicas: number;
    image: string;
    fault?: string;
    strategy?: {maxSurge: number | string; maxUnavailable: number | string};
  },
): KubeObject {
  const labels = {app: name};
  const annotations = options.fault === undefined ? {} : {'lab.kops.dev/fault': options.fault};
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: {name},
    spec: {
      replicas: options.replicas,
      selector: {matchLabels: labels},
      ...(options.strategy && {strategy: {type: 'RollingUpdate', rollingUpdate: options.strategy}}),
      template: {metadata: {labels, annotations}, spec: {containers: [{name: 'web', image: options.image}]}},
    },
  } as KubeObject;
}
