import {sha256} from '../files.ts';

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
  /**
   * The container of the static pod whose file is swapped: for a restart in 10 s instead of 45, its file is taken away and the container
   * ended before the new file comes. Only where systemd and crictl are there.
   */
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

/** The plan as `guard.sh arm` reads it: lines of a file's name and its content in base64, and `end`, without which it is not whole. */
export function encodePlan({swaps, confirmWithin, stopContainer = '', id}: GuardPlan, script: string): Buffer {
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(id)) throw new Error(`not the id of a guard: ${id}`);
  if (new Set(swaps.map(({path}) => path)).size < swaps.length) throw new Error('a file is swapped twice');
  const files: Record<string, string | Buffer> = {'guard.sh': script, within: String(confirmWithin), container: stopContainer};
  swaps.forEach(({path, expect, content, mode}, i) => {
    if (!/^\/[^\0\n]*[^/\0\n]$/.test(path)) throw new Error(`not an absolute path of a file: ${JSON.stringify(path)}`);
    const wrote = content === 'absent' ? 'absent' : sha256(content);
    Object.assign(files, {
      [`${i + 1}.path`]: path,
      [`${i + 1}.expect`]: expect,
      [`${i + 1}.wrote`]: wrote,
      [`${i + 1}.mode`]: mode,
    });
    if (content !== 'absent') files[`${i + 1}.new`] = content;
  });
  const lines = Object.entries(files).map(([name, content]) => `${name} ${Buffer.from(content as string).toString('base64')}`);
  return Buffer.from([...lines, 'end', ''].join('\n'));
}
