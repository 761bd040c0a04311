import {join} from 'node:path';
import {packageRoot} from '../../root.ts';
import {SIMULATED} from './nodes.ts';
import type {Launch, ProcessName} from './processes.ts';
import type {LabFolder, LabRecord} from './record.ts';

/**
 * The processes of a lab. A kubelet runs the static pods of its control plane; as for other pods and the nodes themselves, KWOK plays the
 * kubelets of all of them, and is counted to the first.
 */
export function processesOf({controlPlanes}: LabRecord): ProcessName[] {
  const first = controlPlanes[0] ?? '';
  return [
    ...controlPlanes.map((node) => ({program: 'kubelet', node})),
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

/** How to start what is no static pod. `programs` is the folder of the lab's programs. */
export function launchOf(record: LabRecord, folder: LabFolder, programs: string, {program, node}: ProcessName): Launch {
  const own = {program, node, log: folder.log(program, node)};
  if (program === 'kwok') return {...own, executable: join(programs, program), args: kwokFlags(record, folder)};
  return {...own, executable: process.execPath, args: [kubeletScript(), folder.path, node, programs]};
}

/** Beside this file where kops runs from its sources, else a file of the bundle. */
const kubeletScript = (): string =>
  join(packageRoot(), import.meta.url.endsWith('.ts') ? 'src/lab/embedded/kubelet/main.ts' : 'dist/kubelet.js');

function kwokFlags({ports}: LabRecord, {kwok, stages}: LabFolder): string[] {
  const [[annotation, value] = []] = Object.entries(SIMULATED);
  return [
    `--kubeconfig=${join(kwok, 'kubeconfig')}`,
    `--config=${stages}`,
    `--manage-nodes-with-annotation-selector=${annotation}=${value}`,
    '--node-ip=127.0.0.1',
    `--node-port=${ports.kubelet}`,
    `--server-address=127.0.0.1:${ports.kubelet}`,
    `--tls-cert-file=${join(kwok, 'kubelet.crt')}`,
    `--tls-private-key-file=${join(kwok, 'kubelet.key')}`,
    '--node-lease-duration-seconds=40',
  ];
}
