import type {Node} from './node.ts';
import {type Explanation, programTransport, runThrough} from './transport.ts';

export type ContainerEngine = 'docker' | 'podman';

/** A node that is a container of an engine on this machine, as kind makes them. */
export function dockerNode(name: string, engine: ContainerEngine = 'docker'): Node {
  const transport = programTransport(engine, {
    title: `${engine} exec ${name}`,
    args: (words, input) => ['exec', ...(input ? ['-i'] : []), '--user', '0', name, ...words],
    within: 20_000,
    explain: (complaint) => explainEngine(engine, name, complaint),
  });
  return {
    name,
    access: 'docker',
    root: '',
    run: (script, args, options, signal) => runThrough(transport, script, args, options, signal),
    close: async () => {},
  };
}

/** What the engine's client complains of. */
export function explainEngine(engine: ContainerEngine, container: string, complaint: string): Explanation | undefined {
  if (/no such (container|object)|no container with name/i.test(complaint))
    return {why: `${engine} has no container ${container}`};
  if (/is not running|container state improper/i.test(complaint))
    return {why: `the container ${container} is stopped`, next: `start it: ${engine} start ${container}`};
  if (/permission denied/i.test(complaint))
    return {why: `this user may not use ${engine}`, next: 'run kops as a user who may, for example one in the group docker'};
  if (/cannot connect|is the docker daemon running/i.test(complaint)) return {why: `no ${engine} engine answers`};
  return undefined;
}
