import {rmSync} from 'node:fs';
import type {RunningProcess} from '../processes.ts';
import {ContainerRunner} from './container.ts';
import {foldersOf, type Host} from './host.ts';
import {parseLabel} from './label.ts';
import {keyOf, type StaticPod} from './manifest.ts';
import type {ContainerStatus, PodStatus} from './status.ts';

/** A static pod that runs. */
export class PodRunner {
  readonly pod: StaticPod;
  /** Milliseconds since 1970. */
  readonly startedAt = Date.now();
  private readonly host: Host;
  private readonly runners: readonly ContainerRunner[];

  /** `running`: processes of its containers that run already. */
  constructor(pod: StaticPod, host: Host, running: readonly RunningProcess[]) {
    this.pod = pod;
    this.host = host;
    const processOf = (name: string) => running.find(({container}) => parseLabel(container)?.container === name);
    this.runners = pod.containers.map((container) => new ContainerRunner(pod, container, host, processOf(container.name)));
  }

  get containers(): readonly ContainerStatus[] {
    return this.runners.map(({status}) => status);
  }

  get status(): PodStatus {
    const {name, namespace, uid, file} = this.pod;
    return {name, namespace, uid, file, containers: this.containers};
  }

  async stop(): Promise<void> {
    await Promise.all(this.runners.map((runner) => runner.stop()));
    rmSync(foldersOf(this.host, this.pod.name).all, {recursive: true, force: true});
  }
}

/** Runs the static pods that are wanted: of each name one at a time, the next when the last process of the one before is gone. */
export class StaticPods {
  private readonly host: Host;
  private wanted: ReadonlyMap<string, StaticPod> = new Map();
  private readonly runners = new Map<string, PodRunner>();
  private readonly busy = new Set<string>();

  constructor(host: Host) {
    this.host = host;
  }

  get running(): readonly PodRunner[] {
    return [...this.runners.values()];
  }

  /** `running`: containers' processes that run already; those that are not adopted must have been stopped. */
  want(pods: ReadonlyMap<string, StaticPod>, running: readonly RunningProcess[] = []): void {
    this.wanted = new Map(pods);
    for (const key of new Set([...this.wanted.keys(), ...this.runners.keys()])) void this.reconcile(key, running);
  }

  private async reconcile(key: string, running: readonly RunningProcess[]): Promise<void> {
    if (this.busy.has(key)) return;
    this.busy.add(key);
    try {
      for (;;) {
        const wanted = this.wanted.get(key);
        const runner = this.runners.get(key);
        if (wanted?.uid === runner?.pod.uid) return;
        if (runner) {
          this.host.log(`${key}: ${wanted ? `another pod now, by ${wanted.file}` : 'no manifest has it any more'}; stopping it`);
          await runner.stop();
          this.runners.delete(key);
        } else if (wanted) {
          this.host.log(`${key}: ${wanted.file} asks for it, hash ${wanted.uid}`);
          this.runners.set(
            key,
            new PodRunner(
              wanted,
              this.host,
              running.filter((process) => isOf(process, wanted)),
            ),
          );
        }
        this.host.changed();
      }
    } finally {
      this.busy.delete(key);
    }
  }
}

/** Whether this process is a container of this very pod. */
export function isOf({container}: RunningProcess, pod: StaticPod): boolean {
  const label = parseLabel(container);
  return label?.uid === pod.uid && label.pod === keyOf(pod) && pod.containers.some(({name}) => name === label.container);
}
