export interface Swap {
  /** The node's own: `/etc/kubernetes/manifests/kube-apiserver.yaml`. */
  readonly path: string;
  /** sha256 of what is there now, hexadecimal. */
  readonly expect: string | 'absent';
  /** What is to be there. */
  readonly content: Buffer | 'absent';
  /** Octal: `600`. */
  readonly mode: string;
}

export interface GuardPlan {
  /** Letters, digits, `.`, `_` and `-`; never used before on that node. */
  readonly id: string;
  /** In this order; put back in the reverse one. */
  readonly swaps: readonly Swap[];
  /** Seconds after the swap. */
  readonly confirmWithin: number;
  /** The name of a container whose old instance is stopped once the swap is done: the kubelet itself gives it 30 s. */
  readonly stopContainer?: string;
}

/**
 * `armed`: nothing is edited yet. `swapped`: everything is, and is put back unless it is confirmed. `reverted`: everything is as it was, or
 * nothing was edited. `refused`: a file was not what the plan expected, nothing was edited.
 */
export type GuardState = 'none' | 'armed' | 'swapped' | 'confirmed' | 'reverted' | 'refused';

export interface GuardReport {
  readonly id: string;
  readonly state: GuardState;
  readonly why?: string;
}
