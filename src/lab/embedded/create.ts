import {existsSync, mkdirSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {packageRoot} from '../../root.ts';
import type {LabSpec} from '../driver.ts';
import {controlPlaneNames, workerNames} from '../names.ts';
import {KUBERNETES_VERSION} from '../programs/names.ts';
import {MANIFESTS, manifestsOf} from './manifests.ts';
import {createCredentials} from './pki.ts';
import {freePorts} from './ports.ts';
import type {LabFolder, LabPorts, LabRecord} from './record.ts';
import {readStages} from './stages.ts';
import {readRecords, writePrivate} from './store.ts';

const WORKERS = 2;

/** Decides everything about a new lab: its nodes and its ports, which no other lab below `labs` has. */
export async function planLab({name, controlPlanes = 1, workers = WORKERS}: LabSpec, labs: string): Promise<LabRecord> {
  const reserved = new Set(readRecords(labs).flatMap((record) => Object.values(record.ports).flat() as number[]));
  return {
    name,
    driver: 'embedded',
    kubernetes: KUBERNETES_VERSION,
    createdAt: new Date().toISOString(),
    controlPlanes: controlPlaneNames(name, controlPlanes),
    workers: workerNames(name, workers),
    ports: assign(await freePorts(6 + controlPlanes, reserved, Math.random)),
  };
}

function assign([
  etcd = 0,
  etcdPeer = 0,
  etcdMetrics = 0,
  controllerManager = 0,
  scheduler = 0,
  kubelet = 0,
  ...apiServers
]: number[]): LabPorts {
  return {etcd, etcdPeer, etcdMetrics, controllerManager, scheduler, kubelet, apiServers};
}

/** Writes certificates, kubeconfigs and manifests of a new lab, laid out per control plane as kubeadm does. */
export async function writeLab(record: LabRecord, folder: LabFolder): Promise<void> {
  const credentials = await createCredentials(record, Date.now());
  for (const node of record.controlPlanes) {
    const root = folder.node(node);
    mkdirSync(join(root, 'var/lib/etcd'), {recursive: true, mode: 0o700});
    for (const [path, content] of credentials.nodes.get(node) ?? []) writePrivate(join(root, path), content);
    for (const [file, content] of manifestsOf(record, node)) {
      writePrivate(join(root, MANIFESTS, file), content);
    }
  }
  const {kubeconfig, certificate, key} = credentials.kwok;
  writePrivate(join(folder.kwok, 'kubeconfig'), kubeconfig);
  writePrivate(join(folder.kwok, 'kubelet.crt'), certificate);
  writePrivate(join(folder.kwok, 'kubelet.key'), key);
  writePrivate(folder.kubeconfig, credentials.admin);
}

/** How simulated nodes and pods behave: the package's own Stage files, as of this start. */
export function writeStages(folder: LabFolder): void {
  writePrivate(folder.stages, currentStages());
}

/** Whether the lab's KWOK has been given those; not where an older kops started it. */
export const hasCurrentStages = (folder: LabFolder): boolean =>
  existsSync(folder.stages) && readFileSync(folder.stages, 'utf8') === currentStages();

const currentStages = (): string => readStages(join(packageRoot(), 'src/lab/stages'));
