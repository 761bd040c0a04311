import {type KubectlScope, kubectl, quoted} from '../../text/kubectl.ts';
import {randomValue} from '../create/kubectl.ts';
import type {Source} from '../create/sources.ts';
import {afterAsking, typedValue} from '../create/typed.ts';
import {nameOf, type Target} from './save.ts';

/** kubectl's editor shows a Secret's values in base64. */
export const editCommands = (target: Target, scope: KubectlScope): string[] => [kubectl(['edit', nameOf(target)], scope)];

/**
 * No value of a Secret is in it: it comes from a file, the terminal, or what is piped in. For a ConfigMap it needs jq, and takes text. Nothing is
 * sent where the value could not be had: a file that is not there, a pipe that is empty, a question that is not answered.
 */
export function setCommands(target: Target, {key, source}: {key: string; source: Source}, scope: KubectlScope): string[] {
  if (source.via === 'literal' && (target.kind === 'ConfigMap' || source.value === '')) {
    const patch = JSON.stringify({data: Object.fromEntries([[key, source.value]])});
    return [kubectl(['patch', nameOf(target), '--type=merge', '-p', patch], scope)];
  }
  const send = kubectl(['patch', nameOf(target), '--type=merge', '--patch-file=/dev/stdin'], scope);
  if (target.kind === 'ConfigMap') return [`(patch=$(${textPatch(source, key)}) && printf %s "$patch" | ${send})`];
  const encoded = `"$(printf %s "$encoded" | tr -d '\\n')"`;
  const patch = `printf ${quoted(`{"data":{"${key}":"%s"}}`)} ${encoded} | ${send}`;
  switch (source.via) {
    case 'file':
      return [`(encoded=$(base64 <${quoted(source.path)}) && ${patch})`];
    case 'random':
      return [`(encoded=$(${randomValue(source.bytes)} | base64) && ${patch})`];
    case 'stdin':
      return [`(encoded=$(base64) && [ -n "$encoded" ] && ${patch})`];
    default:
      return [afterAsking([key], `encoded=$(printf %s ${typedValue(0)} | base64) && ${patch}`)];
  }
}

function textPatch(source: Source, key: string): string {
  const patch = `{data: {"${key}": .}}`;
  if (source.via === 'file') return `jq -Rs ${quoted(patch)} <${quoted(source.path)}`;
  return `jq -Rs ${quoted(`if . == "" then error("nothing was piped in") else ${patch} end`)}`;
}

export function unsetCommands(target: Target, keys: readonly string[], scope: KubectlScope): string[] {
  const none = Object.fromEntries(keys.map((key) => [key, null]));
  const patch = JSON.stringify({data: none, ...(target.kind === 'ConfigMap' && {binaryData: none})});
  return [kubectl(['patch', nameOf(target), '--type=merge', '-p', patch], scope)];
}
