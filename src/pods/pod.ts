import type {CoreV1Event, V1Container, V1ContainerStatus, V1Pod, V1PodCondition} from '@kubernetes/client-node';
import type {Json} from '../kube/json.ts';
import {printable} from '../text/printable.ts';

/** As an API server may have it: an older one, or a half written object, lacks fields that the types call required. */
export type Loose<T> = T extends (infer U)[] ? Loose<U>[] : T extends object ? {[K in keyof T]?: Loose<T[K]> | undefined} : T;

export type Pod = Loose<Json<V1Pod>>;
export type PodEvent = Loose<Json<CoreV1Event>>;
export type ContainerSpec = Loose<Json<V1Container>>;
export type ContainerStatus = Loose<Json<V1ContainerStatus>>;
export type Terminated = NonNullable<NonNullable<ContainerStatus['state']>['terminated']>;

/** A sidecar is an init container that is to keep running beside the app's. */
export type ContainerRole = 'init' | 'sidecar' | 'app';

/** One container: what was asked for, and what became of it so far. */
export interface PodContainer {
  readonly name: string;
  readonly role: ContainerRole;
  readonly spec: ContainerSpec;
  /** Empty until a kubelet has taken the pod. */
  readonly status: ContainerStatus;
}

/** The containers of a pod in the order in which they start. */
export function containersOf({spec, status}: Pod): PodContainer[] {
  const init = statusByName(status?.initContainerStatuses);
  const app = statusByName(status?.containerStatuses);
  const container = (role: ContainerRole, statuses: ReadonlyMap<string, ContainerStatus>, c: ContainerSpec): PodContainer => {
    const {name = ''} = c;
    return {name, role, spec: c, status: statuses.get(name) ?? {}};
  };
  return [
    ...(spec?.initContainers ?? []).map((c) => container(c.restartPolicy === 'Always' ? 'sidecar' : 'init', init, c)),
    ...(spec?.containers ?? []).map((c) => container('app', app, c)),
  ];
}

const statusByName = (statuses: readonly ContainerStatus[] = []): ReadonlyMap<string, ContainerStatus> =>
  new Map(statuses.map((status) => [status.name ?? '', status]));

export const conditionOf = ({status}: Pod, type: string): Loose<Json<V1PodCondition>> | undefined =>
  status?.conditions?.find((condition) => condition.type === type);

/** `init container migrate`, `sidecar proxy`, `web`. */
export const containerWords = ({role, name}: Pick<PodContainer, 'role' | 'name'>): string =>
  role === 'app' ? name : `${role === 'init' ? 'init container' : 'sidecar'} ${name}`;

/** Milliseconds from an RFC 3339 time to `now`; undefined where there is no such time. */
export function elapsed(since: string | undefined, now: number): number | undefined {
  const ms = now - Date.parse(since ?? '');
  return Number.isNaN(ms) ? undefined : ms;
}

/** The first line of a text, safe to print, and no more of it than fits a line of its own. */
export function oneLine(text: string, length = 200): string {
  const line = printable(text.trim().split(/\r?\n/, 1)[0]?.trim() ?? '');
  return line.length > length ? `${line.slice(0, length - 1)}…` : line;
}
