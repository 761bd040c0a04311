import type {Node} from './node.ts';
import {runThrough, type Transport} from './transport.ts';

export type ContainerEngine = 'docker' | 'podman';

/** A node that is a container of an engine on this machine, as kind makes them. */
export function dockerNode(
  name: string,
  {engine = 'docker', container = name}: {engine?: ContainerEngine; container?: string} = {},
): Node {
  const transport: Transport = {
    title: `${engine} exec ${container}`,
    program: engine,
    args: (words, input) => ['exec', ...(input ? ['-i'] : []), '--user', '0', container, ...words],
    answersWithin: 20_000,
    explain: (complaint) => explainEngine(engine, container, complaint),
  };
  return {
    name,
    access: 'docker',
    root: '',
    run: (script, args, options, signal) => runThrough(transport, script, args, options, signal),
    close: async () => {},
  };
}

/** What the engine's client complains of. */
export function explainEngine(engine: ContainerEngine, container: string, complaint: string) {
  if (/no such container/i.test(complaint)) return {why: `${engine} has no container ${container}`};
  if (/is not running|container state improper/i.test(complaint))
    return {why: `the container ${container} is stopped`, next: `start it: ${engine} start ${container}`};
  if (/permission denied/i.test(complaint))
    return {why: `this user may not use ${engine}`, next: `run kops as a user who may, for example one in the group docker`};
  if (/cannot connect|is the docker daemon running/i.test(complaint)) return {why: `no ${engine} engine answers`};
  return undefined;
}
