import {join} from 'node:path';

/** The ports of a lab on loopback. */
export interface LabPorts {
  readonly etcd: number;
  readonly etcdPeer: number;
  readonly etcdMetrics: number;
  readonly controllerManager: number;
  readonly scheduler: number;
  /** KWOK's kubelet API: logs and exec of simulated pods. */
  readonly kubelet: number;
  /** One per control plane. */
  readonly apiServers: readonly number[];
}

/** All that must be remembered of a lab; written before anything else of it is made, so that `down` can always find it. */
export interface LabRecord {
  readonly name: string;
  readonly driver: 'embedded';
  /** `v1.37.2` */
  readonly kubernetes: string;
  /** RFC 3339. */
  readonly createdAt: string;
  readonly controlPlanes: readonly string[];
  readonly workers: readonly string[];
  readonly ports: LabPorts;
  /** Absolute paths of the kubeconfig files that have its contexts. */
  readonly kubeconfigs?: readonly string[];
}

/** Where things are in a lab's folder. */
export class LabFolder {
  readonly path: string;
  constructor(path: string) {
    this.path = path;
  }
  get record(): string {
    return join(this.path, 'lab.json');
  }
  /** Written when the lab was up for the first time. */
  get created(): string {
    return join(this.path, 'created');
  }
  /** What stands for `/` on that node. */
  node(name: string): string {
    return join(this.path, 'nodes', name);
  }
  /** Where that node's static pods are, and what is empty of each container: what stands for its image's file system. */
  containers(node: string): string {
    return join(this.path, 'containers', node);
  }
  /** What that node's kubelet says of its pods. */
  pods(node: string): string {
    return join(this.path, 'containers', `${node}.json`);
  }
  get kubeconfig(): string {
    return join(this.path, 'kubeconfig');
  }
  /** The credentials and files of KWOK, which plays the kubelets of all nodes. */
  get kwok(): string {
    return join(this.path, 'kwok');
  }
  get stages(): string {
    return join(this.kwok, 'stages.yaml');
  }
  log(program: string, node: string): string {
    return join(this.path, 'logs', `${node}.${program}.log`);
  }
}
