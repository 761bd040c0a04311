import {type ChildProcess, spawn} from 'node:child_process';
import {closeSync, fstatSync, mkdirSync, openSync, readdirSync, readFileSync, readlinkSync, readSync} from 'node:fs';
import {basename, dirname} from 'node:path';
import {until} from '../until.ts';

/**
 * What a lab's process carries in its environment, and is known by from then on: unlike a pid in a file it cannot point at a stranger,
 * and it is there from the process's first moment, whatever becomes of the command that started it.
 */
const MARK = 'KOPS_LAB_PROCESS';
/** What else a container of a static pod carries: which one it is. */
const CONTAINER_MARK = 'KOPS_LAB_CONTAINER';

export interface ProcessName {
  readonly program: string;
  readonly node: string;
}

export interface RunningProcess extends ProcessName {
  readonly pid: number;
  /** What `Launch.container` said. */
  readonly container?: string;
}

export interface Launch extends ProcessName {
  /** Path of the executable. */
  readonly executable: string;
  readonly args: readonly string[];
  readonly log: string;
  /** The lab's folder where left out. */
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Of a static pod's container: whatever it is to be known by. */
  readonly container?: string;
}

const markOf = (lab: string, {program, node}: ProcessName): string => `${lab}\t${node}\t${program}`;

/** Starts a process of the lab in this folder, in a session of its own: it outlives this command and does not get its Ctrl-C. */
export function startProcess(lab: string, {executable, args, log, cwd = lab, env, container, ...name}: Launch): ChildProcess {
  mkdirSync(dirname(log), {recursive: true, mode: 0o700});
  const output = openSync(log, 'a', 0o600);
  try {
    const child = spawn(executable, args, {
      detached: true,
      stdio: ['ignore', output, output],
      cwd,
      // No proxy: everything is on loopback.
      env: {
        PATH: process.env.PATH,
        HOME: lab,
        ...env,
        ...(container !== undefined && {[CONTAINER_MARK]: container}),
        [MARK]: markOf(lab, name),
      },
    });
    child.once('error', () => {}); // an executable that is gone: it has no pid, and whoever waits for it sees that
    child.unref();
    return child;
  } finally {
    closeSync(output);
  }
}

const CONTAINER = `${CONTAINER_MARK}=`;

/** The live processes of the lab in this folder. A process that is dead but not yet reaped has no environment any more. */
export function findProcesses(lab: string): RunningProcess[] {
  const start = `${MARK}=${lab}\t`;
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .flatMap((entry) => {
      const environment = environmentOf(Number(entry));
      const mark = environment.find((variable) => variable.startsWith(start));
      const [node, program] = mark?.slice(start.length).split('\t') ?? [];
      const container = environment.find((variable) => variable.startsWith(CONTAINER))?.slice(CONTAINER.length);
      return node && program ? [{pid: Number(entry), node, program, ...(container !== undefined && {container})}] : [];
    });
}

/** SIGTERM, and SIGKILL to what still runs after `grace` milliseconds; resolves when all are gone. */
export async function stopProcesses(lab: string, processes: readonly RunningProcess[], grace: number): Promise<void> {
  const signal = new AbortController().signal; // whoever interrupts a clean-up would leave processes behind
  await Promise.all(
    processes.map(async (process) => {
      const gone = () => !isRunning(lab, process);
      if (gone()) return;
      send(process.pid, 'SIGTERM');
      if (await until(gone, {timeout: grace, signal})) return;
      send(process.pid, 'SIGKILL');
      await until(gone, {timeout: 10_000, signal});
    }),
  );
}

/** Whether it still runs, and is not another process that got its number. */
export function isRunning(lab: string, process: RunningProcess): boolean {
  const environment = environmentOf(process.pid);
  const isSame = process.container === undefined || environment.includes(CONTAINER + process.container);
  return isSame && environment.includes(`${MARK}=${markOf(lab, process)}`);
}

export const hasEnded = ({pid, exitCode, signalCode}: ChildProcess): boolean =>
  pid === undefined || exitCode !== null || signalCode !== null;

/** Bytes of a log that are looked at: nobody rotates them. */
const TAIL = 16 * 1024;

/** The last lines a process wrote. */
export function lastLines(log: string, count: number): string[] {
  try {
    return tailOf(log).trimEnd().split('\n').slice(-count);
  } catch {
    return [`${basename(log)} cannot be read`];
  }
}

function tailOf(path: string): string {
  const file = openSync(path, 'r');
  try {
    const bytes = Buffer.alloc(TAIL);
    const read = readSync(file, bytes, 0, TAIL, Math.max(0, fstatSync(file).size - TAIL));
    return bytes.toString('utf8', 0, read);
  } finally {
    closeSync(file);
  }
}

/** Milliseconds a process may take to become another program. */
const EXEC_TIME = 1_000;

function environmentOf(pid: number): string[] {
  try {
    const end = Date.now() + EXEC_TIME;
    let environment = readEnvironment(pid);
    while (environment === '' && !hasNoVariables(pid) && Date.now() < end) {
      pause(1);
      environment = readEnvironment(pid);
    }
    return environment.split('\0');
  } catch {
    return []; // someone else's, or gone
  }
}

const readEnvironment = (pid: number): string => readFileSync(`/proc/${pid}/environ`, 'utf8');

/**
 * Whether an environment is empty because there is nothing in it. Within execve(2) it has no addresses yet. Throws where there is no program
 * at all: the process is dead, or one of the kernel's own. Source: proc_pid_stat(5), fields 50 and 51 (env_start, env_end).
 */
function hasNoVariables(pid: number): boolean {
  readlinkSync(`/proc/${pid}/exe`);
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' '); // from the third on: a name may hold spaces
  const [start, end] = [fields[50 - 3], fields[51 - 3]];
  return end !== '0' && start === end;
}

/** A pause that is not worth a promise. */
const pause = (milliseconds: number): unknown => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
