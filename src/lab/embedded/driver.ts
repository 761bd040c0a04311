import {existsSync, mkdirSync, readFileSync, realpathSync} from 'node:fs';
import {basename, join} from 'node:path';
import {ExitCode, Problem} from '../../problem.ts';
import {type Driver, including, type Lab, type LabSpec, type LabStatus} from '../driver.ts';
import {withLock} from '../lock.ts';
import {contextOf} from '../names.ts';
import type {Programs} from '../programs/programs.ts';
import {planLab} from './create.ts';
import {processesOf} from './launches.ts';
import {askKubelets, whyNot} from './pods.ts';
import {findProcesses, lastLines} from './processes.ts';
import {LabFolder, type LabRecord} from './record.ts';
import {Start} from './start.ts';
import {stopLab} from './stop.ts';
import {isCreated, readRecord, readRecords, remove, writePrivate} from './store.ts';

const GRACE = 2_000;
const LINES = 3;

/** A real control plane as processes of this machine, with simulated nodes. `labs` is the folder of all labs. */
export function createEmbeddedDriver(labs: string, programs: Programs): Driver {
  return {
    name: 'embedded',
    async available() {
      return process.platform === 'linux'
        ? undefined
        : `its processes are found through /proc: Linux only, and this is ${process.platform}`;
    },

    remembered: () => readRecords(labs).map(rememberedOf),

    async up(spec, progress, signal) {
      mkdirSync(labs, {recursive: true, mode: 0o700});
      const folder = folderOf(spec.name);
      return withLock(folder.path, () => bringUp(folder), signal);

      async function bringUp(folder: LabFolder): Promise<Lab> {
        const known = isCreated(folder) ? readRecord(folder) : undefined;
        const existed = known !== undefined;
        checkSpec(spec, known);
        if (!known) await discard(folder); // what an up that was killed left behind
        const record = known ?? (await withLock(labs, () => reserve(folder), signal));
        const start = new Start(record, folder, programs, signal);
        if (existed && (await start.isUp())) {
          return {status: statusOf(record), kubeconfig: kubeconfigOf(folder), outcome: 'unchanged'};
        }
        try {
          await progress.run(start.steps(existed));
          writePrivate(folder.created, '');
        } catch (error) {
          await start.undo();
          if (!existed) await discard(folder);
          throw signal.aborted ? interrupted(record.name, existed) : error;
        }
        return {
          status: statusOf(record),
          kubeconfig: kubeconfigOf(folder),
          outcome: !existed ? 'created' : start.hasStarted ? 'restarted' : 'unchanged',
        };
      }

      async function reserve(folder: LabFolder): Promise<LabRecord> {
        const record = await planLab(spec, labs);
        writePrivate(folder.record, JSON.stringify(record, null, 2));
        return record;
      }
    },

    async status(name) {
      const record = readRecord(folderOf(name));
      return record && statusOf(record);
    },
    async list() {
      return readRecords(labs).map(statusOf);
    },
    noteKubeconfig(name, file) {
      const folder = folderOf(name);
      const record = readRecord(folder);
      if (record)
        writePrivate(folder.record, JSON.stringify({...record, kubeconfigs: including(record.kubeconfigs, file)}, null, 2));
    },
    async kubeconfig(name) {
      return kubeconfigOf(folderOf(name));
    },
    async down(name, signal) {
      const folder = folderOf(name);
      if (!existsSync(folder.path) && findProcesses(folder.path).length === 0) return false;
      await withLock(folder.path, () => discard(folder), signal);
      return true;
    },
  };

  function folderOf(name: string): LabFolder {
    return new LabFolder(join(realpathIfThere(labs), name));
  }

  function statusOf(record: LabRecord): LabStatus {
    const folder = folderOf(record.name);
    const running = findProcesses(folder.path);
    const ask = askKubelets(folder, running);
    const processes = processesOf(record).map(({program, node}) => {
      const found = running.find((process) => process.program === program && process.node === node);
      const log = folder.log(program, node);
      const own = {program, node, running: found !== undefined, log};
      if (found) return {...own, pid: found.pid};
      const why = whyNot(ask({program, node}));
      return {...own, lastLines: lastLines(log, LINES), ...(why !== undefined && {why})};
    });
    const alive = processes.filter((process) => process.running).length;
    const state = alive === processes.length ? 'up' : alive === 0 ? 'stopped' : 'degraded';
    return {...rememberedOf(record), state, processes};
  }
}

/** What the record alone tells. */
const rememberedOf = ({name, kubernetes, ports, controlPlanes, workers, kubeconfigs}: LabRecord): LabStatus => ({
  kind: 'Lab',
  name,
  driver: 'embedded',
  state: 'unknown',
  version: kubernetes,
  context: contextOf(name),
  server: `https://127.0.0.1:${ports.apiServers[0]}`,
  nodes: [...controlPlanes, ...workers],
  processes: [],
  ...(kubeconfigs && {kubeconfigs}),
});

/** Ends every process of the lab and removes its folder. */
async function discard(folder: LabFolder): Promise<void> {
  await stopLab(folder, GRACE);
  remove(folder);
}

const interrupted = (name: string, existed: boolean): Problem =>
  new Problem('interrupted', {
    why: existed
      ? `what had been started of lab ${name} is stopped again; its data is as it was`
      : `nothing of lab ${name} is left`,
    next: `kops lab up --name ${name}`,
    exitCode: ExitCode.interrupted,
  });

function kubeconfigOf(folder: LabFolder): string {
  if (existsSync(folder.kubeconfig)) return readFileSync(folder.kubeconfig, 'utf8');
  throw new Problem(`lab ${basename(folder.path)} has no kubeconfig`, {
    why: readRecord(folder) ? 'it never came up' : 'there is no such lab',
    next: `kops lab up --name ${basename(folder.path)}`,
    exitCode: ExitCode.noAccess,
  });
}

/** What cannot change once a lab is there, and what this driver has no use for. */
function checkSpec({name, image, ...wanted}: LabSpec, record: LabRecord | undefined): void {
  if (image !== undefined) {
    throw new Problem('--image is for kind', {
      why: 'an embedded lab has no node images',
      next: `kops lab up --driver kind --image ${image} --name ${name}`,
      exitCode: ExitCode.usage,
    });
  }
  if (!record) return;
  for (const [what, count] of [
    ['control planes', wanted.controlPlanes],
    ['workers', wanted.workers],
  ] as const) {
    const present = (what === 'workers' ? record.workers : record.controlPlanes).length;
    if (count === undefined || count === present) continue;
    throw new Problem(`lab ${name} has ${present} ${what}, not ${count}`, {
      why: 'the nodes of a lab cannot change',
      next: `kops lab down --name ${name}`,
      exitCode: ExitCode.usage,
    });
  }
}

function realpathIfThere(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
