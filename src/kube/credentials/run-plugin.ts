import {spawn} from 'node:child_process';
import {printable} from '../../text/printable.ts';
import type {ExecEntry} from '../access/kubeconfig.ts';
import {noCredentials} from './credential.ts';

/** Milliseconds. A person at a browser takes longer than a program. */
const TIMEOUT = {interactive: 5 * 60_000, silent: 60_000};
/** Milliseconds that a plugin has to end by itself. */
const GRACE = 1_000;
const MAX_OUTPUT = 1024 * 1024;
/** Characters of its standard error that a Problem shows: the last ones. */
const SHOWN = 400;

interface PluginRun {
  /** KUBERNETES_EXEC_INFO. */
  readonly info: string;
  /** It gets the terminal: standard input, and its standard error is shown as it comes. */
  readonly interactive: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly context: string;
}

/** Runs a credential plugin; resolves with what it printed. Ends it when `signal` aborts or its time is up. */
export async function runPlugin(
  exec: ExecEntry,
  {info, interactive, env, context}: PluginRun,
  signal: AbortSignal,
): Promise<string> {
  const {command, args, env: extra, installHint} = exec;
  const timeout = interactive ? TIMEOUT.interactive : TIMEOUT.silent;
  const fail = (why: string, {next, passing = true}: {next?: string | undefined; passing?: boolean} = {}) =>
    noCredentials(context, {
      why: `the plugin ${command} ${why}`,
      next: next ?? 'run the plugin by hand; its command is in the kubeconfig under users',
      passing,
    });

  const {promise, resolve, reject} = Promise.withResolvers<string>();
  const child = spawn(command, args ?? [], {
    env: {...env, ...Object.fromEntries((extra ?? []).map(({name, value}) => [name, value])), KUBERNETES_EXEC_INFO: info},
    stdio: [interactive ? 'inherit' : 'ignore', 'pipe', 'pipe'],
    windowsHide: true,
  });
  const out: Buffer[] = [];
  let outBytes = 0;
  let complaint = '';
  child.stdout.on('data', (chunk: Buffer) => {
    outBytes += chunk.length;
    if (outBytes > MAX_OUTPUT) stop(fail('printed more than a credential'));
    else out.push(chunk);
  });
  child.stderr.on('data', (chunk: Buffer) => {
    if (interactive) process.stderr.write(chunk);
    complaint = (complaint + chunk.toString('utf8')).slice(-4 * SHOWN);
  });
  child.on('error', (error: NodeJS.ErrnoException) => {
    const missing = error.code === 'ENOENT';
    reject(
      fail(missing ? 'was not found' : `could not be started: ${error.code}`, {
        next: installHint ? installHint.trim() : missing ? `install ${command}, or put it into PATH` : undefined,
        passing: false,
      }),
    );
  });
  child.on('close', (code, killedBy) => {
    if (code === 0) return resolve(Buffer.concat(out).toString('utf8'));
    const how = code === null ? `was ended by ${killedBy}` : `failed with exit code ${code}`;
    const said = lastLines(complaint);
    reject(fail(said ? `${how}:\n${said}` : how));
  });

  function stop(reason: unknown): void {
    reject(reason);
    child.kill();
    // Whoever does not listen is killed: after a moment, or when kops itself ends before.
    const kill = () => child.kill('SIGKILL');
    const killing = setTimeout(kill, GRACE);
    process.once('exit', kill);
    child.once('exit', () => {
      clearTimeout(killing);
      process.off('exit', kill);
    });
  }
  const onAbort = () => stop(signal.reason);
  signal.addEventListener('abort', onAbort, {once: true});
  const timer = setTimeout(() => stop(fail(`did not answer within ${timeout / 1000} s`)), timeout);
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
  }
}

/** What a program wrote last, safe to print. */
function lastLines(text: string): string {
  const lines = text
    .split('\n')
    .map((line) => printable(line.trim()))
    .filter((line) => line !== '')
    .slice(-5);
  const shown = lines.join('\n');
  return shown.length > SHOWN ? `…${shown.slice(-SHOWN)}` : shown;
}
