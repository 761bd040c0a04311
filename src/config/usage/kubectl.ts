import {type KubectlScope, kubectl, quoted} from '../../text/kubectl.ts';
import type {ConfigResource} from './collect.ts';

export interface Asked {
  readonly resource: ConfigResource;
  readonly name?: string | undefined;
  readonly list?: 'unused' | 'missing' | undefined;
}

const KINDS = 'deployments,statefulsets,daemonsets,jobs,cronjobs,replicasets,controllerrevisions,pods';

/** Where objects are named, as jq finds it anywhere in an object. */
const NAMES: Readonly<Record<ConfigResource, string>> = {
  configmaps: '.configMapKeyRef?.name?, .configMapRef?.name?, .configMap?.name?',
  secrets:
    '.secretName?, .secretKeyRef?.name?, .secretRef?.name?, .secret?.name?, .nodePublishSecretRef?.name?, (.imagePullSecrets?, .secrets? | arrays[] | .name?)',
};

/** Lines for bash and zsh, with jq: who names an object, or what is on only one of the two sides. */
export function usageCommands({resource, name, list}: Asked, scope: KubectlScope): string[] {
  const users = kubectl(['get', resource === 'secrets' ? `${KINDS},serviceaccounts,ingresses` : KINDS, '-o', 'json'], scope);
  const names = `[.. | objects | ${NAMES[resource]}]`;
  if (name !== undefined) {
    const which = `.items[] | select(${names} | index(${JSON.stringify(name)})) | "\\(.metadata.namespace)/\\(.kind)/\\(.metadata.name)"`;
    return [`${users} | jq -r ${quoted(which)}`];
  }
  const named = `.items[] | .metadata.namespace as $n | ${names} | unique[] | strings | $n + "/" + .`;
  const used = `${users} | jq -r ${quoted(named)} | sort -u`;
  if (list === undefined) return [used];
  const columns = 'custom-columns=:.metadata.namespace,:.metadata.name';
  const there = `${kubectl(['get', resource, '--no-headers', '-o', columns], scope)} | awk ${quoted('{print $1 "/" $2}')} | sort -u`;
  return [`comm ${list === 'unused' ? '-23' : '-13'} <(${there}) <(${used})`];
}
