import {execFile} from 'node:child_process';
import {promisify} from 'node:util';

/** `why` says in one line why the tests on kind do not run. */
export type KindTests = {readonly run: true} | {readonly run: false; readonly why: string};

/** What is missing on this machine, in words; undefined where a Docker engine answers and kind is there. */
export type Probe = () => Promise<string | undefined>;

/**
 * Whether the tests on a kind cluster are part of a run. Under `KOPS_TEST_KIND=require` they always are: where something is missing, their
 * setup fails and says so. `KOPS_TEST_KIND=skip` leaves them out.
 */
export async function kindTests(env: NodeJS.ProcessEnv, probe: Probe): Promise<KindTests> {
  if (env.KOPS_TEST_KIND === 'require') return {run: true};
  if (env.KOPS_TEST_KIND === 'skip') return {run: false, why: 'KOPS_TEST_KIND=skip'};
  const missing = await probe();
  return missing === undefined ? {run: true} : {run: false, why: missing};
}

export async function probeMachine(): Promise<string | undefined> {
  if (!(await answers('docker', ['version', '--format', '{{.Server.Version}}']))) return 'no Docker engine answers';
  if (!(await answers('kind', ['version']))) return 'kind is not installed';
  return undefined;
}

async function answers(program: string, args: readonly string[]): Promise<boolean> {
  try {
    await promisify(execFile)(program, args, {timeout: 10_000});
    return true;
  } catch {
    return false;
  }
}
