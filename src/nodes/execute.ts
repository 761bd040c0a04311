import {type ChildProcess, spawn} from 'node:child_process';

/** Milliseconds after the end of a program in which what it wrote may still arrive: its children may hold the pipes open for ever. */
const AFTERMATH = 2_000;
const KEPT_STDERR = 16 * 1024;

export interface Execution {
  readonly program: string;
  readonly args: readonly string[];
  readonly input?: Buffer | undefined;
  readonly onData?: ((chunk: Buffer) => void) | undefined;
  /** Of standard output, where it is kept. */
  readonly maxBytes: number;
  /** It is ended unless it writes this text on standard error within so many milliseconds. */
  readonly sign: {readonly text: string; readonly within: number};
}

/** `silent`: the sign did not come in time. `large`: more output than was asked for. */
export type Ending = {readonly by: 'exit'; readonly code: number} | {readonly by: 'absence' | 'denied' | 'silence' | 'size'};

export interface Executed {
  readonly ending: Ending;
  readonly signSeen: boolean;
  readonly stdout: Buffer;
  /** At most the last 16 KiB. */
  readonly stderr: string;
}

/**
 * Runs a program to its end. It has a process group of its own, which Ctrl-C in the terminal does not reach and which is killed when
 * `signal` aborts; rejects with the signal's reason then.
 */
export async function execute({program, args, input, onData, maxBytes, sign}: Execution, signal: AbortSignal): Promise<Executed> {
  signal.throwIfAborted();
  const {promise, resolve, reject} = Promise.withResolvers<Ending>();
  const child = spawn(program, args, {
    detached: true,
    env: {...process.env, LC_ALL: 'C'}, // what programs complain of is looked at
    stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
  });
  const stdout: Buffer[] = [];
  let bytes = 0;
  let stderr = Buffer.alloc(0);
  let signSeen = false;
  let lastData = 0;

  child.stdin?.on('error', () => {}); // it need not read all of it
  child.stdin?.end(input);
  child.stdout?.on('data', (chunk: Buffer) => {
    lastData = performance.now();
    if (onData) return onData(chunk);
    bytes += chunk.length;
    if (bytes > maxBytes) stop({by: 'size'});
    else stdout.push(chunk);
  });
  child.stderr?.on('data', (chunk: Buffer) => {
    lastData = performance.now();
    const text = Buffer.concat([stderr, chunk]);
    signSeen ||= text.includes(sign.text);
    stderr = text.subarray(-KEPT_STDERR);
  });
  child.once('error', (error: NodeJS.ErrnoException) => resolve({by: error.code === 'ENOENT' ? 'absence' : 'denied'}));
  child.once('close', (code) => resolve({by: 'exit', code: code ?? 128}));
  const onExit = (code: number | null) => {
    const quiet = performance.now() - lastData;
    if (quiet >= AFTERMATH) resolve({by: 'exit', code: code ?? 128});
    else aftermath = setTimeout(onExit, AFTERMATH - quiet, code);
  };
  let aftermath: NodeJS.Timeout | undefined;
  child.once('exit', (code) => {
    lastData = performance.now();
    onExit(code);
  });
  const silence = setTimeout(() => signSeen || stop({by: 'silence'}), sign.within);
  const abort = () => {
    kill(child);
    reject(signal.reason);
  };
  signal.addEventListener('abort', abort, {once: true});

  function stop(ending: Ending): void {
    kill(child);
    resolve(ending);
  }
  try {
    const ending = await promise;
    return {ending, signSeen, stdout: Buffer.concat(stdout), stderr: stderr.toString('utf8')};
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
