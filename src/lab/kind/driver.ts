import {readFileSync} from 'node:fs';
import {setTimeout as sleep} from 'node:timers/promises';
import {ExitCode, Problem} from '../../problem.ts';
import type {Progress} from '../../progress.ts';
import {type Driver, including, type Lab, type LabSpec} from '../driver.ts';
import {withLock} from '../lock.ts';
import {countNodes, kindConfig} from './config.ts';
import {type Kind, MAKING_NODES, type NodeContainer} from './engine.ts';
import {checkSpec, isOurs, type KindRecord, rememberedOf, statusOf} from './record.ts';
import {KindFolder, recorded} from './store.ts';
import type {Usable} from './usable.ts';

/** Milliseconds that removing what was half made may take, and in which the engine may still finish what it was told before. */
const CLEANUP_TIMEOUT = 60_000;
const AFTERMATH = 500;

export interface KindDriverOptions {
  /** Where it remembers what it made, a folder per cluster. */
  readonly clusters: string;
  /** YAML of a kind configuration. */
  readonly config: string;
  /** The node image where none is asked for; undefined for kind's own. */
  readonly image: string | undefined;
}

/** Real clusters whose nodes are containers, made by kind. It never touches one that somebody else made. */
export function createKindDriver(kind: Kind, {clusters, config, image}: KindDriverOptions): Driver {
  return {
    name: 'kind',
    available: (signal) => kind.whyNot(signal),
    remembered: () => records().map(rememberedOf),
    up: (spec, progress, signal) => locked(spec.name, () => bringUp(spec, progress, signal), signal),

    async status(name, signal) {
      const record = folderOf(name).read();
      return record && statusOf(record, await kind.containers(signal));
    },
    async list(signal) {
      const known = records();
      if (known.length === 0) return [];
      const containers = await kind.containers(signal);
      return known.flatMap((record) => statusOf(record, containers) ?? []);
    },
    noteKubeconfig(name, file) {
      const folder = folderOf(name);
      const record = folder.read();
      if (record) folder.write({...record, kubeconfigs: including(record.kubeconfigs, file)});
    },
    async kubeconfig(name, signal) {
      const folder = folderOf(name);
      const record = folder.read();
      if (record?.version && statusOf(record, await kind.containers(signal))) return readFileSync(folder.kubeconfig, 'utf8');
      throw new Problem(`lab ${name} has no kubeconfig`, {
        why: record ? 'it never came up, or kind deleted it' : 'there is no such lab',
        next: `kops lab up --driver kind --name ${name}`,
        exitCode: ExitCode.noAccess,
      });
    },
    down: (name, signal) =>
      locked(
        name,
        async () => {
          const record = folderOf(name).read();
          if (!record) return false;
          const ours = isOurs(record, await containersOf(name, signal));
          if (ours) await kind.delete(name, folderOf(name).kubeconfig, signal);
          folderOf(name).remove();
          return ours;
        },
        signal,
      ),
  };

  async function bringUp(spec: LabSpec, progress: Progress, signal: AbortSignal): Promise<Lab> {
    const {name} = spec;
    const folder = folderOf(name);
    const record = folder.read();
    const containers = await containersOf(name, signal);
    if (containers.length > 0 && !isOurs(record, containers)) throw foreign(name);
    if (!record?.version || containers.length === 0) {
      if (record) await discard(name, (some) => isOurs(record, some)); // what an up that was killed left behind
      return create(spec, progress, signal);
    }
    checkSpec(spec, record);
    const stopped = containers.filter((container) => !container.running);
    if (stopped.length === 0) return labOf(record, containers, 'unchanged');
    await progress.run([
      {title: 'nodes', run: () => kind.start(stopped, signal)},
      {title: 'API server', run: async (detail) => void (await usable(record, detail, signal))},
    ]);
    return labOf(record, await containersOf(name, signal), 'restarted');
  }

  async function create(spec: LabSpec, progress: Progress, signal: AbortSignal): Promise<Lab> {
    const {name} = spec;
    const folder = folderOf(name);
    const yaml = kindConfig(config, spec);
    const nodeImage = spec.image ?? image;
    const counts = countNodes(yaml);
    let record: KindRecord = {name, createdAt: new Date().toISOString(), ...counts, ...(nodeImage && {image: nodeImage})};
    let containers: NodeContainer[] = [];
    let taken = false;
    folder.writeConfig(yaml);
    folder.write(record);
    try {
      await progress.run([
        {
          title: 'kind create cluster',
          run: async (detail) => {
            const files = {config: folder.config, kubeconfig: folder.kubeconfig};
            const onAction = (action: string) => {
              if (action === MAKING_NODES) {
                record = {...record, nodesAt: new Date().toISOString()};
                folder.write(record);
              }
              detail(action);
            };
            taken = !(await kind.create({cluster: name, image: nodeImage, ...files}, onAction, signal));
            if (taken) throw foreign(name);
          },
        },
        {
          title: 'nodes and the namespace default',
          run: async (detail) => {
            const known = await usable(record, detail, signal);
            containers = await containersOf(name, signal);
            record = {...record, ...known, containers: containers.map(({id}) => id)};
            folder.write(record);
          },
        },
      ]);
    } catch (error) {
      if (taken) folder.remove();
      else await discard(name, (some) => some.length > 0);
      throw error;
    }
    return labOf(record, containers, 'created');
  }

  function usable(record: KindRecord, detail: (text: string) => void, signal: AbortSignal): Promise<Usable> {
    const kubeconfig = readFileSync(folderOf(record.name).kubeconfig, 'utf8');
    return kind.usable(kubeconfig, record.controlPlanes + record.workers, detail, signal);
  }

  /** Removes what there is of a cluster of ours, and what the engine still makes of it, also where the user has lost patience. */
  async function discard(name: string, areOurs: (containers: readonly NodeContainer[]) => boolean): Promise<void> {
    const signal = AbortSignal.timeout(CLEANUP_TIMEOUT);
    do {
      if (areOurs(await containersOf(name, signal))) await kind.delete(name, folderOf(name).kubeconfig, signal);
      await sleep(AFTERMATH, undefined, {signal});
    } while (areOurs(await containersOf(name, signal)));
    folderOf(name).remove();
  }

  function labOf(record: KindRecord, containers: readonly NodeContainer[], outcome: Lab['outcome']): Lab {
    const status = statusOf(record, containers);
    if (!status) throw new Error(`${record.name} is not ours`);
    return {status, kubeconfig: readFileSync(folderOf(record.name).kubeconfig, 'utf8'), outcome};
  }

  async function containersOf(name: string, signal: AbortSignal): Promise<NodeContainer[]> {
    return (await kind.containers(signal)).filter((container) => container.cluster === name);
  }

  function records(): KindRecord[] {
    return recorded(clusters).flatMap((name) => folderOf(name).read() ?? []);
  }

  function folderOf(name: string): KindFolder {
    return new KindFolder(clusters, name);
  }

  function locked<T>(name: string, action: () => Promise<T>, signal: AbortSignal): Promise<T> {
    // Elsewhere kind itself refuses to make the same cluster twice.
    return process.platform === 'linux' ? withLock(folderOf(name).path, action, signal) : action();
  }
}

const foreign = (name: string): Problem =>
  new Problem(`there is a kind cluster ${name} that kops did not make`, {
    why: 'kops leaves such clusters alone',
    next: `kops lab up --driver kind --name ${name}-2`,
    exitCode: ExitCode.usage,
  });
