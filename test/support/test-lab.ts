import {mkdtemp, readFile, rm} from 'node:fs/promises';
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
  /** Of the lab: its first node is NAME-control-plane. */
  readonly name: string;
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
  /** What the tests need in a lab that was just brought up. */
  prepare(lab: TestLab): Promise<void>;
}

/** Brings up a lab before the first test of a project and takes it down after the last. */
export async function provideLab(project: TestProject, {driver, existing, prepare}: Options): Promise<() => Promise<void>> {
  if (existing !== undefined) {
    project.provide('lab', await describe(existing, driver));
    return async () => {};
  }
  const folder = await mkdtemp(join(tmpdir(), 'kops-test-'));
  const kubeconfig = join(folder, 'kubeconfig');
  const name = `kops-test-${driver}-${process.pid}`;
  const files = ['--kubeconfig', kubeconfig];
  try {
    await removeAbandoned(files);
    await must(['lab', 'up', '--driver', driver, '--name', name, ...files]);
    const lab = await describe(kubeconfig, driver);
    await prepare(lab);
    project.provide('lab', lab);
  } catch (error) {
    project.provide('lab', {problem: `no ${driver} lab to test on: ${error instanceof Error ? error.message : error}`});
  }
  return async () => {
    await must(['lab', 'down', '--name', name, '--ignore-not-found', ...files]);
    await rm(folder, {recursive: true, force: true});
  };
}

async function describe(kubeconfig: string, driver: TestLab['driver']): Promise<TestLab> {
  const {'current-context': context} = parse(await readFile(kubeconfig, 'utf8')) as {'current-context': string};
  return {kubeconfig, context, driver, name: context.replace(/^(kind|kops)-/, '')};
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
