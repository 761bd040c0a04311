import {findProcesses, type RunningProcess, stopProcesses} from './processes.ts';
import type {LabFolder} from './record.ts';

/** What stops first: who would start others again; the store goes last. */
const ORDER = [['kubelet'], ['kwok', 'kube-controller-manager', 'kube-scheduler'], ['kube-apiserver'], ['etcd']];

/** Ends the lab's processes that are meant, by SIGTERM and, after `grace` milliseconds, SIGKILL. Resolves when they are gone. */
export async function stopLab(
  {path}: LabFolder,
  grace: number,
  isMeant: (process: RunningProcess) => boolean = () => true,
): Promise<void> {
  for (const programs of ORDER) {
    const batch = findProcesses(path).filter(({program}) => programs.includes(program));
    await stopProcesses(path, batch.filter(isMeant), grace);
  }
  await stopProcesses(path, findProcesses(path).filter(isMeant), grace);
}
