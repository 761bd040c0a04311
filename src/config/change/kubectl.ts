import {type KubectlScope, kubectl, quoted} from '../../text/kubectl.ts';
import {typedValue} from '../create/kubectl.ts';
import type {Source} from '../create/sources.ts';
import {nameOf, type Target} from './save.ts';

/** kubectl's editor shows a Secret's values in base64. */
export const editCommands = (target: Target, scope: KubectlScope): string[] => [kubectl(['edit', nameOf(target)], scope)];

/** No value of a Secret is in it: it comes from a file, the terminal, or what is piped in. For a ConfigMap it needs jq, and takes text. */
export function setCommands(target: Target, {key, source}: {key: string; source: Source}, scope: KubectlScope): string[] {
  if (target.kind === 'ConfigMap' && source.via === 'literal') {
    const patch = JSON.stringify({data: Object.fromEntries([[key, source.value]])});
    return [kubectl(['patch', nameOf(target), '--type=merge', '-p', patch], scope)];
  }
  const send = kubectl(['patch', nameOf(target), '--type=merge', '--patch-file=/dev/stdin'], scope);
  const read = readOf(source, key);
  if (target.kind === 'ConfigMap') return [`${read} | jq -Rs ${quoted(`{data: {"${key}": .}}`)} | ${send}`];
  return [`printf ${quoted(`{"data":{"${key}":"%s"}}`)} "$(${read} | base64 | tr -d '\\n')" | ${send}`];
}

function readOf(source: Source, key: string): string {
  switch (source.via) {
    case 'file':
      return `cat ${quoted(source.path)}`;
    case 'random':
      return `head -c ${source.bytes} /dev/urandom | base64 | tr '+/' '-_' | tr -d '=\\n'`;
    case 'stdin':
      return 'cat';
    default:
      return `{ ${typedValue(key)}; }`;
  }
}

export function unsetCommands(target: Target, keys: readonly string[], scope: KubectlScope): string[] {
  const none = Object.fromEntries(keys.map((key) => [key, null]));
  const patch = JSON.stringify({data: none, ...(target.kind === 'ConfigMap' && {binaryData: none})});
  return [kubectl(['patch', nameOf(target), '--type=merge', '-p', patch], scope)];
}
