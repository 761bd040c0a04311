import {readFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {ExitCode, Problem} from '../problem.ts';
import {packageRoot} from '../root.ts';
import {enumerate} from '../text/enumerate.ts';
import {nearest} from '../text/nearest.ts';
import type {Driver, DriverName, LabStatus} from './driver.ts';
import {createEmbeddedDriver} from './embedded/driver.ts';
import {foldersOf} from './folders.ts';
import {createKindDriver} from './kind/driver.ts';
import {createKind} from './kind/engine.ts';
import {createPrograms} from './programs/programs.ts';

/** In the order in which they are preferred for a new lab. */
export function labDrivers(env: NodeJS.ProcessEnv): Driver[] {
  const {labs, programs} = foldersOf(env);
  const kind = {
    clusters: join(dirname(labs), 'kind'),
    config: readFileSync(join(packageRoot(), 'kind-config.yaml'), 'utf8'),
    image: env.KOPS_KIND_IMAGE || undefined,
  };
  return [createKindDriver(createKind(env), kind), createEmbeddedDriver(labs, createPrograms(programs, env))];
}

/**
 * The driver for `lab up`: the one that was asked for, the one that has a lab of this name, else the first that works here. Rejects with a
 * Problem where none does, where another driver has a lab of this name, and where the one that has it cannot be used now.
 */
export async function driverFor(
  name: string,
  wanted: DriverName | undefined,
  drivers: readonly Driver[],
  signal: AbortSignal,
): Promise<Driver> {
  const found = await findLab(name, drivers, signal);
  if (found && wanted && found.driver.name !== wanted) {
    throw new Problem(`lab ${name} exists already, made by the ${found.driver.name} driver`, {
      why: `${wanted} was asked for`,
      next: `kops lab down --name ${name}`,
      exitCode: ExitCode.usage,
    });
  }
  if (found) return withinReach(found).driver;
  const reasons: string[] = [];
  for (const driver of drivers.filter((candidate) => wanted === undefined || candidate.name === wanted)) {
    const reason = await driver.available(signal);
    if (reason === undefined) return driver;
    reasons.push(`${driver.name}: ${reason}`);
  }
  throw new Problem('no lab can be brought up here', {why: reasons.join('\n'), exitCode: ExitCode.negative});
}

export interface FoundLab {
  readonly driver: Driver;
  readonly status: LabStatus;
}

/** Undefined where no driver has a lab of this name. Where the one that has it cannot be used now, its state is unknown. */
export async function findLab(name: string, drivers: readonly Driver[], signal: AbortSignal): Promise<FoundLab | undefined> {
  for (const driver of drivers) {
    const remembered = driver.remembered().find((lab) => lab.name === name);
    if (remembered === undefined) continue;
    const reason = await driver.available(signal);
    const status = reason === undefined ? await driver.status(name, signal) : {...remembered, reason};
    if (status) return {driver, status};
  }
  return undefined;
}

/** The same lab; a Problem where its driver cannot be used now. */
export function withinReach(lab: FoundLab): FoundLab {
  const {driver, status} = lab;
  if (status.state !== 'unknown') return lab;
  throw new Problem(`lab ${status.name} cannot be reached`, {
    why: `the ${driver.name} driver made it, and cannot be used now: ${status.reason}`,
    next: 'mend that, then run the command again',
    exitCode: ExitCode.noAccess,
  });
}

/** As `findLab`; a lab that does not exist is a Problem that names the nearest one. */
export async function requireLab(name: string, drivers: readonly Driver[], signal: AbortSignal): Promise<FoundLab> {
  const found = await findLab(name, drivers, signal);
  if (found) return found;
  const names = await namesOf(drivers, signal);
  const near = nearest(name, names);
  throw notFound(name, names, near ? `kops lab status --name ${near}` : `kops lab up --name ${name}`);
}

/** Throws the Problem of a lab that was to be removed and is not there; not where nobody named one and there is none at all. */
export async function refuseMissing(
  {name, isNamed}: {readonly name: string; readonly isNamed: boolean},
  drivers: readonly Driver[],
  signal: AbortSignal,
): Promise<void> {
  const names = await namesOf(drivers, signal);
  if (names.length === 0 && !isNamed) return;
  const near = nearest(name, names) ?? (names.length === 1 ? names[0] : undefined);
  const gone = 'where it may be gone already: --ignore-not-found';
  throw notFound(name, names, near ? `kops lab down --name ${near}` : gone);
}

const notFound = (name: string, names: readonly string[], next: string): Problem =>
  new Problem(`lab ${name} not found`, {
    why: names.length > 0 ? `there is ${enumerate(names)}` : 'there is no lab at all',
    next,
    exitCode: ExitCode.noAccess,
  });

const namesOf = async (drivers: readonly Driver[], signal: AbortSignal): Promise<string[]> =>
  (await listLabs(drivers, signal)).map(({name}) => name);

/** Whether any driver that works here had such a lab, or remains of one. */
export async function removeLab(name: string, drivers: readonly Driver[], signal: AbortSignal): Promise<boolean> {
  let removed = false;
  for (const driver of drivers) {
    if ((await driver.available(signal)) === undefined && (await driver.down(name, signal))) removed = true;
  }
  return removed;
}

export async function listLabs(drivers: readonly Driver[], signal: AbortSignal): Promise<LabStatus[]> {
  const labs: LabStatus[] = [];
  for (const driver of drivers) {
    const remembered = driver.remembered();
    if (remembered.length === 0) continue;
    const reason = await driver.available(signal);
    labs.push(...(reason === undefined ? await driver.list(signal) : remembered.map((lab) => ({...lab, reason}))));
  }
  return labs;
}
