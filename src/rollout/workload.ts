import type {V1DaemonSet, V1Deployment, V1StatefulSet} from '@kubernetes/client-node';
import type {Json} from '../kube/json.ts';
import {ExitCode, Problem} from '../problem.ts';
import {nearest} from '../text/nearest.ts';

export type WorkloadKind = 'Deployment' | 'StatefulSet' | 'DaemonSet';

export interface WorkloadRef {
  readonly kind: WorkloadKind;
  readonly namespace: string;
  readonly name: string;
}

/** A workload as the API server has it; `kind` tells which, in lists too (where the API leaves it out of the items). */
export type Workload =
  | (Json<V1Deployment> & {kind: 'Deployment'})
  | (Json<V1StatefulSet> & {kind: 'StatefulSet'})
  | (Json<V1DaemonSet> & {kind: 'DaemonSet'});

/** Each kind's plural in the API, and the names that kubectl takes for it. */
export const workloadKinds = {
  Deployment: {
    plural: 'deployments',
    short: 'deploy',
    names: ['deployment', 'deployments', 'deploy', 'deployment.apps', 'deployments.apps'],
  },
  StatefulSet: {
    plural: 'statefulsets',
    short: 'sts',
    names: ['statefulset', 'statefulsets', 'sts', 'statefulset.apps', 'statefulsets.apps'],
  },
  DaemonSet: {plural: 'daemonsets', short: 'ds', names: ['daemonset', 'daemonsets', 'ds', 'daemonset.apps', 'daemonsets.apps']},
} as const satisfies Record<WorkloadKind, {plural: string; short: string; names: readonly string[]}>;

/** `deployment/web`, as kubectl prints it. */
export const workloadName = ({kind, name}: Pick<WorkloadRef, 'kind' | 'name'>): string => `${kind.toLowerCase()}/${name}`;

/** `deploy/web -n shop`: what to type after a kops or kubectl verb to mean this workload. */
export const workloadWords = ({kind, name, namespace}: WorkloadRef): string =>
  `${workloadKinds[kind].short}/${name} -n ${namespace}`;

export const refOf = ({kind, metadata}: Workload): WorkloadRef => ({
  kind,
  namespace: metadata?.namespace ?? '',
  name: metadata?.name ?? '',
});

/** `deploy/web sts/db`, or `deployment web api`: the words a user writes, as kubectl reads them. Rejects with exit code 2. */
export function parseWorkloads(words: readonly string[], namespace: string): WorkloadRef[] {
  const [first, ...rest] = words;
  if (first === undefined) return [];
  if (words.some((word) => word.includes('/'))) return words.map((word) => parseSlashed(word, namespace));
  const kind = parseKind(first);
  if (rest.length === 0)
    throw usage(`${first} is not a workload`, 'a kind needs a name behind it', `write it as ${workloadKinds[kind].short}/NAME`);
  return rest.map((name) => ({kind, namespace, name}));
}

function parseSlashed(word: string, namespace: string): WorkloadRef {
  const [kind = '', name = '', ...more] = word.split('/');
  if (kind === '' || name === '' || more.length > 0)
    throw usage(`${word} is not a workload`, 'a workload is KIND/NAME', 'for example deploy/web, sts/db or ds/agent');
  return {kind: parseKind(kind), namespace, name};
}

function parseKind(word: string): WorkloadKind {
  for (const [kind, {names}] of Object.entries(workloadKinds)) {
    if ((names as readonly string[]).includes(word.toLowerCase())) return kind as WorkloadKind;
  }
  const near = nearest(
    word,
    Object.values(workloadKinds).flatMap(({names}) => names.slice(0, 3)),
  );
  throw usage(
    `unknown kind of workload: ${word}`,
    'kops rolls out Deployments, StatefulSets and DaemonSets',
    near ? `did you mean ${near}?` : 'for example deploy/web, sts/db or ds/agent',
  );
}

const usage = (what: string, why: string, next: string): Problem => new Problem(what, {why, next, exitCode: ExitCode.usage});
