import {type WorkloadRef, workloadKinds} from './workload.ts';

/** What the user said of the cluster, and so what kubectl must be told. */
export interface KubectlScope {
  readonly namespace?: string | undefined;
  readonly allNamespaces?: boolean | undefined;
  readonly context?: string | undefined;
  readonly kubeconfig?: string | undefined;
  readonly as?: string | undefined;
  readonly asGroups?: readonly string[] | undefined;
}

/** What `--show-commands` prints: shell lines that do with kubectl what the kops command does. */
export interface Commands {
  readonly kind: 'Commands';
  readonly commands: readonly string[];
}

export const commandsReport = (commands: readonly string[]): Commands => ({kind: 'Commands', commands});
export const renderCommands = ({commands}: Commands): string => commands.join('\n');

type Target = Pick<WorkloadRef, 'kind' | 'name'>;

/** The verdict of each workload and what explains it; without workloads, all that is not well. */
export function statusCommands(workloads: readonly Target[], scope: KubectlScope): string[] {
  const events = kubectl(['get', 'events', '--field-selector', 'type=Warning', '--sort-by', '.lastTimestamp'], scope);
  if (workloads.length === 0) {
    const notRunning = ['--field-selector', 'status.phase!=Running,status.phase!=Succeeded'];
    return [kubectl(['get', 'deploy,sts,ds'], scope), kubectl(['get', 'pods', ...notRunning], scope), events];
  }
  return [
    ...workloads.flatMap((workload) => [
      kubectl(['rollout', 'status', words(workload), '--watch=false'], scope),
      kubectl(['describe', words(workload)], scope),
    ]),
    kubectl(['get', 'pods', '-o', 'wide'], scope),
    events,
  ];
}

export interface WatchOptions {
  /** A Go duration. */
  readonly timeout?: string | undefined;
  readonly revision?: number | undefined;
  readonly selector?: string | undefined;
}

/** Without workloads: those of the selector, a line for each kind. */
export function watchCommands(
  workloads: readonly Target[],
  {timeout, revision, selector}: WatchOptions,
  scope: KubectlScope,
): string[] {
  const options = [...(timeout ? ['--timeout', timeout] : []), ...(revision ? [`--revision=${revision}`] : [])];
  if (workloads.length > 0)
    return workloads.map((workload) => kubectl(['rollout', 'status', words(workload), ...options], scope));
  const selecting = selector ? ['-l', selector] : [];
  return Object.values(workloadKinds).map(({short}) => kubectl(['rollout', 'status', short, ...selecting, ...options], scope));
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

/** Looks at the revision first, then goes back to it. */
export function undoCommands(
  workload: Target,
  {toRevision, ...options}: ChangeOptions & {toRevision?: number | undefined},
  scope: KubectlScope,
): string[] {
  const to = toRevision === undefined ? [] : [`--to-revision=${toRevision}`];
  const dryRun = options.dryRun === undefined || options.dryRun === 'none' ? [] : [`--dry-run=${options.dryRun}`];
  return [
    ...historyCommands(workload, toRevision, scope),
    kubectl(['rollout', 'undo', words(workload), ...to, ...dryRun], scope),
    ...(dryRun.length > 0 ? [] : followUp(workload, options, scope)),
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

const words = ({kind, name}: Target): string => `${workloadKinds[kind].short}/${name}`;

function kubectl(
  verb: readonly string[],
  {namespace, allNamespaces, context, kubeconfig, as, asGroups = []}: KubectlScope,
): string {
  const where = allNamespaces ? ['-A'] : namespace ? ['-n', namespace] : [];
  const whom = [...(as ? ['--as', as] : []), ...asGroups.flatMap((group) => ['--as-group', group])];
  const which = [...(context ? ['--context', context] : []), ...(kubeconfig ? ['--kubeconfig', kubeconfig] : [])];
  return ['kubectl', ...verb, ...where, ...which, ...whom].map(quoted).join(' ');
}

/** A word that a POSIX shell reads back as it is. */
const quoted = (word: string): string => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`);
