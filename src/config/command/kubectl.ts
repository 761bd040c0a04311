import {type KubectlScope, kubectl, quoted} from '../../text/kubectl.ts';
import {type Target, targetName} from '../container/target.ts';

/** What kubectl and the node's runtime tell of it; the table is for people to apply. */
export function commandCommands(
  target: Omit<Target, 'namespace'> | undefined,
  {container, filename}: {readonly container?: string | undefined; readonly filename?: string | undefined},
  scope: KubectlScope,
): string[] {
  const path =
    target?.kind === 'Pod'
      ? '.spec'
      : target?.kind === 'CronJob'
        ? '.spec.jobTemplate.spec.template.spec'
        : '.spec.template.spec';
  const which = container === undefined ? '[0]' : `[?(@.name=="${container}")]`;
  const select = `{${path}.containers${which}}`;
  const what = filename === undefined ? [target ? targetName(target) : ''] : ['-f', filename];
  const get = `${kubectl(['get', ...what], scope)} -o jsonpath=${quoted(select)}`;
  if (filename !== undefined || target === undefined)
    return [`${kubectl(['create', '--dry-run=client', '-f', filename ?? '-'], scope)} -o jsonpath=${quoted(select)}`];
  const only = container === undefined ? [] : ['-c', container];
  const exec = `${kubectl(['exec', targetName(target), ...only], scope)} -- cat /proc/1/cmdline | tr '\\0' ' '`;
  return [get, 'crictl inspecti IMAGE  # on the node: Entrypoint and Cmd', exec];
}
