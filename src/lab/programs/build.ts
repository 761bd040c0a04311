import {spawn} from 'node:child_process';
import {cpSync, linkSync, mkdirSync, mkdtempSync, renameSync, rmSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {ExitCode, Problem} from '../../problem.ts';
import {KUBERNETES_VERSION, PROGRAMS} from './names.ts';

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

/** Compiles the program in `source` and puts it, under all its names, into `folder`. About ten minutes on two cores the first time. */
export async function build(source: string, folder: string, detail: (text: string) => void, signal: AbortSignal): Promise<void> {
  mkdirSync(dirname(folder), {recursive: true, mode: 0o700});
  const temporary = mkdtempSync(`${folder}.building-`);
  try {
    const workspace = join(temporary, 'source');
    cpSync(source, workspace, {recursive: true});
    const binary = join(temporary, PROGRAMS[0]);
    await compile(workspace, binary, detail, signal);
    rmSync(workspace, {recursive: true});
    for (const name of PROGRAMS.slice(1)) linkSync(binary, join(temporary, name));
    renameSync(temporary, folder);
  } catch (error) {
    rmSync(temporary, {recursive: true, force: true});
    throw error;
  }
}

function compile(source: string, binary: string, detail: (text: string) => void, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn('go', ['build', '-v', '-trimpath', '-ldflags', LINKER_FLAGS, '-o', binary, '.'], {
      cwd: source,
      env: {...process.env, CGO_ENABLED: '0', GOWORK: 'off', GOFLAGS: '-mod=readonly'},
      stdio: ['ignore', 'ignore', 'pipe'],
      signal,
    });
    let compiled = 0;
    let tail = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      compiled += text.split('\n').length - 1;
      tail = (tail + text).slice(-2_000);
      detail(`${compiled} packages compiled`);
    });
    child.once('error', reject);
    child.once('exit', (code) => {
      if (code === 0) resolve();
      else
        reject(
          new Problem("the lab's programs could not be built", {
            why: `go build ended with ${code}:\n${tail.trimEnd().split('\n').slice(-5).join('\n')}`,
            exitCode: ExitCode.negative,
          }),
        );
    });
  });
}
