import {beforeAll, describe, expect, test, vi} from 'vitest';
import {encryptionLab} from '../support/encryption-lab.ts';
import {killAndAbort, killAtEveryStep, OPERATIONS, stepsOf} from '../support/killed-changes.ts';

vi.setConfig({testTimeout: 900_000});

const lab = encryptionLab(1);
let values: Readonly<Record<string, string>>;
beforeAll(async () => {
  values = await lab.seed(10);
});

describe.each(OPERATIONS)('%s, killed with SIGKILL', (operation) => {
  test('goes on from every step, and loses nothing', async () => {
    const steps = await stepsOf(lab, operation);
    expect(steps).toEqual(expect.arrayContaining(['begin ', 'write ', 'rewrite ', 'verify ', 'finish ']));
    await killAtEveryStep(lab, operation, steps, values);
  });

  test('can be taken back from every step, and loses nothing', async () => {
    for (const step of await stepsOf(lab, operation)) await killAndAbort(lab, operation, step, values);
  });
});
