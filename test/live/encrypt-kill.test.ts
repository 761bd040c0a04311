import {describe, expect, test, vi} from 'vitest';
import type {Operation} from '../../src/encryption/transaction/record.ts';
import type {EncryptionRun} from '../../src/encryption/transaction/transact.ts';
import type {EncryptionVerification} from '../../src/encryption/verify.ts';
import {type EncryptionLab, encryptionLab} from '../support/encryption-lab.ts';

const OPERATIONS: readonly Operation[] = ['setup', 'rotate', 'disable'];
const CONFIRM = ['--yes', '--no-snapshot', '--confirm-within', '20s'];

describe.each([1, 3])('kops is killed at every step, with %i API servers', (controlPlanes) => {
  const lab = encryptionLab(controlPlanes);
  let values: Readonly<Record<string, string>> = {};

  test('nothing is ever lost, and every change can be resumed or taken back', {timeout: 1_800_000}, async () => {
    values = await lab.seed(10);
    const points = new Map<Operation, string[]>();
    for (const operation of OPERATIONS) points.set(operation, await stepsOf(lab, operation));
    expect(points.get('setup')).toEqual(
      expect.arrayContaining(['begin ', 'write ', 'canary ', 'rewrite ', 'verify ', 'finish ']),
    );

    for (const [operation, steps] of points) {
      for (const [i, step] of steps.entries()) {
        await prepare(lab, operation);
        await killAt(lab, operation, step);
        // What a user would see who only looks on: the node has put back what nobody confirmed, or everything is readable as it is.
        expect(await lab.secrets(), `${operation} killed at ${step}`).toEqual(values);
        if (lab.openTransaction() === undefined) continue; // killed before it was begun, or after its end
        const direction = i % 2 === 0 ? 'resume' : 'abort';
        const report = await lab.report<EncryptionRun>([direction, '--yes']);
        expect(report, `${direction} after ${operation} killed at ${step}`).toMatchObject({
          outcome: direction === 'resume' ? 'done' : 'rolled back',
        });
        expect(lab.openTransaction()).toBeUndefined();
        expect(await lab.secrets(), `${direction} after ${operation} killed at ${step}`).toEqual(values);
        if (direction === 'resume') await checkStored(lab, operation);
      }
    }
  });
});

/** The steps of one undisturbed run, as the journal has them: a new one cannot be missed. */
async function stepsOf(lab: EncryptionLab, operation: Operation): Promise<string[]> {
  const {transaction} = await lab.report<EncryptionRun>([operation, ...CONFIRM]);
  return lab
    .journal(transaction)
    .filter(({state}) => state === 'begun')
    .map(({step, node = ''}) => `${step} ${node}`);
}

/** Encryption is on before rotate and disable, and off before setup. */
async function prepare(lab: EncryptionLab, operation: Operation): Promise<void> {
  const isOn = lab
    .file(lab.nodes[0] ?? '', '/etc/kubernetes/manifests/kube-apiserver.yaml')
    ?.includes('--encryption-provider-config');
  if (operation === 'setup' && isOn) await disable(lab);
  if (operation !== 'setup') await lab.report([...['setup'], ...CONFIRM]);
}

/** A setup that was taken back may have left identity first, with the key behind it: that is not encryption to disable. */
async function disable(lab: EncryptionLab): Promise<void> {
  await lab.report(['setup', ...CONFIRM]);
  await lab.report(['disable', ...CONFIRM]);
}

async function killAt(lab: EncryptionLab, operation: Operation, step: string): Promise<void> {
  const before = new Set(lab.journal().map(({transaction}) => transaction));
  const running = lab.start(['encrypt-at-rest', operation, ...CONFIRM]);
  let ended = false;
  const end = running.ended.then(() => {
    ended = true;
  });
  await vi.waitFor(
    () => {
      const isThere = lab
        .journal()
        .some(
          (entry) => !before.has(entry.transaction) && entry.state === 'begun' && `${entry.step} ${entry.node ?? ''}` === step,
        );
      if (!isThere && !ended) throw new Error(`${operation} has not come to ${step}:\n${running.output()}`);
    },
    {timeout: 120_000, interval: 5},
  );
  running.process.kill('SIGKILL');
  await end;
}

async function checkStored(lab: EncryptionLab, operation: Operation): Promise<void> {
  const isOff = operation === 'disable';
  const report = await lab.report<EncryptionVerification>(['verify'], isOff ? 3 : 0);
  expect(report).toMatchObject(isOff ? {encrypted: 0} : {ok: true, plaintext: 0, undecryptable: 0});
}
