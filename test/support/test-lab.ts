import {existsSync} from 'node:fs';
import {mkdir, mkdtemp, readFile, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import type {TestProject} from 'vitest/node';
import {parse} from 'yaml';
import {loadImages} from './images.ts';
import {runKops} from './process.ts';

/** The cluster that the tests of one project share. */
export interface TestLab {
  /** Path of a kubeconfig file whose current context is an administrator's. */
  readonly kubeconfig: string;
  readonly context: string;
  /** Of the lab: its first node is NAME-control-plane. */
  readonly name: string;
  readonly driver: 'embedded' | 'kind';
  /** It was up before the tests, and stays. */
  readonly isKept: boolean;
}

declare module 'vitest' {
  interface ProvidedContext {
    lab: TestLab;
  }
}

/** Takes the lab of a project down after its last test. `existing`: a kubeconfig of a lab that is up already and stays. */
export async function provideLab(
  project: TestProject,
  driver: TestLab['driver'],
  existing: string | undefined,
): Promise<() => Promise<void>> {
  if (existing !== undefined) {
    project.provide('lab', await describe(existing, driver));
    return async () => {};
  }
  const folder = await mkdtemp(join(tmpdir(), 'kops-test-'));
  const name = `kops-test-${driver}-${process.pid}`;
  const kubeconfig = join(folder, 'kubeconfig');
  project.provide('lab', {kubeconfig, name, driver, isKept: false, context: `${driver === 'kind' ? 'kind' : 'kops'}-${name}`});
  return async () => {
    await must(['lab', 'down', '--name', name, '--ignore-not-found', '--kubeconfig', kubeconfig]);
    await rm(folder, {recursive: true, force: true});
  };
}

/**
 * Resolves once the lab is up: the first test file that comes brings it up, so that it uses no processor before. Rejects for all of them
 * where that failed.
 */
export async function labIsUp({driver, name, kubeconfig, isKept}: TestLab): Promise<void> {
  const folder = dirname(kubeconfig);
  const [ready, failed] = [join(folder, 'ready'), join(folder, 'failed')];
  if (isKept) return;
  const isFirst = await mkdir(join(folder, 'begun')).then(
    () => true,
    () => false,
  );
  if (isFirst) {
    try {
      const files = ['--kubeconfig', kubeconfig];
      await removeAbandoned(files);
      await must(['lab', 'up', '--driver', driver, '--name', name, ...files]);
      if (driver === 'kind') await loadImages(name, process.env);
      await writeFile(ready, '');
    } catch (error) {
      await writeFile(failed, `no ${driver} lab to test on: ${error instanceof Error ? error.message : error}`);
    }
  }
  while (!existsSync(ready)) {
    if (existsSync(failed)) throw new Error(await readFile(failed, 'utf8'));
    await sleep(200);
  }
}

async function describe(kubeconfig: string, driver: TestLab['driver']): Promise<TestLab> {
  const {'current-context': context} = parse(await readFile(kubeconfig, 'utf8')) as {'current-context': string};
  return {kubeconfig, context, driver, isKept: true, name: context.replace(/^(kind|kops)-/, '')};
}

/** Labs of test runs that were killed: their name tells the process that made them. */
async function removeAbandoned(files: readonly string[]): Promise<void> {
  const {labs} = JSON.parse(await must(['lab', 'list', '-o', 'json'])) as {labs: {name: string}[]};
  for (const {name} of labs) {
    const maker = /^kops-test-[a-z]+-(\d+)$/.exec(name)?.[1];
    if (maker !== undefined && !isAlive(Number(maker))) await must(['lab', 'down', '--name', name, ...files]);
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

async function must(args: readonly string[]): Promise<string> {
  const {code, stdout, stderr} = await runKops(args);
  if (code !== 0) throw new Error(`kops ${args.join(' ')} ended with ${code}\n${stderr}`);
  return stdout;
}
