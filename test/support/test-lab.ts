import {mkdtemp, readFile, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import type {TestProject} from 'vitest/node';
import {parse} from 'yaml';
import {runKops} from './process.ts';

/** The cluster that the tests of one project share. */
export interface TestLab {
  /** Path of a kubeconfig file whose current context is an administrator's. */
  readonly kubeconfig: string;
  readonly context: string;
  readonly driver: 'embedded' | 'kind';
}

declare module 'vitest' {
  interface ProvidedContext {
    /** Or why there is none: thrown to the tests, so that those of other projects still run. */
    lab: TestLab | {readonly problem: string};
  }
}

interface Options {
  readonly driver: TestLab['driver'];
  /** A kubeconfig of a lab that is up already and stays. */
  readonly existing: string | undefined;
  readonly args: readonly string[];
}

/** Brings up a lab before the first test of a project and takes it down after the last. */
export async function provideLab(project: TestProject, options: Options): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'kops-test-'));
  const name = `kops-test-${process.pid}`;
  const stop = async () => {
    if (options.existing === undefined)
      await runKops(['lab', 'down', name, '--yes'], {env: {KUBECONFIG: join(folder, 'merged')}});
    await rm(folder, {recursive: true, force: true});
  };
  try {
    const kubeconfig = options.existing ?? (await bringUp(name, folder, options));
    const {'current-context': context} = parse(await readFile(kubeconfig, 'utf8')) as {'current-context': string};
    project.provide('lab', {kubeconfig, context, driver: options.driver});
  } catch (error) {
    project.provide('lab', {problem: `no ${options.driver} lab to test on: ${error instanceof Error ? error.message : error}`});
  }
  return stop;
}

async function bringUp(name: string, folder: string, {driver, args}: Options): Promise<string> {
  const env = {KUBECONFIG: join(folder, 'merged')};
  const up = await runKops(['lab', 'up', '--driver', driver, '--name', name, ...args], {env});
  if (up.code !== 0) throw new Error(`kops lab up ended with ${up.code}\n${up.stderr}`);
  const kubeconfig = await runKops(['lab', 'kubeconfig', name], {env});
  if (kubeconfig.code !== 0) throw new Error(`kops lab kubeconfig ended with ${kubeconfig.code}\n${kubeconfig.stderr}`);
  const path = join(folder, 'kubeconfig');
  await writeFile(path, kubeconfig.stdout, {mode: 0o600});
  return path;
}
