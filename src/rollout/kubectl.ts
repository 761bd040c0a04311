import {type KubectlScope, kubectl, quoted} from '../text/kubectl.ts';
import {type WorkloadRef, workloadKinds} from './workload.ts';

/** Without a namespace, or with an empty one, the scope's. */
type Target = Pick<WorkloadRef, 'kind' | 'name'> & Partial<Pick<WorkloadRef, 'namespace'>>;

/** The verdict of each workload and what explains it; without workloads, all of those selected. */
export function statusCommands(workloads: readonly Target[], scope: KubectlScope, selector?: string): string[] {
  const events = ['get', 'events', '--field-selector', 'type=Warning', '--sort-by', '.lastTimestamp'];
  if (workloads.length === 0) {
    const notRunning = ['--field-selector', 'status.phase!=Running,status.phase!=Succeeded'];
    return [
      kubectl(['get', 'deploy,sts,ds', ...selecting(selector)], scope),
      kubectl(['get', 'pods', ...notRunning], scope),
      kubectl(events, scope),
    ];
  }
  const namespaces = [...new Set(workloads.map((workload) => scopeOf(workload, scope).namespace))];
  return [
    ...workloads.flatMap((workload) => [
      kubectl(['rollout', 'status', words(workload), '--watch=false'], scopeOf(workload, scope)),
      kubectl(['describe', words(workload)], scopeOf(workload, scope)),
    ]),
    ...namespaces.flatMap((namespace) => [
      kubectl(['get', 'pods', '-o', 'wide'], {...scope, namespace}),
      kubectl(events, {...scope, namespace}),
    ]),
  ];
}

export interface WatchOptions {
  /** A Go duration. */
  readonly timeout?: string | undefined;
  readonly revision?: number | undefined;
  readonly selector?: string | undefined;
}

/** Without workloads: those of the selector, a line for each kind. kubectl watches in one namespace only: for all there is a loop. */
export function watchCommands(
  workloads: readonly Target[],
  {timeout, revision, selector}: WatchOptions,
  scope: KubectlScope,
): string[] {
  const options = [...(timeout ? ['--timeout', timeout] : []), ...(revision ? [`--revision=${revision}`] : [])];
  if (workloads.length > 0)
    return workloads.map((workload) => kubectl(['rollout', 'status', words(workload), ...options], scopeOf(workload, scope)));
  if (!scope.allNamespaces)
    return Object.values(workloadKinds).map(({short}) =>
      kubectl(['rollout', 'status', short, ...selecting(selector), ...options], scope),
    );
  const columns = 'custom-columns=:.metadata.namespace,:.kind,:.metadata.name';
  const list = kubectl(['get', 'deploy,sts,ds', ...selecting(selector), '--no-headers', '-o', columns], scope);
  const status = kubectl(['rollout', 'status', ...options], {...scope, allNamespaces: false, namespace: undefined});
  return [`${list} | while read -r namespace kind name; do ${status} -n "$namespace" "$kind/$name"; done`];
}

export const historyCommands = (workload: Target, revision: number | undefined, scope: KubectlScope): string[] => [
  kubectl(['rollout', 'history', words(workload), ...(revision ? [`--revision=${revision}`] : [])], scope),
];

/** For bash and zsh. Where a revision is not named, its number comes from the history: the last is the current one. */
export function diffCommands(
  workload: Target,
  {from, to}: {from?: number | undefined; to?: number | undefined},
  scope: KubectlScope,
): string[] {
  const history = kubectl(['rollout', 'history', words(workload)], scope);
  const numbers = `${history} | awk '/^[0-9]/ {print $1}'`;
  const shown = (number: string) => `<(${history} --revision=${number})`;
  const compare = (a: string, b: string) => `diff -u ${shown(a)} ${shown(b)}`;
  if (from !== undefined && to !== undefined) return [compare(String(from), String(to))];
  if (from !== undefined) return [`to=$(${numbers} | tail -n 1)`, compare(String(from), '$to')];
  if (to !== undefined) return [`from=$(${numbers} | awk '$1 < ${to}' | tail -n 1)`, compare('$from', String(to))];
  return [`from=$(${numbers} | tail -n 2 | head -n 1)`, `to=$(${numbers} | tail -n 1)`, compare('$from', '$to')];
}

export interface ChangeOptions {
  readonly dryRun?: 'none' | 'client' | 'server' | undefined;
  /** Whether to see the rollout through. */
  readonly watch?: boolean | undefined;
}

export interface UndoCommandOptions extends ChangeOptions {
  readonly toRevision?: number | undefined;
  readonly deleteStuckPods?: boolean | undefined;
}

/** Looks at the revision first, then goes back to it. */
export function undoCommands(
  workload: Target,
  {toRevision, deleteStuckPods, ...options}: UndoCommandOptions,
  scope: KubectlScope,
): string[] {
  const to = toRevision === undefined ? [] : [`--to-revision=${toRevision}`];
  const dryRun = options.dryRun === undefined || options.dryRun === 'none' ? [] : [`--dry-run=${options.dryRun}`];
  return [
    ...historyCommands(workload, toRevision, scope),
    kubectl(['rollout', 'undo', words(workload), ...to, ...dryRun], scope),
    ...(dryRun.length > 0
      ? []
      : [...(deleteStuckPods ? unstickCommands(workload, scope) : []), ...followUp(workload, options, scope)]),
  ];
}

/** Deletes the pods of a StatefulSet that are not ready, once its controller has seen the template: before, it would make them as they were. */
function unstickCommands(workload: Target, scope: KubectlScope): string[] {
  if (workload.kind !== 'StatefulSet') return [];
  const seen = 'jsonpath={.metadata.generation}={.status.observedGeneration}';
  const owner = '.metadata.ownerReferences[0].name';
  const columns = `custom-columns=:.metadata.name,:${owner},:.status.conditions[?(@.type=="Ready")].status`;
  const list = kubectl(['get', 'pods', '--no-headers', '-o', columns], scope);
  const stuck = quoted(`$2 == "${workload.name}" && $3 != "True" {print $1}`);
  return [
    String.raw`until ${kubectl(['get', words(workload), '-o', seen], scope)} | grep -q '^\([0-9]*\)=\1$'; do sleep 1; done`,
    `${list} | awk ${stuck} | xargs -r ${kubectl(['delete', 'pod'], scope)}`,
  ];
}

const PATCHES = {
  restart: `{"spec":{"template":{"metadata":{"annotations":{"kubectl.kubernetes.io/restartedAt":"'$(date -u +%FT%TZ)'"}}}}}`,
  pause: '{"spec":{"paused":true}}',
  resume: '{"spec":{"paused":false}}',
};

/** These verbs of kubectl take no `--dry-run`; the patches that they make do. */
export function verbCommands(
  verb: 'restart' | 'pause' | 'resume',
  workload: Target,
  options: ChangeOptions,
  scope: KubectlScope,
): string[] {
  if (options.dryRun !== undefined && options.dryRun !== 'none') {
    return [`${kubectl(['patch', words(workload), `--dry-run=${options.dryRun}`], scope)} -p '${PATCHES[verb]}'`];
  }
  return [kubectl(['rollout', verb, words(workload)], scope), ...followUp(workload, options, scope)];
}

const followUp = (workload: Target, {watch}: ChangeOptions, scope: KubectlScope): string[] =>
  watch ? watchCommands([workload], {}, scope) : [];

const selecting = (selector: string | undefined): string[] => (selector ? ['-l', selector] : []);

const scopeOf = ({namespace}: Target, scope: KubectlScope): KubectlScope =>
  namespace ? {...scope, namespace, allNamespaces: false} : scope;

const words = ({kind, name}: Target): string => `${workloadKinds[kind].short}/${name}`;
