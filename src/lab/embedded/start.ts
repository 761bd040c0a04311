import type {ChildProcess} from 'node:child_process';
import {readFileSync} from 'node:fs';
import {ExitCode, Problem} from '../../problem.ts';
import type {Step} from '../../progress.ts';
import type {Programs} from '../programs/programs.ts';
import {until} from '../until.ts';
import {LabApi} from './api.ts';
import {hasCurrentStages, writeLab, writeStages} from './create.ts';
import {launchOf, portsOf, processesOf} from './launches.ts';
import {MANIFESTS} from './manifests.ts';
import {nodesOf} from './nodes.ts';
import {askKubelets} from './pods.ts';
import {isFree} from './ports.ts';
import {findProcesses, hasEnded, lastLines, type ProcessName, startProcess} from './processes.ts';
import type {LabFolder, LabRecord} from './record.ts';
import {stopLab} from './stop.ts';

/** Milliseconds. */
const READY_TIMEOUT = 90_000;
const GRACE = 2_000;
/** A program that ended this often and ends again will not come up. */
const RESTARTS = 2;
const LEASES = '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases';
const SERVICE_ACCOUNT = '/api/v1/namespaces/default/serviceaccounts/default';

/** Starts what does not run of a lab. */
export class Start {
  private readonly record: LabRecord;
  private readonly folder: LabFolder;
  private readonly programs: Programs;
  private readonly signal: AbortSignal;
  private readonly before: ReadonlySet<number>;
  private readonly started = new Map<ProcessName, ChildProcess>();

  constructor(record: LabRecord, folder: LabFolder, programs: Programs, signal: AbortSignal) {
    this.record = record;
    this.folder = folder;
    this.programs = programs;
    this.signal = signal;
    this.before = new Set(findProcesses(folder.path).map(({pid}) => pid));
  }

  /** Whether all of it runs and answers. */
  async isUp(): Promise<boolean> {
    if (this.missing().length > 0) return false;
    await using api = this.api();
    const answers = await Promise.all(api.servers.map((server) => api.get('/readyz', this.signal, server)));
    return answers.every(({status}) => status === 200);
  }

  get hasStarted(): boolean {
    return this.started.size > 0;
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
      {title: 'controllers, scheduler and nodes', run: () => this.startRest(executables, existed)},
    ];
  }

  /** Ends what this start began, and nothing else. */
  async undo(): Promise<void> {
    const pids = new Set([...this.started.values()].map((child) => child.pid));
    const kubelets = [...this.started.keys()].filter(({program}) => program === 'kubelet').map(({node}) => node);
    await stopLab(
      this.folder,
      1_000,
      ({pid, node, program}) => pids.has(pid) || (!this.before.has(pid) && program !== 'kwok' && kubelets.includes(node)),
    );
  }

  private missing(): ProcessName[] {
    const running = findProcesses(this.folder.path);
    return processesOf(this.record).filter(
      ({program, node}) => !running.some((process) => process.program === program && process.node === node),
    );
  }

  private async startApi(executables: string): Promise<void> {
    const {record, signal} = this;
    const missing = this.missing();
    const kubelets = missing.filter(({program}) => program === 'kubelet');
    // A program that cannot have its port would say so somewhere in its log.
    for (const name of missing) if (kubelets.some(({node}) => node === name.node)) await checkPorts(record, name);
    this.launch(executables, kubelets);
    await using api = this.api();
    const needed = processesOf(record).filter(({program}) => ['kubelet', 'etcd', 'kube-apiserver'].includes(program));
    await this.waitFor(needed, async () => {
      const answers = await Promise.all(api.servers.map((server) => api.get('/readyz', signal, server)));
      const silent = answers.findIndex(({status}) => status !== 200);
      return silent === -1 ? undefined : `the API server ${api.servers[silent]}`;
    });
  }

  private async startRest(executables: string, existed: boolean): Promise<void> {
    const {signal, record, folder} = this;
    await using api = this.api();
    const nodes = nodesOf(record, process.arch === 'x64' ? 'amd64' : process.arch);
    if (!hasCurrentStages(folder)) await stopLab(folder, GRACE, ({program}) => program === 'kwok');
    const kwok = this.missing().filter(({program}) => program === 'kwok');
    if (kwok.length > 0) {
      writeStages(folder);
      for (const name of kwok) await checkPorts(record, name);
      // A KWOK that was killed still holds its nodes' leases, and its successor would wait for their end.
      await Promise.all(nodes.map(({metadata}) => api.delete(`${LEASES}/${metadata?.name}`, signal)));
      this.launch(executables, kwok);
    }
    await this.waitFor(processesOf(record), async () => {
      const answers = await Promise.all(nodes.map((node) => api.post('/api/v1/nodes', node, signal)));
      const failed = answers.findIndex(({status}) => status !== 201 && status !== 409); // 409: it is there from before
      if (failed !== -1) return `node ${nodes[failed]?.metadata?.name}`;
      if ((await api.get(SERVICE_ACCOUNT, signal)).status !== 200) return 'the service account default';
      if (!allReady(await api.get('/api/v1/nodes', signal))) return 'the nodes';
      // Later on they may be missing for reasons of the user's own.
      return existed || (await this.areMirrored(api)) ? undefined : 'the mirror pods of the control plane';
    });
  }

  private async areMirrored(api: LabApi): Promise<boolean> {
    const {status, body} = await api.get('/api/v1/namespaces/kube-system/pods', this.signal);
    if (status !== 200) return false;
    const {items} = JSON.parse(body) as {items: {metadata: {name: string}}[]};
    const names = new Set(items.map(({metadata}) => metadata.name));
    return processesOf(this.record)
      .filter(isStatic)
      .every(({program, node}) => names.has(`${program}-${node}`));
  }

  private launch(executables: string, names: readonly ProcessName[]): void {
    this.signal.throwIfAborted();
    for (const name of names)
      this.started.set(name, startProcess(this.folder.path, launchOf(this.record, this.folder, executables, name)));
  }

  private api(): LabApi {
    return new LabApi(readFileSync(this.folder.kubeconfig, 'utf8'));
  }

  /** Until these programs run and `ask` names nothing that is still waited for. Gives up at once where one of them will not come up. */
  private async waitFor(programs: readonly ProcessName[], ask: () => Promise<string | undefined>): Promise<void> {
    const {signal, record, folder} = this;
    const since = Date.now();
    let what: string | undefined;
    const isThere = async () => {
      what = this.notRunning(programs, since) ?? (await ask());
      return what === undefined;
    };
    if (await until(isThere, {timeout: READY_TIMEOUT, signal})) return;
    throw new Problem(`lab ${record.name} did not come up`, {
      why: `${what} was not ready after ${READY_TIMEOUT / 1000} s; logs are in ${folder.path}/logs`,
      exitCode: ExitCode.unfinished,
    });
  }

  /** One of these programs that does not run yet. A Problem where one will not: whoever started it saw it end, or its kubelet says so. */
  private notRunning(programs: readonly ProcessName[], since: number): string | undefined {
    for (const [name, child] of this.started) if (hasEnded(child)) throw this.failed(name, 'ended');
    const running = findProcesses(this.folder.path);
    const ask = askKubelets(this.folder, running);
    const absent = programs.find((name) => {
      if (!isStatic(name)) return !running.some((process) => process.program === name.program && process.node === name.node);
      const said = ask(name);
      if (said === 'none')
        throw this.failed(name, 'is not to run', `no manifest in ${this.folder.node(name.node)}${MANIFESTS} asks for it`);
      if (said === 'nothing') return true;
      const {container} = said;
      if (container.state === 'running') return false;
      if (container.reason !== 'CrashLoopBackOff') throw this.failed(name, 'cannot be started', container.message);
      if (container.restarts >= RESTARTS && (container.last?.endedAt ?? 0) >= since) throw this.failed(name, 'keeps ending');
      return true;
    });
    return absent && `${absent.program} on ${absent.node}`;
  }

  private failed({program, node}: ProcessName, what: string, why?: string): Problem {
    const log = this.folder.log(program, node);
    return new Problem(`${program} of lab ${this.record.name} ${what}`, {
      why: why ?? lastLines(log, 3).join('\n'),
      next: why === undefined ? `its log: ${log}` : `the log of its kubelet: ${this.folder.log('kubelet', node)}`,
      exitCode: ExitCode.negative,
    });
  }
}

/** Whether a kubelet runs it. */
const isStatic = ({program}: ProcessName): boolean => program !== 'kubelet' && program !== 'kwok';

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
