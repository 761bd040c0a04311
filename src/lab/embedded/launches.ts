import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {SIMULATED} from './nodes.ts';
import type {Launch, ProcessName} from './processes.ts';
import type {LabFolder, LabRecord} from './record.ts';
import {commandOf} from './static-pod.ts';

/** The processes of a lab, in the order in which they start. KWOK plays the kubelets of all nodes and is counted to the first. */
export function processesOf({controlPlanes}: LabRecord): ProcessName[] {
  const first = controlPlanes[0] ?? '';
  return [
    {program: 'etcd', node: first},
    ...controlPlanes.map((node) => ({program: 'kube-apiserver', node})),
    {program: 'kube-controller-manager', node: first},
    {program: 'kube-scheduler', node: first},
    {program: 'kwok', node: first},
  ];
}

/** The ports that one of them listens on. */
export function portsOf({ports, controlPlanes}: LabRecord, {program, node}: ProcessName): number[] {
  const own: Record<string, (number | undefined)[]> = {
    etcd: [ports.etcd, ports.etcdPeer, ports.etcdMetrics],
    'kube-apiserver': [ports.apiServers[controlPlanes.indexOf(node)]],
    'kube-controller-manager': [ports.controllerManager],
    'kube-scheduler': [ports.scheduler],
    kwok: [ports.kubelet],
  };
  return own[program]?.filter((port) => port !== undefined) ?? [];
}

/** How to start one of them: what its static pod manifest says now, as a kubelet would do. `programs` is the folder they are in. */
export function launchOf(record: LabRecord, folder: LabFolder, programs: string, {program, node}: ProcessName): Launch {
  const log = folder.log(program, node);
  const executable = join(programs, program);
  if (program === 'kwok') return {program, node, executable, args: kwokFlags(record, folder), log};
  const root = folder.node(node);
  const manifest = readFileSync(join(root, 'etc/kubernetes/manifests', `${program}.yaml`), 'utf8');
  return {program, node, executable, args: commandOf(manifest, root).args, log};
}

function kwokFlags({ports}: LabRecord, {kwok}: LabFolder): string[] {
  const [[annotation, value] = []] = Object.entries(SIMULATED);
  return [
    `--kubeconfig=${join(kwok, 'kubeconfig')}`,
    `--config=${join(kwok, 'stages.yaml')}`,
    `--manage-nodes-with-annotation-selector=${annotation}=${value}`,
    '--node-ip=127.0.0.1',
    `--node-port=${ports.kubelet}`,
    `--server-address=127.0.0.1:${ports.kubelet}`,
    `--tls-cert-file=${join(kwok, 'kubelet.crt')}`,
    `--tls-private-key-file=${join(kwok, 'kubelet.key')}`,
    '--node-lease-duration-seconds=40',
  ];
}
