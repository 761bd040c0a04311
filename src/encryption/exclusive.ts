import type {ControlPlaneNode} from './control-plane.ts';
import {takeLock} from './transaction/lock.ts';
import {readOpen} from './transaction/store.ts';

/**
 * Does what would disturb a change of the encryption, or be disturbed by one, while no other kops makes one. Rejects with exit code 3, and the
 * name of who is at work, where one does. A change that is open and at rest is no hindrance.
 * @param nodes all of the control plane, sorted by name: the first leads a change that is still to begin
 */
export async function exclusively<T>(
  nodes: readonly ControlPlaneNode[],
  signal: AbortSignal,
  task: () => Promise<T>,
): Promise<T> {
  const open = await readOpen(nodes, signal);
  const lead = nodes.find(({name}) => name === open?.lead) ?? nodes[0];
  if (lead === undefined) return task();
  const lock = await takeLock(lead.node, signal);
  try {
    return await task();
  } finally {
    await lock.release();
  }
}
