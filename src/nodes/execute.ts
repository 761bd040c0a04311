import {type ChildProcess, spawn} from 'node:child_process';
import type {Output} from './output.ts';

/** Milliseconds after the end of a program in which what it wrote may still arrive: its children may hold the pipes open for ever. */
const AFTERMATH = 2_000;

/** `absence`: the program is not there; `refusal`: it may not be started; `silence`: it did not begin in time; `size`: too much output. */
export type Ending = 'exit' | 'absence' | 'refusal' | 'silence' | 'size';

/**
 * Runs a program of this machine to its end, or until it has not begun (see `Output`) for `within` milliseconds. It has a process group of
 * its own, which Ctrl-C in the terminal does not reach and which is killed when `signal` aborts; rejects with the signal's reason then.
 */
export async function execute(
  program: string,
  args: readonly string[],
  {input, output, within}: {input: Buffer | undefined; output: Output; within: number},
  signal: AbortSignal,
): Promise<Ending> {
  signal.throwIfAborted();
  const {promise, resolve, reject} = Promise.withResolvers<Ending>();
  const child = spawn(program, args, {
    detached: true,
    env: {...process.env, LC_ALL: 'C'}, // what programs complain of is looked at
    stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
  });
  const stop = (ending: Ending) => {
    kill(child);
    resolve(ending);
  };
  let lastData = 0;
  /** Pieces that were handed on and not yet taken. */
  let waiting = 0;
  let taking = Promise.resolve();
  child.stdin?.on('error', () => {}); // it need not read all of it
  child.stdin?.end(input);
  child.stdout?.on('data', (chunk: Buffer) => {
    lastData = performance.now();
    // Node itself resumes a paused stream when the program exits: then a piece may come before the one before it was taken.
    const take = () => output.failure !== undefined || output.onStdout(chunk);
    const taken = waiting === 0 ? take() : taking.then(async () => void (await take()));
    if (taken === false) stop('size');
    if (typeof taken === 'boolean') return;
    child.stdout?.pause();
    waiting++;
    taking = taken.then(
      () => {
        lastData = performance.now();
        if (--waiting === 0) child.stdout?.resume();
      },
      () => {
        waiting--;
        stop('exit');
      },
    );
  });
  child.stderr?.on('data', (chunk: Buffer) => {
    lastData = performance.now();
    output.onStderr(chunk);
  });
  child.once('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'ENOENT' ? 'absence' : 'refusal'));
  child.once('close', async () => {
    await taking; // its last piece
    resolve('exit');
  });

  let aftermath: NodeJS.Timeout | undefined;
  const awaitQuiet = () => {
    const quiet = performance.now() - lastData;
    if (waiting > 0) taking.then(awaitQuiet);
    else if (quiet >= AFTERMATH) resolve('exit');
    else aftermath = setTimeout(awaitQuiet, AFTERMATH - quiet);
  };
  child.once('exit', () => {
    lastData = performance.now();
    awaitQuiet();
  });
  const silence = setTimeout(() => output.begun || stop('silence'), within);
  const abort = () => {
    kill(child);
    reject(signal.reason);
  };
  signal.addEventListener('abort', abort, {once: true});
  try {
    return await promise;
  } finally {
    clearTimeout(silence);
    clearTimeout(aftermath);
    signal.removeEventListener('abort', abort);
    for (const stream of [child.stdin, child.stdout, child.stderr]) stream?.destroy();
  }
}

function kill(child: ChildProcess): void {
  if (child.pid === undefined || child.exitCode !== null) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // It ended just now.
  }
}
