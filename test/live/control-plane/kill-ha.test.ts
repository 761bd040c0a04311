import {beforeAll, describe, expect, test, vi} from 'vitest';
import {encryptionLab} from '../../support/encryption-lab.ts';
import {killAndAbort, killEverywhere, OPERATIONS} from '../../support/killed-changes.ts';

vi.setConfig({testTimeout: 900_000});

const lab = encryptionLab(3);
const [, second = ''] = lab.nodes;
let values: Readonly<Record<string, string>>;
beforeAll(async () => {
  values = await lab.seed(10);
});

describe.each(OPERATIONS)('%s on three API servers, killed with SIGKILL', (operation) => {
  test('goes on from every step, and loses nothing', async () => {
    const points = await killEverywhere(lab, operation, values);
    expect(points).toContainEqual(expect.stringMatching(operation === 'rotate' ? /^read {2}swapped$/ : `${second} swapped`));
  });
});

test.each([
  ['setup', `enable ${second} swapped`],
  ['setup', 'write '],
  ['rotate', 'final '],
  ['disable', `remove ${second} swapped`],
] as const)('%s on three API servers, killed at %s, can be taken back', async (operation, step) => {
  await killAndAbort(lab, operation, step, values);
});
