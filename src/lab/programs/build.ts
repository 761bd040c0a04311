import {execFile, spawn} from 'node:child_process';
import {cpSync, linkSync, rmSync} from 'node:fs';
import {join} from 'node:path';
import {createInterface} from 'node:readline';
import {promisify} from 'node:util';
import {ExitCode, Problem} from '../../problem.ts';

import {inNewFolder} from './cache.ts';
import {KUBERNETES_VERSION, PROGRAMS} from './names.ts';

export const REQUIRED_GO = '1.26';
const [, MAJOR, MINOR] = /^v(\d+)\.(\d+)/.exec(KUBERNETES_VERSION) ?? [];
const VERSION_PACKAGE = 'k8s.io/component-base/version';
const LINKER_FLAGS = [
  '-s',
  '-w',
  `-X ${VERSION_PACKAGE}.gitVersion=${KUBERNETES_VERSION}`,
  `-X ${VERSION_PACKAGE}.gitMajor=${MAJOR}`,
  `-X ${VERSION_PACKAGE}.gitMinor=${MINOR}`,
  `-X ${VERSION_PACKAGE}.gitTreeState=clean`,
].join(' ');
const FLAGS = ['-mod=readonly', '-trimpath', '-ldflags', LINKER_FLAGS];
/** Linking takes about as long as this many packages (measured: 40 s of ten minutes). */
const LINKING = 150;
const MINUTE = 60_000;
/** The cold build, before it can be estimated from its own progress. */
const FIRST_ESTIMATE = 'about 10 minutes on 2 cores';

/** Why the programs cannot be built here; undefined where they can. */
export async function whyNotBuild(env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<string | undefined> {
  try {
    const {stdout} = await promisify(execFile)('go', ['env', 'GOVERSION'], {env, signal});
    return isOlder(stdout.trim(), REQUIRED_GO) ? `building them needs Go ${REQUIRED_GO}, this is ${stdout.trim()}` : undefined;
  } catch {
    signal.throwIfAborted();
    return `building them needs Go ${REQUIRED_GO}, and there is no Go on the PATH`;
  }
}

/** Compiles the program in `source` and puts it, under all its names, into `folder`. */
export async function build(
  source: string,
  folder: string,
  detail: (text: string) => void,
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<void> {
  const goEnv = {...env, CGO_ENABLED: '0', GOWORK: 'off'};
  await inNewFolder(folder, async (temporary) => {
    const workspace = join(temporary, 'source'); // the package's own folder may be read-only
    cpSync(source, workspace, {recursive: true});
    const binary = join(temporary, PROGRAMS[0]);
    detail(`go build: ${FIRST_ESTIMATE} unless Go has compiled them before`);
    const stale = await countStale(workspace, goEnv, detail, signal);
    await compile(workspace, binary, goEnv, createEstimate(stale, Date.now, detail), signal);
    rmSync(workspace, {recursive: true});
    for (const name of PROGRAMS.slice(1)) linkSync(binary, join(temporary, name));
  });
}

/**
 * Says how far a build is, from packages compiled so far out of `total` and the time they took. `now` in milliseconds. To be called once
 * per compiled package.
 */
export function createEstimate(total: number, now: () => number, detail: (text: string) => void): () => void {
  const start = now();
  let compiled = 0;
  return () => {
    compiled = Math.min(compiled + 1, total);
    const elapsed = now() - start;
    const left = (elapsed / compiled) * (total - compiled + LINKING);
    const enough = compiled > total / 50 && elapsed > 10_000; // the first packages are the small ones
    if (compiled === total) detail('linking, less than a minute');
    else
      detail(
        `${compiled} of ${total} packages compiled, ${enough ? `about ${Math.ceil(left / MINUTE)} min left` : FIRST_ESTIMATE}`,
      );
  };
}

/** How many packages Go has not compiled before; it also downloads the modules. */
async function countStale(
  source: string,
  env: NodeJS.ProcessEnv,
  detail: (text: string) => void,
  signal: AbortSignal,
): Promise<number> {
  const format = '{{if .Stale}}{{.ImportPath}}{{end}}';
  let downloads = 0;
  const lines = await runGo(['list', '-deps', ...FLAGS, '-f', format, '.'], source, env, signal, (line) => {
    if (line.startsWith('go: downloading ')) detail(`${++downloads} Go modules downloaded`);
  });
  return Math.max(1, lines.filter((line) => line !== '').length);
}

async function compile(
  source: string,
  binary: string,
  env: NodeJS.ProcessEnv,
  onPackage: () => void,
  signal: AbortSignal,
): Promise<void> {
  await runGo(['build', '-v', ...FLAGS, '-o', binary, '.'], source, env, signal, (line) => {
    if (/^[\w./-]+$/.test(line)) onPackage(); // "go: downloading …" and errors have spaces
  });
}

/** Resolves with what it printed. It runs in a process group of its own, so that its compilers end with it. */
function runGo(
  args: string[],
  cwd: string,
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
  onErrorLine: (line: string) => void,
): Promise<string[]> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const child = spawn('go', args, {cwd, env, detached: true, stdio: ['ignore', 'pipe', 'pipe']});
    const output: string[] = [];
    const errors: string[] = [];
    createInterface({input: child.stdout}).on('line', (line) => output.push(line));
    createInterface({input: child.stderr}).on('line', (line) => {
      errors.push(line);
      onErrorLine(line);
    });
    const interrupt = () => {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    };
    signal.addEventListener('abort', interrupt, {once: true});
    child.once('error', reject);
    child.once('close', (code) => {
      signal.removeEventListener('abort', interrupt);
      if (signal.aborted) reject(signal.reason);
      else if (code === 0) resolve(output);
      else reject(buildFailed(args[0] ?? '', code, errors));
    });
  });
}

const buildFailed = (verb: string, code: number | null, errors: readonly string[]): Problem =>
  new Problem("the lab's programs could not be built", {
    why: `go ${verb} ended with ${code}:\n${errors.slice(-5).join('\n')}`,
    next: 'what it needs: Go modules from a proxy (GOPROXY), 4 GB of memory, 5 GB of disk',
    exitCode: ExitCode.negative,
  });

/** `go1.25.3` against `1.26`. */
function isOlder(version: string, required: string): boolean {
  const [have, want] = [version.replace(/^go/, ''), required].map((v) => v.split('.').map((part) => Number.parseInt(part, 10)));
  return (have?.[0] ?? 0) !== (want?.[0] ?? 0) ? (have?.[0] ?? 0) < (want?.[0] ?? 0) : (have?.[1] ?? 0) < (want?.[1] ?? 0);
}
