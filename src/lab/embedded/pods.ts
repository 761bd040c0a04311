import {type ContainerStatus, readPodsStatus} from './kubelet/status.ts';
import {findProcesses, type ProcessName} from './processes.ts';
import type {LabFolder} from './record.ts';

/** What a node's kubelet says of the container that runs this program. */
export type Said =
  | {readonly container: ContainerStatus}
  /** `none`: it has no such container; `nothing`: it does not run, or has not spoken yet. */
  | 'none'
  | 'nothing';

/** Asks the kubelets of a lab about its static pods, as of now. */
export function askKubelets(folder: LabFolder, running = findProcesses(folder.path)): (process: ProcessName) => Said {
  const pidOf = (node: string) => running.find((process) => process.program === 'kubelet' && process.node === node)?.pid;
  return ({program, node}) => {
    const containers = readPodsStatus(folder.pods(node), pidOf(node))?.pods.flatMap((pod) => pod.containers);
    if (!containers) return 'nothing';
    const container = containers.find((candidate) => candidate.program === program);
    return container ? {container} : 'none';
  };
}

/** Why a program does not run, in a few words; undefined where its kubelet does not say. */
export function whyNot(said: Said): string | undefined {
  if (said === 'nothing') return undefined;
  if (said === 'none') return 'no manifest of its node asks for it';
  const {container} = said;
  if (container.state === 'running') return undefined;
  if (container.reason === 'CrashLoopBackOff') return `it keeps ending: ${container.restarts} restarts, ${container.message}`;
  return `${container.reason}${container.message === undefined ? '' : `: ${container.message}`}`;
}
