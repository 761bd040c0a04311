import {describe, expect, test} from 'vitest';
import type {Driver, LabStatus} from '../../src/lab/driver.ts';
import {driverFor, findLab, listLabs, refuseMissing, removeLab, requireLab, withinReach} from '../../src/lab/drivers.ts';

const signal = new AbortController().signal;

function fake(name: Driver['name'], labs: readonly string[], reason?: string): Driver & {removed: string[]} {
  const unused = () => Promise.reject(new Error('not expected here'));
  const statusOf = (lab: string) => ({kind: 'Lab', name: lab, driver: name, state: 'up'}) as LabStatus;
  const onlyIfAvailable = <T>(answer: T) => (reason === undefined ? Promise.resolve(answer) : unused());
  const removed: string[] = [];
  return {
    name,
    removed,
    available: async () => reason,
    remembered: () => labs.map((lab) => ({...statusOf(lab), state: 'unknown'})),
    up: unused,
    kubeconfig: unused,
    noteKubeconfig: () => {},
    status: (lab) => onlyIfAvailable(labs.includes(lab) ? statusOf(lab) : undefined),
    list: () => onlyIfAvailable(labs.map(statusOf)),
    down: (lab) => {
      if (labs.includes(lab)) removed.push(lab);
      return onlyIfAvailable(labs.includes(lab));
    },
  };
}

test.each([
  ['both work: the first', undefined, undefined, undefined, 'kind'],
  ['no Docker: the other one', undefined, 'no Docker engine answers', undefined, 'embedded'],
  ['asked for', 'embedded', undefined, undefined, 'embedded'],
] as const)('a new lab is made by a driver that works: %s', async (_case, wanted, kindReason, embeddedReason, expected) => {
  const drivers = [fake('kind', [], kindReason), fake('embedded', [], embeddedReason)];
  expect((await driverFor('x', wanted, drivers, signal)).name).toBe(expected);
});

test('a lab that is there belongs to the driver that made it, whichever is preferred', async () => {
  expect((await driverFor('x', undefined, [fake('kind', []), fake('embedded', ['x'])], signal)).name).toBe('embedded');
});

test('asking another driver for it is refused', async () => {
  await expect(driverFor('x', 'kind', [fake('kind', []), fake('embedded', ['x'])], signal)).rejects.toThrow(
    expect.objectContaining({message: 'lab x exists already, made by the embedded driver', exitCode: 2}),
  );
});

test('where no driver works each says why', async () => {
  const drivers = [fake('kind', [], 'no Docker engine answers'), fake('embedded', [], 'Linux only')];
  await expect(driverFor('x', undefined, drivers, signal)).rejects.toThrow(
    expect.objectContaining({why: 'kind: no Docker engine answers\nembedded: Linux only', exitCode: 3}),
  );
});

test('a driver that was asked for and does not work is not replaced by another', async () => {
  const drivers = [fake('kind', [], 'no Docker engine answers'), fake('embedded', [])];
  await expect(driverFor('x', 'kind', drivers, signal)).rejects.toThrow(
    expect.objectContaining({why: 'kind: no Docker engine answers'}),
  );
});

test.each([
  ['near to one that is', 'pratcice', 'kops lab status --name practice', 'there is practice and exam'],
  ['like none', 'zzz', 'kops lab up --name zzz', 'there is practice and exam'],
])('a lab that is not there, %s, is a problem that says what to do', async (_case, name, next, why) => {
  const drivers = [fake('kind', ['practice']), fake('embedded', ['exam'])];
  await expect(requireLab(name, drivers, signal)).rejects.toThrow(
    expect.objectContaining({message: `lab ${name} not found`, why, next, exitCode: 5}),
  );
});

test.each([
  ['near to one that is', 'pratcice', ['practice', 'exam'], 'there is practice and exam', 'kops lab down --name practice'],
  ['where there is one other', 'zzz', ['exam'], 'there is exam', 'kops lab down --name exam'],
  ['like none', 'zzz', ['practice', 'exam'], 'there is practice and exam', 'where it may be gone already: --ignore-not-found'],
  ['where there is none', 'zzz', [], 'there is no lab at all', 'where it may be gone already: --ignore-not-found'],
])('nothing to remove, %s, is a problem that says what to do', async (_case, name, labs, why, next) => {
  await expect(refuseMissing({name, isNamed: true}, [fake('kind', labs)], signal)).rejects.toThrow(
    expect.objectContaining({message: `lab ${name} not found`, why, next, exitCode: 5}),
  );
});

test('with no name and no lab there is nothing to remove, and nothing wrong', async () => {
  await refuseMissing({name: 'kops', isNamed: false}, [fake('kind', [])], signal);
  await expect(refuseMissing({name: 'kops', isNamed: false}, [fake('kind', ['exam'])], signal)).rejects.toThrow('not found');
});

describe('a lab whose driver does not answer', () => {
  const drivers = () => [fake('kind', ['a', 'x'], 'no Docker engine answers'), fake('embedded', ['b'])];
  const why = 'the kind driver made it, and cannot be used now: no Docker engine answers';

  test('is listed, its state unknown', async () => {
    const labs = await listLabs(drivers(), signal);
    expect(labs.map((lab) => [lab.name, lab.state, lab.reason])).toEqual([
      ['a', 'unknown', 'no Docker engine answers'],
      ['x', 'unknown', 'no Docker engine answers'],
      ['b', 'up', undefined],
    ]);
    expect((await requireLab('x', drivers(), signal)).status).toMatchObject({state: 'unknown'});
  });

  test('cannot be taken down, and is not said to be none', async () => {
    const found = await findLab('x', drivers(), signal);
    expect(() => found && withinReach(found)).toThrow(
      expect.objectContaining({message: 'lab x cannot be reached', why, exitCode: 5}),
    );
  });

  test('is not made a second time by another driver', async () => {
    await expect(driverFor('x', undefined, drivers(), signal)).rejects.toThrow(expect.objectContaining({why, exitCode: 5}));
  });
});

test('drivers without labs are not asked whether they work', async () => {
  const asked = {...fake('kind', []), available: () => Promise.reject(new Error('asked'))};
  expect(await listLabs([asked, fake('embedded', ['b'])], signal)).toHaveLength(1);
});

test('removing asks every driver that works, and tells whether there was anything', async () => {
  const drivers = [fake('kind', ['x']), fake('embedded', ['y'])];
  expect(await removeLab('y', drivers, signal)).toBe(true);
  expect(await removeLab('z', drivers, signal)).toBe(false);
  expect(drivers.map((driver) => driver.removed)).toEqual([[], ['y']]);
});
