import {EtcdProblem} from '../problems.ts';

/**
 * Runs a program, `etcdctl` first, where etcd's certificates are: in its pod, or in its container through the node. Standard output
 * goes to `onData` as it comes. Rejects with a Problem where the place cannot be reached, and with the signal's reason.
 */
export type RunEtcdctl = (
  command: readonly string[],
  onData: (chunk: Buffer) => void,
  signal: AbortSignal,
) => Promise<{readonly code: number; readonly stderr: string}>;

export interface Collected {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs it and keeps what it prints; ends it, with a Problem of the kind `too-large`, after `max` bytes. */
export async function bounded(
  run: RunEtcdctl,
  command: readonly string[],
  max: number,
  via: string,
  signal: AbortSignal,
): Promise<Collected> {
  signal.throwIfAborted();
  const chunks: Buffer[] = [];
  let bytes = 0;
  const overflow = new AbortController();
  const keep = (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > max) overflow.abort(new EtcdProblem(`an answer of etcd is too long: ${via}`, {kind: 'too-large'}));
    else chunks.push(chunk);
  };
  const {code, stderr} = await run(command, keep, AbortSignal.any([signal, overflow.signal])).finally(() =>
    overflow.signal.throwIfAborted(),
  );
  return {code, stdout: Buffer.concat(chunks).toString('utf8'), stderr};
}
