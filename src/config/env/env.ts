import type {Cluster} from '../../kube/cluster.ts';
import {Problem} from '../../problem.ts';
import {type Manifest, sourceIn} from '../container/manifest.ts';
import {readSource, runningSource} from '../container/read.ts';
import {type ChosenContainer, chooseContainer, type PodSource} from '../container/source.ts';
import type {Target} from '../container/target.ts';
import {compareEnv} from './compare.ts';
import {surroundingsIn} from './file-surroundings.ts';
import {readLiveEnv} from './live.ts';
import {tellVariable} from './masked.ts';
import type {EffectiveEnv, NotCompared} from './report.ts';
import {type ResolvedEnv, resolveEnv} from './resolve.ts';
import {readSurroundings} from './surroundings.ts';
import {mayHoldSecret} from './wanted.ts';

export interface EnvOptions {
  /** Default: the one that kubectl takes. */
  readonly container?: string | undefined;
  /** Whether Secrets are told. */
  readonly reveal: boolean;
}

/** The environment of a container of a workload's next pod, or of a pod's next start. */
export async function effectiveEnv(
  cluster: Cluster,
  target: Target,
  {container, reveal}: EnvOptions,
  signal: AbortSignal,
): Promise<EffectiveEnv> {
  const source = await readSource(cluster, target, 'env', signal);
  const chosen = chooseContainer(source, container);
  const around = await readSurroundings(cluster, source, chosen.container, signal);
  return tellEnv(source, chosen, resolveEnv(source, chosen.container, around), reveal);
}

/**
 * The environment of a running container of that pod, or of a pod of that workload, and how what it has differs from it. Where none runs, or what
 * it has cannot be read, the environment of its next start, and why.
 */
export async function compareEffectiveEnv(
  cluster: Cluster,
  target: Target,
  {container, reveal}: EnvOptions,
  signal: AbortSignal,
): Promise<EffectiveEnv> {
  const running = await orProblem(runningSource(cluster, target, container, 'env', signal));
  const source = running instanceof Problem ? await readSource(cluster, target, 'env', signal) : running;
  const chosen = chooseContainer(source, container);
  const [around, live] = await Promise.all([
    readSurroundings(cluster, source, chosen.container, signal),
    running instanceof Problem ? running : orProblem(readLiveEnv(cluster, source, chosen.container.name, signal)),
  ]);
  const env = resolveEnv(source, chosen.container, around);
  if (live instanceof Problem)
    return {...tellEnv(source, chosen, env, reveal), workload: target, notCompared: notComparedFor(live)};
  const pod = source.target.name;
  const comparison = compareEnv(env, live, {pod, mayHoldSecret: mayHoldSecret(chosen.container), reveal});
  return {...tellEnv(source, chosen, env, reveal), workload: target, comparison};
}

const orProblem = <T>(work: Promise<T>): Promise<T | Problem> =>
  work.catch((error) => {
    if (error instanceof Problem) return error;
    throw error;
  });

const notComparedFor = ({message, why, next, exitCode}: Problem): NotCompared => ({
  message,
  ...(why !== undefined && {why}),
  ...(next !== undefined && {next}),
  exitCode,
});

/** The environment by a manifest alone, with its ConfigMaps and Secrets; what it does not have is unknown. */
export function effectiveEnvOfFile(
  manifest: Manifest,
  target: Omit<Target, 'namespace'> | undefined,
  namespace: string,
  {container, reveal}: EnvOptions,
): EffectiveEnv {
  const source = sourceIn(manifest, target, namespace);
  const chosen = chooseContainer(source, container);
  const around = surroundingsIn(manifest, source, chosen.container, namespace);
  return tellEnv(source, chosen, resolveEnv(source, chosen.container, around), reveal);
}

/** What may be told of it. */
function tellEnv(source: PodSource, {container, type, others}: ChosenContainer, env: ResolvedEnv, reveal: boolean): EffectiveEnv {
  return {
    kind: 'EffectiveEnv',
    workload: source.target,
    container: container.name,
    containerType: type,
    others,
    ...(source.pod && {pod: source.target.name}),
    ...env,
    variables: env.variables.map((variable) => tellVariable(variable, reveal)),
  };
}
