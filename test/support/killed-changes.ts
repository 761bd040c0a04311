import {beforeAll, expect, test, vi} from 'vitest';
import type {Operation} from '../../src/encryption/transaction/record.ts';
import type {EncryptionRun} from '../../src/encryption/transaction/transact.ts';
import type {EncryptionVerification} from '../../src/encryption/verify.ts';
import {type EncryptionLab, encryptionLab} from './encryption-lab.ts';

export const OPERATIONS: readonly Operation[] = ['setup', 'rotate', 'disable'];
const CHANGE = ['--yes', '--no-snapshot', '--confirm-within', '30s'];

/** The tests of a file: a change on one API server is killed at every step, to go on from there and to be taken back from there. */
export function testKills(operation: Operation): void {
  vi.setConfig({testTimeout: 1_200_000});
  const lab = encryptionLab(1);
  let values: Readonly<Record<string, string>>;
  beforeAll(async () => {
    values = await lab.seed(10);
  });

  test('goes on from every step, and loses nothing', async () => {
    const steps = await stepsOf(lab, operation);
    expect(steps).toEqual(expect.arrayContaining(['begin ', 'write ', 'rewrite ', 'verify ', 'finish ']));
    await killAtEveryStep(lab, operation, steps, values);
  });

  test('can be taken back from every step, and loses nothing', async () => {
    for (const step of await stepsOf(lab, operation)) await killAndAbort(lab, operation, step, values);
  });
}

/** `write `, `enable NODE`: the steps of one undisturbed run, as the journal has them, so that a new one cannot be missed. */
export async function stepsOf(lab: EncryptionLab, operation: Operation): Promise<string[]> {
  await prepare(lab, operation);
  const {transaction} = await lab.report<EncryptionRun>([operation, ...CHANGE]);
  return lab
    .journal(transaction)
    .filter(({state}) => state === 'begun')
    .map(nameOf);
}

const nameOf = ({step, node = ''}: {readonly step: string; readonly node?: string}): string => `${step} ${node}`;

/** Begins a change, or goes on with one, and kills kops with SIGKILL once the journal has begun this step again. */
async function killAt(lab: EncryptionLab, step: string, words: readonly string[]): Promise<void> {
  const begins = () => lab.allJournals().filter((entry) => entry.state === 'begun' && nameOf(entry) === step).length;
  const before = begins();
  const running = lab.start(['encrypt-at-rest', ...words]);
  let ended = false;
  const end = running.ended.then(() => {
    ended = true;
  });
  await vi.waitFor(
    () => {
      if (begins() === before && !ended) throw new Error(`${words[0]} has not come to ${step}:\n${running.output()}`);
    },
    {timeout: 180_000, interval: 2},
  );
  running.process.kill('SIGKILL');
  await end;
}

/** One change that is killed at each of its steps, and resumed to be killed at the next one. */
export async function killAtEveryStep(
  lab: EncryptionLab,
  operation: Operation,
  steps: readonly string[],
  values: Readonly<Record<string, string>>,
): Promise<void> {
  await prepare(lab, operation);
  for (const [i, step] of steps.entries()) {
    const begins = i === 0 || lab.openTransaction() === undefined;
    await killAt(lab, step, begins ? [operation, ...CHANGE] : ['resume', '--yes']);
    expect(await lab.secrets(), `${operation} killed at ${step}`).toEqual(values);
  }
  if (lab.openTransaction()) expect(await lab.report(['resume', '--yes'])).toMatchObject({outcome: 'done'});
  await checkEnd(lab, operation, values);
}

/** A change that is killed at this step, and taken back. */
export async function killAndAbort(
  lab: EncryptionLab,
  operation: Operation,
  step: string,
  values: Readonly<Record<string, string>>,
): Promise<void> {
  await prepare(lab, operation);
  await killAt(lab, step, [operation, ...CHANGE]);
  const what = `abort of ${operation} killed at ${step}`;
  if (lab.openTransaction()) expect(await lab.report(['abort', '--yes']), what).toMatchObject({outcome: 'rolled back'});
  expect(lab.openTransaction(), what).toBeUndefined();
  expect(await lab.secrets(), what).toEqual(values);
  const {code, stdout} = await lab.kops(['encrypt-at-rest', 'verify', '-o', 'json']);
  const {plaintext, undecryptable} = JSON.parse(stdout) as EncryptionVerification;
  // How far the rewriting had come is left to chance; that all of it opens is not.
  expect({undecryptable, code}, what).toEqual({undecryptable: 0, code: plaintext > 0 ? 3 : 0});
}

/** Encryption is on before rotate and disable, and off before setup. */
async function prepare(lab: EncryptionLab, operation: Operation): Promise<void> {
  if (operation !== 'setup') return void (await lab.report(['setup', ...CHANGE]));
  if (!isConfigured(lab)) return;
  // A setup that was taken back may have left identity first, with the key behind it: that is no encryption to disable.
  if (!isEncrypting(lab)) await lab.report(['setup', ...CHANGE]);
  await lab.report(['disable', ...CHANGE]);
}

const isConfigured = (lab: EncryptionLab): boolean =>
  lab.file(lab.nodes[0] ?? '', '/etc/kubernetes/manifests/kube-apiserver.yaml')?.includes('--encryption-provider-config') ??
  false;

/** Whether new values are encrypted. */
const isEncrypting = (lab: EncryptionLab): boolean =>
  isConfigured(lab) && !/providers:\s*- identity/.test(lab.file(lab.nodes[0] ?? '', '/etc/kubernetes/enc/encryption.yaml') ?? '');

async function checkEnd(lab: EncryptionLab, operation: Operation, values: Readonly<Record<string, string>>): Promise<void> {
  const isOff = operation === 'disable';
  expect(await lab.report<EncryptionVerification>(['verify'], isOff ? 3 : 0)).toMatchObject(
    isOff ? {encrypted: 0} : {ok: true, plaintext: 0, undecryptable: 0},
  );
  expect(await lab.secrets()).toEqual(values);
}
