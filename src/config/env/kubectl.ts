import {type KubectlScope, kubectl} from '../../text/kubectl.ts';
import {type Target, targetName} from '../container/target.ts';

export interface EnvCommandOptions {
  readonly container?: string | undefined;
  readonly filename?: string | undefined;
  readonly compare: boolean;
}

/** The nearest that kubectl has: it neither expands `$(VAR)` nor shows what is shadowed, and it shows Secrets as they are. */
export function envCommands(
  target: Omit<Target, 'namespace'> | undefined,
  {container, filename, compare}: EnvCommandOptions,
  scope: KubectlScope,
): string[] {
  const which = filename === undefined ? [target ? targetName(target) : ''] : ['-f', filename];
  const only = container === undefined ? [] : ['-c', container];
  const list = kubectl(['set', 'env', ...which, '--list', '--resolve', ...only], scope);
  if (!compare || target === undefined) return [list];
  const exec = kubectl(['exec', targetName(target), ...only], scope);
  return [list, `${exec} -- cat /proc/1/environ | tr '\\0' '\\n'`, `${exec} -- env`];
}
