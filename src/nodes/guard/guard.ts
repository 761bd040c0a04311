import type {Node} from '../node.ts';
import type {GuardPlan, GuardReport, GuardState} from './plan.ts';

export type {GuardPlan, GuardReport, GuardState, Swap} from './plan.ts';

/** Resolves when the node has swapped; rejects where it refused or has put back already. The swap outlives kops: see `confirm`. */
export async function guardedSwap(_node: Node, _plan: GuardPlan, _signal: AbortSignal): Promise<void> {
  throw new Error('not there yet');
}

/** Disarms the guard for good and removes it. Rejects where it has put back already. */
export async function confirm(_node: Node, _id: string, _signal: AbortSignal): Promise<void> {
  throw new Error('not there yet');
}

/** Has the guard put back now. Resolves with how it ended: `confirmed` where that came first. */
export async function revert(_node: Node, _id: string, _signal: AbortSignal): Promise<GuardState> {
  throw new Error('not there yet');
}

/** The guard on the node, or the last one there was. Sets a guard that died going again. */
export async function guardState(_node: Node, _signal: AbortSignal): Promise<GuardReport | undefined> {
  throw new Error('not there yet');
}
