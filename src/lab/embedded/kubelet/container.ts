import {setTimeout as sleep} from 'node:timers/promises';
import type {V1Container} from '@kubernetes/client-node';
import type {Json} from '../../../kube/json.ts';
import {type RunningProcess, stopProcesses} from '../processes.ts';
import {type BackOff, nextStart} from './back-off.ts';
import type {Host} from './host.ts';
import {parseLabel} from './label.ts';
import {keyOf, type StaticPod} from './manifest.ts';
import {probeOf} from './probe.ts';
import {adoptContainer, CannotStart, commandOf, type Run, startContainer} from './run.ts';
import type {ContainerState, ContainerStatus, Ended} from './status.ts';

/** Milliseconds. A real node waits as long as the pod says, 30 s for an API server with watches: nobody should have to in a lab. */
const LONGEST_GRACE = 2_000;
const RETRY_PROBE = 500;

/** Keeps one container of a static pod running until it is stopped. */
export class ContainerRunner {
  private readonly pod: StaticPod;
  private readonly container: Json<V1Container>;
  private readonly host: Host;
  private readonly stopping = new AbortController();
  private readonly stopped: Promise<void>;
  private readonly done: Promise<void>;
  private state: ContainerState = {state: 'waiting', reason: 'ContainerCreating'};
  private ready = false;
  private restarts: number;
  private last: Ended | undefined;

  /** `running`: its process, where it runs already. */
  constructor(pod: StaticPod, container: Json<V1Container>, host: Host, running: RunningProcess | undefined) {
    this.pod = pod;
    this.container = container;
    this.host = host;
    this.restarts = parseLabel(running?.container)?.restarts ?? 0;
    this.stopped = new Promise((resolve) => this.stopping.signal.addEventListener('abort', () => resolve(), {once: true}));
    this.done = this.keepRunning(running);
  }

  get status(): ContainerStatus {
    const {container, state, ready, restarts, last} = this;
    return {name: container.name, program: commandOf(container).program, ...state, ready, restarts, ...(last && {last})};
  }

  /** Resolves when its process is gone. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.done;
  }

  private async keepRunning(running: RunningProcess | undefined): Promise<void> {
    const {signal} = this.stopping;
    let backOff: BackOff | undefined;
    let run = running && adoptContainer(running, this.host, signal);
    if (run) this.log(`${run.process.program} runs already, pid ${run.process.pid}`);
    while (!signal.aborted) {
      run ??= this.start();
      if (run) await this.follow(run);
      if (signal.aborted) return;
      const next = nextStart(backOff, Date.now());
      backOff = next.backOff;
      await this.waitUntil(next.startAt, run !== undefined);
      run = undefined;
    }
  }

  private start(): Run | undefined {
    try {
      const run = startContainer(this.pod, this.container, this.host, this.restarts);
      this.log(`started ${run.process.program}, pid ${run.process.pid}`);
      return run;
    } catch (error) {
      const reason = error instanceof CannotStart ? error.reason : 'CreateContainerError';
      const message = error instanceof Error ? error.message : String(error);
      this.log(message);
      this.enter({state: 'waiting', reason, message});
      return undefined;
    }
  }

  /** Until it ends by itself, or was stopped. */
  private async follow({process, startedAt, ended}: Run): Promise<void> {
    this.enter({state: 'running', pid: process.pid, startedAt});
    const over = new AbortController();
    const probing = this.keepProbing(over.signal);
    await Promise.race([ended, this.stopped]);
    over.abort();
    await probing;
    if (this.stopping.signal.aborted) {
      await stopProcesses(this.host.lab.path, [process], Math.min(this.pod.grace, LONGEST_GRACE));
      this.log(`stopped ${process.program}, pid ${process.pid}`);
      return;
    }
    const exitCode = await ended;
    this.last = {exitCode, startedAt, endedAt: Date.now()};
    this.log(`${process.program} ended${exitCode === undefined ? '' : ` with exit code ${exitCode}`}, pid ${process.pid}`);
  }

  private async keepProbing(signal: AbortSignal): Promise<void> {
    const probe = probeOf(this.container);
    if (!probe) return this.become(true);
    for (let failures = 0; !signal.aborted; ) {
      const answer = await probe.ask(signal);
      if (signal.aborted) return;
      failures = answer ? 0 : failures + 1;
      if (answer || failures >= probe.failures) this.become(answer);
      if (answer && probe.once) return;
      await pause(answer ? probe.period : Math.min(probe.period, RETRY_PROBE), signal);
    }
  }

  private async waitUntil(startAt: number, isRestart: boolean): Promise<void> {
    const delay = startAt - Date.now();
    if (delay > 0) {
      const message = `back-off ${Math.round(delay / 1000)}s restarting failed container=${this.container.name} pod=${this.pod.name}`;
      this.log(message);
      if (isRestart) this.enter({state: 'waiting', reason: 'CrashLoopBackOff', message});
      await pause(delay, this.stopping.signal);
    }
    if (isRestart) this.restarts += 1;
  }

  private enter(state: ContainerState): void {
    this.state = state;
    this.ready = false;
    this.host.changed();
  }

  private become(ready: boolean): void {
    if (this.ready === ready) return;
    this.ready = ready;
    this.host.changed();
  }

  private log(line: string): void {
    this.host.log(`${keyOf(this.pod)}: ${line}`);
  }
}

const pause = (milliseconds: number, signal: AbortSignal): Promise<void> =>
  sleep(milliseconds, undefined, {signal}).catch(() => {}); // only ever rejects when the signal aborts
