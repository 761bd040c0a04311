import type {LabFolder} from '../record.ts';

/** The node that a kubelet works for. */
export interface Host {
  readonly lab: LabFolder;
  readonly node: string;
  /** The folder of the lab's programs. */
  readonly programs: string;
  log(line: string): void;
  /** To be called whenever the status of a container is another. */
  changed(): void;
}

/** Where the lab keeps what is a container's own; gone with its pod. */
export function foldersOf({lab, node}: Host, pod: string): {all: string; volumes: string; rootfs(container: string): string} {
  const all = `${lab.containers(node)}/${pod}`;
  return {all, volumes: `${all}/volumes`, rootfs: (container) => `${all}/rootfs/${container}`};
}
