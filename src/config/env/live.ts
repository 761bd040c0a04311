import type {Cluster} from '../../kube/cluster.ts';
import {ApiProblem, ConnectionProblem} from '../../kube/errors.ts';
import {ExitCode, Problem} from '../../problem.ts';
import type {PodSource} from '../container/source.ts';
import {type LiveEnv, parseEnviron, parseEnvLines} from './compare.ts';

/**
 * What a running container has for an environment: the one that the runtime gives to all that starts in it, and that of its main process by
 * now. By `cat`, else by `env`; an image with neither is a Problem.
 */
export async function readLiveEnv(
  cluster: Cluster,
  {target, spec}: PodSource,
  container: string,
  signal: AbortSignal,
): Promise<LiveEnv> {
  const run = (command: readonly string[]) => output(cluster, target, container, command, signal);
  // Where processes are shared, the first one is another's.
  const isFirst = !(spec.shareProcessNamespace || spec.hostPID);
  const [own, first] = await Promise.all([
    run(['cat', '/proc/self/environ']),
    isFirst ? run(['cat', '/proc/1/environ']) : undefined,
  ]);
  const started = typeof own === 'object' ? parseEnviron(own) : undefined;
  if (started !== undefined) {
    const main = typeof first === 'object' ? parseEnviron(first) : undefined;
    return {started, main, via: main === undefined ? '/proc/self/environ' : '/proc/1/environ'};
  }
  const exact = await run(['env', '-0']);
  const listed = typeof exact === 'object' ? parseEnviron(exact) : undefined;
  if (listed !== undefined) return {started: listed, main: undefined, via: 'env -0'};
  const lines = await run(['env']);
  if (typeof lines === 'object') return {started: parseEnvLines(lines.toString('utf8')), main: undefined, via: 'env'};
  throw new Problem(`the environment of container ${container} of pod/${target.name} cannot be read`, {
    why: `neither cat nor env runs in it: ${lines}`,
    next: `kubectl debug ${target.name} -n ${target.namespace} -it --image=busybox --target=${container} -- cat /proc/1/environ`,
    exitCode: ExitCode.noAccess,
  });
}

/** What a program wrote; a string is why it did not run. Who may not run any, or is not connected, is told at once. */
async function output(
  cluster: Cluster,
  {namespace, name}: PodSource['target'],
  container: string,
  command: readonly string[],
  signal: AbortSignal,
): Promise<Buffer | string> {
  try {
    const {code, stdout, stderr} = await cluster.exec({namespace, name}, container, command, {}, signal);
    return code === 0 ? stdout : stderr.trim() || `${command[0]} ended with ${code}`;
  } catch (error) {
    if (!(error instanceof Problem) || error instanceof ApiProblem || error instanceof ConnectionProblem) throw error;
    return error.why ?? error.message;
  }
}
