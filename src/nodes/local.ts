import type {Node} from './node.ts';
import {explainSudo} from './sudo.ts';
import {programTransport, runThrough} from './transport.ts';

interface LocalOptions {
  /** The folder that stands for `/`: of a lab's node. Such a node needs no rights. */
  readonly root?: string;
  /** Of this process; anyone but root (0) goes through sudo on a real node. */
  readonly uid?: number | undefined;
}

/** This machine is the node, or has the folder that plays one. */
export function localNode(name: string, {root = '', uid = process.getuid?.()}: LocalOptions = {}): Node {
  const sudo = root === '' && uid !== 0;
  const transport = programTransport(sudo ? 'sudo' : 'sh', {
    title: sudo ? 'sudo on this machine' : 'sh on this machine',
    args: (words) => (sudo ? ['-n', '--', ...words] : words.slice(1)),
    within: 20_000,
    explain: explainSudo,
  });
  return {
    name,
    access: 'local',
    root,
    run: (script, args, options, signal) => runThrough(transport, script, args, options, signal),
    close: async () => {},
  };
}
