import {ExitCode, Problem} from '../../problem.ts';
import {nearest} from '../../text/nearest.ts';

/** The kinds that have containers, by what kubectl takes for their names. */
const kinds = {
  CronJob: {plural: 'cronjobs', names: ['cronjob', 'cj', 'cronjobs', 'cronjob.batch', 'cronjobs.batch']},
  DaemonSet: {plural: 'daemonsets', names: ['daemonset', 'ds', 'daemonsets', 'daemonset.apps', 'daemonsets.apps']},
  Deployment: {plural: 'deployments', names: ['deployment', 'deploy', 'deployments', 'deployment.apps', 'deployments.apps']},
  Job: {plural: 'jobs', names: ['job', 'jobs', 'job.batch', 'jobs.batch']},
  Pod: {plural: 'pods', names: ['pod', 'po', 'pods']},
  ReplicaSet: {plural: 'replicasets', names: ['replicaset', 'rs', 'replicasets', 'replicaset.apps', 'replicasets.apps']},
  StatefulSet: {plural: 'statefulsets', names: ['statefulset', 'sts', 'statefulsets', 'statefulset.apps', 'statefulsets.apps']},
} as const satisfies Record<string, {plural: string; names: readonly string[]}>;

export type TargetKind = keyof typeof kinds;
export type TargetResource = (typeof kinds)[TargetKind]['plural'];

/** A workload or a pod: what has containers. */
export interface Target {
  readonly kind: TargetKind;
  readonly namespace: string;
  readonly name: string;
}

export const resourceOf = (kind: TargetKind): TargetResource => kinds[kind].plural;
export const isTargetKind = (kind: unknown): kind is TargetKind => typeof kind === 'string' && Object.hasOwn(kinds, kind);
export const targetName = ({kind, name}: Pick<Target, 'kind' | 'name'>): string => `${kind.toLowerCase()}/${name}`;

/** `deploy/web`, `deploy web`, or `web-0`, which as for `kubectl exec` is a pod. Rejects with exit code 2. */
export function parseTarget(word: string, name: string | undefined): Omit<Target, 'namespace'> {
  const [kind = '', slashed, ...more] = word.split('/');
  if (more.length > 0 || slashed === '' || kind === '' || (slashed !== undefined && name !== undefined)) {
    throw usage(`${[word, name].filter(Boolean).join(' ')} is no workload`, 'a workload is KIND/NAME');
  }
  if (slashed === undefined && name === undefined) {
    if (kindOf(kind) !== undefined) throw usage(`${word} is a kind`, `which ${word} is meant is not said`);
    return {kind: 'Pod', name: word};
  }
  const found = kindOf(kind);
  if (found !== undefined) return {kind: found, name: slashed ?? name ?? ''};
  if (WITHOUT.test(kind)) throw usage(`${word} has no containers`, 'workloads and pods have');
  const near = nearest(
    kind,
    Object.values(kinds).flatMap(({names}) => names.slice(0, 2)),
  );
  throw usage(`unknown kind: ${kind}`, near ? `did you mean ${near}?` : 'kops reads the containers of workloads and pods');
}

/** What is often named, and runs nothing itself. */
const WITHOUT =
  /^(cm|configmaps?|secrets?|svc|services?|ing|ingress(es)?|no|nodes?|ns|namespaces?|pvc?|sa|serviceaccounts?|hpa)$/i;

const kindOf = (word: string): TargetKind | undefined =>
  Object.entries(kinds).find(([, {names}]) => (names as readonly string[]).includes(word.toLowerCase()))?.[0] as
    | TargetKind
    | undefined;

const usage = (what: string, why: string): Problem =>
  new Problem(what, {why, next: 'for example deploy/web, sts/db, cronjob/report or pod/web-0', exitCode: ExitCode.usage});
