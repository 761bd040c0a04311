import type {ChildProcess} from 'node:child_process';
import {existsSync, mkdirSync, rmSync} from 'node:fs';
import {constants} from 'node:os';
import {basename, join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import type {V1Container} from '@kubernetes/client-node';
import type {Json} from '../../../kube/json.ts';
import {PROGRAMS} from '../../programs/names.ts';
import {isRunning, type RunningProcess, startProcess} from '../processes.ts';
import {foldersOf, type Host} from './host.ts';
import {parseLabel, toText} from './label.ts';
import {keyOf, type StaticPod} from './manifest.ts';
import {locateValue, locateWords} from './paths.ts';
import {mountVolumes} from './volumes.ts';

/** Milliseconds between two looks at a process that another kubelet started. */
const LOOK = 100;

/** One run of a container: a process. */
export interface Run {
  readonly process: RunningProcess;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  /** Its exit code, 128 + n where signal n ended it; undefined where that cannot be known. Never rejects. */
  readonly ended: Promise<number | undefined>;
}

/** Why a container cannot be started, in the kubelet's words. */
export class CannotStart extends Error {
  /** What the container's state gives as the reason it waits. */
  readonly reason: string;
  constructor(reason: string, message: string) {
    super(message);
    this.reason = reason;
  }
}

/**
 * The program of a container, by its name alone, and its arguments. Without a command they come from the arguments, as in the images of
 * Kubernetes, whose entry point runs what it is given.
 */
export function commandOf({command = [], args = []}: Json<V1Container>): {program: string; args: string[]} {
  const [program = '', ...rest] = [...command, ...args];
  return {program: basename(program), args: rest};
}

/**
 * Of Go's runtime: an API server fills its memory while it starts, and a lab starts many. Collecting less garbage then saves a third of the
 * CPU time; the limit keeps one that serves a long time from growing by it.
 */
const FEWER_COLLECTIONS = {GOGC: '400', GOMEMLIMIT: '600MiB'};

/** Starts a container of the pod with a file system of its own that is empty but for its mounts. Throws `CannotStart`. */
export function startContainer(pod: StaticPod, container: Json<V1Container>, host: Host, restarts: number): Run {
  const {program, args} = commandOf(container);
  const executable = join(host.programs, program);
  if (!PROGRAMS.some((one) => one === program) || !existsSync(executable))
    throw new CannotStart('ErrImagePull', `failed to pull image "${container.image}": a lab has no program "${program}"`);

  const folders = foldersOf(host, pod.name);
  const rootfs = folders.rootfs(container.name);
  const mounts = mount(pod, container, host, folders.volumes);
  rmSync(rootfs, {recursive: true, force: true});
  mkdirSync(rootfs, {recursive: true, mode: 0o700});

  const startedAt = Date.now();
  const label = toText({uid: pod.uid, pod: keyOf(pod), container: container.name, restarts, startedAt});
  const child = startProcess(host.lab.path, {
    program,
    node: host.node,
    executable,
    args: locateWords(args, mounts, rootfs),
    log: host.lab.log(program, host.node),
    cwd: rootfs,
    env: {
      ...FEWER_COLLECTIONS,
      ...Object.fromEntries((container.env ?? []).map(({name, value = ''}) => [name, locateValue(value, mounts, rootfs)])),
    },
    container: label,
  });
  if (child.pid === undefined) throw new CannotStart('RunContainerError', `${executable} cannot be executed`);
  return {process: {program, node: host.node, pid: child.pid, container: label}, startedAt, ended: exitCodeOf(child)};
}

function mount(pod: StaticPod, container: Json<V1Container>, {lab, node}: Host, volumes: string) {
  try {
    return mountVolumes(pod, container, lab.node(node), volumes);
  } catch (error) {
    throw new CannotStart('ContainerCreating', error instanceof Error ? error.message : String(error));
  }
}

/** The run of a container that another kubelet started. `signal` ends the watch over it, not the process. */
export function adoptContainer(process: RunningProcess, host: Host, signal: AbortSignal): Run {
  const watch = async () => {
    while (isRunning(host.lab.path, process)) await sleep(LOOK, undefined, {signal});
  };
  const nobodyKnows = () => undefined;
  const startedAt = parseLabel(process.container)?.startedAt ?? Date.now();
  return {process, startedAt, ended: watch().then(nobodyKnows, nobodyKnows)};
}

const exitCodeOf = (child: ChildProcess): Promise<number> =>
  new Promise((resolve) => child.once('exit', (code, signal) => resolve(code ?? 128 + (signal ? constants.signals[signal] : 0))));
