import {spawn} from 'node:child_process';
import {createInterface} from 'node:readline';

export interface Outcome {
  /** Undefined where it could not be started: it is not installed. */
  readonly code: number | undefined;
  readonly stdout: string;
  /** Line by line. */
  readonly stderr: readonly string[];
}

export interface RunOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
  /** Is told what the program says on standard error as it comes. */
  readonly onLine?: (line: string) => void;
}

/**
 * Runs a program to its end, whatever its exit code. It has a process group of its own: Ctrl-C in the terminal does not reach it,
 * and when `signal` aborts it ends with all that it started. Rejects with the signal's reason then, once it is gone.
 */
export function run(program: string, args: readonly string[], {env, signal, onLine}: RunOptions): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const child = spawn(program, args, {env, detached: true, stdio: ['ignore', 'pipe', 'pipe']});
    let stdout = '';
    const stderr: string[] = [];
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    createInterface({input: child.stderr}).on('line', (line) => {
      stderr.push(line);
      onLine?.(line);
    });
    const interrupt = () => {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    };
    const done = (code: number | undefined) => {
      signal.removeEventListener('abort', interrupt);
      if (signal.aborted) reject(signal.reason);
      else resolve({code, stdout, stderr});
    };
    signal.addEventListener('abort', interrupt, {once: true});
    child.once('error', () => done(undefined));
    child.once('close', (code) => done(code ?? 1));
  });
}
