import {ExitCode, Problem} from '../../problem.ts';
import type {LabSpec, LabStatus} from '../driver.ts';
import {controlPlaneNames, workerNames} from '../names.ts';
import type {NodeContainer} from './engine.ts';

/** What is remembered of a kind cluster that kops made; written before anything of it is made. */
export interface KindRecord {
  readonly name: string;
  /** RFC 3339. */
  readonly createdAt: string;
  /** RFC 3339: when kind began to make containers; absent before. */
  readonly nodesAt?: string;
  readonly controlPlanes: number;
  readonly workers: number;
  /** Absent: kind's own. */
  readonly image?: string;
  /** Kubernetes' version: `v1.37.2`. Like the next two, absent until the cluster was up. */
  readonly version?: string;
  readonly server?: string;
  /** By these IDs the cluster is known again: another one of the same name is not ours. */
  readonly containers?: readonly string[];
  /** Absolute paths of the kubeconfig files that have its contexts. */
  readonly kubeconfigs?: readonly string[];
}

/** Milliseconds around the time at which kind began to make containers: it makes them within seconds, and clocks differ. */
const MADE_WITHIN = {before: 60_000, after: 180_000};

/** One that never came up is known by its time: kind found no cluster of that name just before it began to make this one. */
export function isOurs(record: KindRecord | undefined, containers: readonly NodeContainer[]): boolean {
  if (record?.containers) return record.containers.some((id) => containers.some((container) => container.id === id));
  if (record?.nodesAt === undefined || containers.length === 0) return false;
  const begun = Date.parse(record.nodesAt);
  return containers.every(({createdAt}) => createdAt >= begun - MADE_WITHIN.before && createdAt <= begun + MADE_WITHIN.after);
}

/** `all`: the containers of every kind cluster. Undefined where the cluster is gone, or another one has its name. */
export function statusOf(record: KindRecord, all: readonly NodeContainer[]): LabStatus | undefined {
  const containers = all.filter((container) => container.cluster === record.name);
  if (!isOurs(record, containers)) return undefined;
  const processes = containers
    .map(({name, role, running}) => ({program: role, node: name, running}))
    .sort((a, b) => a.program.localeCompare(b.program) || a.node.localeCompare(b.node, 'en', {numeric: true}));
  const running = processes.filter((process) => process.running).length;
  const whole = running === processes.length && record.version !== undefined;
  return {...rememberedOf(record), state: running === 0 ? 'stopped' : whole ? 'up' : 'degraded', processes};
}

/** What the record alone tells. */
export const rememberedOf = ({name, controlPlanes, workers, version, server, kubeconfigs}: KindRecord): LabStatus => ({
  kind: 'Lab',
  name,
  driver: 'kind',
  state: 'unknown',
  version: version ?? 'unknown',
  context: `kind-${name}`,
  server: server ?? 'unknown',
  nodes: [...controlPlaneNames(name, controlPlanes), ...workerNames(name, workers)],
  processes: [],
  ...(kubeconfigs && {kubeconfigs}),
});

/** Throws a Problem where a lab is asked for that differs from the one that is there. */
export function checkSpec(spec: LabSpec, record: KindRecord): void {
  const differ = (['controlPlanes', 'workers', 'image'] as const).find(
    (what) => spec[what] !== undefined && spec[what] !== record[what],
  );
  if (!differ) return;
  const words = {controlPlanes: 'control planes', workers: 'workers', image: 'node image'}[differ];
  throw new Problem(`lab ${spec.name} exists with other ${words}`, {
    why: `it has ${record[differ] ?? "kind's own"}, asked for was ${spec[differ]}; the nodes of a lab cannot change`,
    next: `kops lab down --name ${spec.name}`,
    exitCode: ExitCode.usage,
  });
}
