import type {ChildProcess} from 'node:child_process';
import {readFileSync} from 'node:fs';
import {ExitCode, Problem} from '../../problem.ts';
import type {Step} from '../../progress.ts';
import type {Programs} from '../programs/programs.ts';
import {until} from '../until.ts';
import {LabApi} from './api.ts';
import {writeLab, writeStages} from './create.ts';
import {launchOf, portsOf, processesOf} from './launches.ts';
import {nodesOf} from './nodes.ts';
import {isFree} from './ports.ts';
import {findProcesses, hasEnded, lastLines, type ProcessName, startProcess, stopProcesses} from './processes.ts';
import type {LabFolder, LabRecord} from './record.ts';

/** Milliseconds. */
const READY_TIMEOUT = 90_000;
const LEASES = '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases';
const SERVICE_ACCOUNT = '/api/v1/namespaces/default/serviceaccounts/default';

/** Starts what does not run of a lab. */
export class Start {
  private readonly record: LabRecord;
  private readonly folder: LabFolder;
  private readonly programs: Programs;
  private readonly signal: AbortSignal;
  private readonly started = new Map<ProcessName, ChildProcess>();

  constructor(record: LabRecord, folder: LabFolder, programs: Programs, signal: AbortSignal) {
    this.record = record;
    this.folder = folder;
    this.programs = programs;
    this.signal = signal;
  }

  missing(): ProcessName[] {
    const running = findProcesses(this.folder.path);
    return processesOf(this.record).filter(
      ({program, node}) => !running.some((process) => process.program === program && process.node === node),
    );
  }

  steps(existed: boolean): Step[] {
    const {programs, signal, folder, record} = this;
    let executables = programs.cached() ?? '';
    const fetching: Step = {
      title: "the lab's programs",
      run: async (detail) => {
        executables = await programs.fetch(detail, signal);
      },
    };
    const writing: Step = {title: 'certificates and manifests', run: () => writeLab(record, folder)};
    return [
      ...(executables === '' ? [fetching] : []),
      ...(existed ? [] : [writing]),
      {title: 'etcd and kube-apiserver', run: () => this.startApi(executables)},
      {title: 'controllers, scheduler and nodes', run: () => this.startRest(executables)},
    ];
  }

  /** Ends what this start began, and nothing else. */
  async undo(): Promise<void> {
    const pids = new Set([...this.started.values()].map((child) => child.pid));
    const mine = findProcesses(this.folder.path).filter(({pid}) => pids.has(pid));
    await stopProcesses(this.folder.path, mine, 1_000);
  }

  private async startApi(executables: string): Promise<void> {
    await this.launch(executables, ['etcd', 'kube-apiserver']);
    await using api = this.api();
    await Promise.all(
      api.servers.map((server) =>
        this.waitFor(`the API server ${server}`, async () => (await api.get('/readyz', this.signal, server)).status === 200),
      ),
    );
  }

  private async startRest(executables: string): Promise<void> {
    const {signal, record} = this;
    await using api = this.api();
    const nodes = nodesOf(record, process.arch === 'x64' ? 'amd64' : process.arch);
    await this.launch(executables, ['kube-controller-manager', 'kube-scheduler']);
    if (this.missing().some(({program}) => program === 'kwok')) {
      writeStages(this.folder);
      // A KWOK that was killed still holds its nodes' leases, and its successor would wait for their end.
      await Promise.all(nodes.map(({metadata}) => api.delete(`${LEASES}/${metadata?.name}`, signal)));
      await this.launch(executables, ['kwok']);
    }
    await Promise.all(
      nodes.map((node) =>
        this.waitFor(`node ${node.metadata?.name}`, async () => {
          const {status} = await api.post('/api/v1/nodes', node, signal);
          return status === 201 || status === 409; // 409: it is there from before
        }),
      ),
    );
    await this.waitFor('the service account default', async () => (await api.get(SERVICE_ACCOUNT, signal)).status === 200);
    await this.waitFor('the nodes', async () => allReady(await api.get('/api/v1/nodes', signal)));
  }

  /** Starts those of these programs that do not run. */
  private async launch(executables: string, programs: readonly string[]): Promise<void> {
    const {record, folder, signal} = this;
    const missing = this.missing().filter(({program}) => programs.includes(program));
    for (const name of missing) await checkPorts(record, name);
    signal.throwIfAborted();
    for (const name of missing) this.started.set(name, startProcess(folder.path, launchOf(record, folder, executables, name)));
  }

  private api(): LabApi {
    return new LabApi(readFileSync(this.folder.kubeconfig, 'utf8'));
  }

  /** Gives up at once when one of the processes dies. */
  private async waitFor(what: string, ask: () => Promise<boolean>): Promise<void> {
    const {signal} = this;
    const there = await until(
      async () => {
        this.checkAlive();
        return ask();
      },
      {timeout: READY_TIMEOUT, signal},
    );
    if (there) return;
    throw new Problem(`lab ${this.record.name} did not come up`, {
      why: `${what} was not ready after ${READY_TIMEOUT / 1000} s; logs are in ${this.folder.path}/logs`,
      exitCode: ExitCode.unfinished,
    });
  }

  private checkAlive(): void {
    for (const [{program, node}, child] of this.started) {
      if (!hasEnded(child)) continue;
      throw new Problem(`${program} of lab ${this.record.name} ended`, {
        why: lastLines(this.folder.log(program, node), 3).join('\n'),
        next: `its log: ${this.folder.log(program, node)}`,
        exitCode: ExitCode.negative,
      });
    }
  }
}

/** A program that cannot have its port would say so somewhere in its log. */
async function checkPorts(record: LabRecord, {program, node}: ProcessName): Promise<void> {
  for (const port of portsOf(record, {program, node})) {
    if (await isFree(port)) continue;
    throw new Problem(`${program} of lab ${record.name} cannot start`, {
      why: `its port, ${port} on 127.0.0.1, is taken by another program`,
      next: `end that program, or start afresh: kops lab down --name ${record.name}`,
      exitCode: ExitCode.negative,
    });
  }
}

function allReady({status, body}: {status: number; body: string}): boolean {
  if (status !== 200) return false;
  const {items} = JSON.parse(body) as {items: {status?: {conditions?: {type: string; status: string}[]}}[]};
  return items.every((node) => node.status?.conditions?.some((c) => c.type === 'Ready' && c.status === 'True'));
}
