/** How a node's files and processes are reached. */
export type NodeAccess = 'local' | 'docker' | 'ssh' | 'pod';

export interface RunOptions {
  /** Standard input: the only way for anything secret, because arguments show in `ps`. */
  readonly input?: Buffer;
  /** Takes standard output piece by piece instead of it being kept; the next piece waits for its promise. What it rejects with, `run` does. */
  readonly onData?: (chunk: Buffer) => void | Promise<void>;
  /** Bounds what is kept of standard output; more is a Problem. Default: 16 MiB. */
  readonly maxBytes?: number;
}

export interface RunResult {
  /** Of the script. A node that cannot be reached is a Problem instead. */
  readonly code: number;
  readonly stdout: Buffer;
  /** At most the last 16 KiB. */
  readonly stderr: string;
}

/**
 * A machine of the cluster on which kops can run something as root. All file operations, and the guard, are scripts over `run`, so that
 * they are the same however the node is reached.
 */
export interface Node {
  /** As the cluster calls it. */
  readonly name: string;
  readonly access: NodeAccess;
  /** What stands for `/`: empty on a real node, a folder for the simulated nodes of a lab. Every script puts it before its paths. */
  readonly root: string;
  /**
   * Runs a POSIX shell script with `$1`, `$2` … set to `args`. Rejects with a Problem where the node cannot be reached, and with the
   * signal's reason when that aborts (the script may then go on on the node).
   */
  run(script: string, args: readonly string[], options: RunOptions, signal: AbortSignal): Promise<RunResult>;
  /** Ends connections, and removes what was made to reach the node. */
  close(): Promise<void>;
}
