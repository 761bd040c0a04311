import {type KubectlScope, kubectl} from '../../text/kubectl.ts';

/** What a person would type: a line a resource. Slower, all in memory, and it gives up on what somebody else wrote meanwhile. */
export function rewriteCommands(resources: readonly string[], scope: KubectlScope): string[] {
  const where = scope.namespace ? scope : {...scope, allNamespaces: true};
  const into = {...scope, namespace: undefined};
  return resources.map(
    (resource) => `${kubectl(['get', resource, '-o', 'json'], where)} | ${kubectl(['replace', '-f', '-'], into)}`,
  );
}
