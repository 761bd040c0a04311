import type {Cluster} from '../../kube/cluster.ts';
import {readSource} from '../container/read.ts';
import {type ChosenContainer, chooseContainer, type PodSource} from '../container/source.ts';
import type {Target} from '../container/target.ts';
import {tellVariable} from './masked.ts';
import type {EffectiveEnv} from './report.ts';
import {type ResolvedEnv, resolveEnv} from './resolve.ts';
import {readSurroundings} from './surroundings.ts';

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

/** What may be told of it. */
export function tellEnv(
  source: PodSource,
  {container, type, others}: ChosenContainer,
  env: ResolvedEnv,
  reveal: boolean,
): EffectiveEnv {
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
