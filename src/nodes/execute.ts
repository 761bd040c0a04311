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
  let isTaking = false;
  let taking = Promise.resolve();
  child.stdin?.on('error', () => {}); // it need not read all of it
  child.stdin?.end(input);
  child.stdout?.on('data', (chunk: Buffer) => {
    lastData = performance.now();
    const taken = output.onStdout(chunk);
    if (taken === false) stop('size');
    if (typeof taken === 'boolean') return;
    child.stdout?.pause();
    isTaking = true;
    taking = taken.then(
      () => {
        isTaking = false;
        lastData = performance.now();
        child.stdout?.resume();
      },
      () => {
        isTaking = false;
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
    if (isTaking) taking.then(awaitQuiet);
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
