import type {V1Node} from '@kubernetes/client-node';
import type {Json} from '../../kube/json.ts';
import type {LabRecord} from './record.ts';

/** KWOK plays the kubelet of nodes that have it. */
export const SIMULATED = {'kwok.x-k8s.io/node': 'fake'} as const;

const CAPACITY = {cpu: '8', memory: '32Gi', 'ephemeral-storage': '100Gi', pods: '110'};

/** The nodes of a lab as a kubelet would register them; KWOK fills in the conditions. */
export function nodesOf({name, controlPlanes, workers, kubernetes}: LabRecord, architecture: string): Json<V1Node>[] {
  const tainted = workers.length > 0;
  return [
    ...controlPlanes.map((node) =>
      register(node, {'node-role.kubernetes.io/control-plane': ''}, tainted ? [CONTROL_PLANE_TAINT] : []),
    ),
    ...workers.map((node) => register(node, {}, [])),
  ];

  function register(node: string, labels: Record<string, string>, taints: {key: string; effect: string}[]): Json<V1Node> {
    return {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: {
        name: node,
        annotations: {...SIMULATED, 'node.alpha.kubernetes.io/ttl': '0'},
        labels: {
          'beta.kubernetes.io/arch': architecture,
          'beta.kubernetes.io/os': 'linux',
          'kubernetes.io/arch': architecture,
          'kubernetes.io/hostname': node,
          'kubernetes.io/os': 'linux',
          ...labels,
        },
      },
      spec: {providerID: `kops://${name}/${node}`, ...(taints.length > 0 && {taints})},
      status: {
        allocatable: CAPACITY,
        capacity: CAPACITY,
        nodeInfo: {
          architecture,
          bootID: '',
          containerRuntimeVersion: 'kwok://0.8.0',
          kernelVersion: '',
          kubeProxyVersion: '',
          kubeletVersion: kubernetes,
          machineID: '',
          operatingSystem: 'linux',
          osImage: 'KWOK (simulated)',
          systemUUID: '',
        },
      },
    };
  }
}

const CONTROL_PLANE_TAINT = {key: 'node-role.kubernetes.io/control-plane', effect: 'NoSchedule'};
