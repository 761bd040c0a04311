import {type ChildProcess, spawn} from 'node:child_process';
import {constants} from 'node:os';
import {fileURLToPath} from 'node:url';

/** `npm test` builds kops first and tests what it built; else it is run from its sources. */
const program = process.env.KOPS_TEST_BUILT === 'yes' ? 'kops.cjs' : 'dev.js';
const kopsProgram = fileURLToPath(new URL(`../../bin/${program}`, import.meta.url));

export interface Result {
  /** As a shell has it: 128 + n where signal n ended it. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  /** On top of the environment of the tests; `undefined` takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly stdin?: string | Buffer;
  /** Ends it with SIGTERM. */
  readonly signal?: AbortSignal;
  /** Runs it in a terminal of this size: what it writes is all in `stdout`, with its control sequences. */
  readonly tty?: {readonly columns: number; readonly rows: number};
  readonly cwd?: string;
}

/** A program that runs while the test looks on. */
export interface Running {
  readonly process: ChildProcess;
  /** What it wrote so far, standard output and error as they came. */
  output(): string;
  /** Types into its terminal or its standard input: `\x03` is Ctrl-C in a terminal. */
  type(text: string): void;
  /** Resolves once it has written something that matches; rejects where it ends before, or after `within` milliseconds. */
  saw(pattern: RegExp, within?: number): Promise<void>;
  readonly ended: Promise<Result>;
}

/** Runs kops to its end. */
export const runKops = (args: readonly string[], options: RunOptions = {}): Promise<Result> => startKops(args, options).ended;

/** Starts kops. It gets no colours and no CI variable unless `env` says so. */
export function startKops(args: readonly string[], options: RunOptions = {}): Running {
  const env = {CI: undefined, NO_COLOR: undefined, FORCE_COLOR: undefined, ...options.env};
  return start(process.execPath, [kopsProgram, ...args], {...options, env});
}

export function start(program: string, args: readonly string[], options: RunOptions = {}): Running {
  const [file, words] = options.tty ? inTerminal(program, args, options.tty) : [program, args];
  const child = spawn(file, words, {
    cwd: options.cwd,
    env: {...process.env, ...options.env},
    signal: options.signal,
    stdio: 'pipe',
  });
  let stdout = '';
  let stderr = '';
  let both = '';
  let changed = () => {};
  const ended = new Promise<Result>((resolve, reject) => {
    child.on('error', (error) => (error.name === 'AbortError' ? undefined : reject(error)));
    child.on('close', (code, signal) => resolve({code: code ?? 128 + signalNumber(signal), stdout, stderr}));
  });
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    both += text;
    changed();
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    both += text;
    changed();
  });
  child.stdin.on('error', () => {}); // it need not read all of it
  if (options.stdin !== undefined || !options.tty) child.stdin.end(options.stdin);

  return {
    process: child,
    output: () => both,
    type: (text) => child.stdin.write(text),
    saw: (pattern, within = 30_000) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error(`nothing like ${pattern} within ${within} ms in:\n${both}`)), within);
        changed = () => {
          if (!pattern.test(both)) return;
          clearTimeout(timer);
          resolve();
        };
        changed();
        ended.then(
          () => {
            clearTimeout(timer);
            reject(new Error(`it ended without ${pattern}; it wrote:\n${both}`));
          },
          (error) => reject(error),
        );
      }),
    ended,
  };
}

/** util-linux' `script` makes the terminal. */
function inTerminal(program: string, args: readonly string[], size: {columns: number; rows: number}): [string, string[]] {
  const command = [program, ...args].map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ');
  const sized = `stty cols ${size.columns} rows ${size.rows}; exec ${command}`;
  return ['script', ['--quiet', '--flush', '--return', '--command', sized, '/dev/null']];
}

const signalNumber = (signal: NodeJS.Signals | null): number => (signal === null ? 0 : (constants.signals[signal] ?? 0));
