import {beforeAll, expect, test, vi} from 'vitest';
import {CONFIGURATION_FILE, type Operation} from '../../src/encryption/transaction/record.ts';
import type {EncryptionVerification} from '../../src/encryption/verify.ts';
import {type EncryptionLab, encryptionLab} from './encryption-lab.ts';

export const OPERATIONS: readonly Operation[] = ['setup', 'rotate', 'disable'];
const CHANGE = ['--yes', '--no-snapshot'];
const MANIFEST = '/etc/kubernetes/manifests/kube-apiserver.yaml';

/**
 * The tests of a file: a change on one API server is killed wherever it can be, to go on from there; and taken back from where it means
 * something else each time.
 */
export function testKills(operation: Operation): void {
  vi.setConfig({testTimeout: 1_200_000});
  const lab = encryptionLab(1);
  let values: Readonly<Record<string, string>>;
  let points: readonly string[] = [];
  beforeAll(async () => {
    values = await lab.seed(10);
  });

  test('goes on from every step, and loses nothing', async () => {
    points = await killEverywhere(lab, operation, values);
    expect(points).toEqual(expect.arrayContaining(['begin ', 'write ', 'rewrite ', 'verify ', 'finish ']));
    expect(points).toContainEqual(expect.stringMatching(/ swapped$/));
  });

  test('can be taken back before the new key is written, while it is, and from then to the end', async () => {
    const promotion = points.indexOf('write ');
    for (const point of [points[0], points[promotion - 1], 'write ', 'rewrite ', points.at(-1)])
      await killAndAbort(lab, operation, point ?? '', values);
  });
}

/** A real kubelet takes its time to replace a static pod; and to look into a real node takes a tenth of a second. */
const PACE = {
  embedded: {change: [...CHANGE, '--confirm-within', '30s'], interval: 4},
  kind: {change: CHANGE, interval: 50},
} as const;

const nameOf = ({step, node = ''}: {readonly step: string; readonly node?: string}): string => `${step} ${node}`;

/**
 * Begins a change, or goes on with one, until it is at one of these points, and kills kops with SIGKILL there: `write `, `enable NODE` when
 * the journal says that the step begins, `enable NODE swapped` when that node then has another file (any of them, where the step is about
 * all). Resolves with the point, or with undefined
 * where kops came to its end.
 */
async function killAt(
  lab: EncryptionLab,
  words: readonly string[],
  isWanted: (point: string) => boolean,
): Promise<string | undefined> {
  const before = lab.allJournals().length;
  const running = lab.start(['encrypt-at-rest', ...words]);
  let ended = false;
  const end = running.ended.then((result) => {
    ended = true;
    return result;
  });
  const filesOf = (nodes: readonly string[]) =>
    nodes.flatMap((node) => [MANIFEST, CONFIGURATION_FILE].map((path) => lab.file(node, path))).join();
  let swapping: {readonly point: string; readonly nodes: readonly string[]; readonly files: string} | undefined;
  let known = before;
  const point = await vi.waitFor(
    () => {
      if (ended) return undefined;
      for (const entry of lab.allJournals().slice(known)) {
        known++;
        swapping = undefined;
        if (entry.state !== 'begun') continue;
        if (isWanted(nameOf(entry))) return nameOf(entry);
        const nodes = entry.node === undefined ? lab.nodes : [entry.node];
        swapping = {point: `${nameOf(entry)} swapped`, nodes, files: filesOf(nodes)};
      }
      if (swapping && isWanted(swapping.point) && filesOf(swapping.nodes) !== swapping.files) return swapping.point;
      throw new Error(`${words[0]} has not come to where it is to be killed:\n${running.output()}`);
    },
    {timeout: 240_000, interval: PACE[lab.driver].interval},
  );
  running.process.kill('SIGKILL');
  const {code, stderr} = await end;
  if (point === undefined) expect(code, stderr).toBe(0);
  return point;
}

/**
 * One change that is killed at each point that it comes to, and resumed to be killed at the next one: the journal tells which they are, so
 * that a new step cannot be missed. Resolves with all of them, in order.
 */
export async function killEverywhere(
  lab: EncryptionLab,
  operation: Operation,
  values: Readonly<Record<string, string>>,
): Promise<string[]> {
  await prepare(lab, operation);
  const points: string[] = [];
  for (;;) {
    const begins = points.length === 0 || lab.openTransaction() === undefined;
    const point = await killAt(
      lab,
      begins ? [operation, ...PACE[lab.driver].change] : ['resume', '--yes'],
      (one) => !points.includes(one),
    );
    if (point === undefined) break;
    points.push(point);
    expect(await lab.secrets(), `${operation} killed at ${point}`).toEqual(values);
    if (lab.openTransaction() === undefined && points.length > 1) break; // it had come to its end all the same
  }
  await checkEnd(lab, operation, values);
  return points;
}

/** A change that is killed at this point, and taken back: which is killed itself at each point that it comes to, and begun again. */
export async function killAndAbort(
  lab: EncryptionLab,
  operation: Operation,
  point: string,
  values: Readonly<Record<string, string>>,
): Promise<void> {
  await prepare(lab, operation);
  const what = `abort of ${operation} killed at ${point}`;
  expect(await killAt(lab, [operation, ...PACE[lab.driver].change], (one) => one === point), what).toBe(point);
  const wayBack: string[] = [];
  while (lab.openTransaction()) {
    const next = await killAt(lab, ['abort', '--yes'], (one) => !wayBack.includes(one));
    if (next === undefined) break;
    wayBack.push(next);
    expect(await lab.secrets(), `${what}, killed at ${next}`).toEqual(values);
  }
  expect(lab.openTransaction(), what).toBeUndefined();
  expect(await lab.secrets(), what).toEqual(values);
  const {code, stdout} = await lab.kops(['encrypt-at-rest', 'verify', '-o', 'json']);
  const {ok, undecryptable} = JSON.parse(stdout) as EncryptionVerification;
  // How far the rewriting had come is left to chance; that all of it opens is not.
  expect({undecryptable, code}, what).toEqual({undecryptable: 0, code: ok ? 0 : 3});
}

/** Encryption is on before rotate and disable, and off before setup. */
async function prepare(lab: EncryptionLab, operation: Operation): Promise<void> {
  if (operation !== 'setup') return void (await lab.report(['setup', ...PACE[lab.driver].change]));
  if (!isConfigured(lab)) return;
  // A setup that was taken back may have left identity first, with the key behind it: that is no encryption to disable.
  if (!isEncrypting(lab)) await lab.report(['setup', ...PACE[lab.driver].change]);
  await lab.report(['disable', ...PACE[lab.driver].change]);
}

const isConfigured = (lab: EncryptionLab): boolean =>
  lab.file(lab.nodes[0] ?? '', MANIFEST)?.includes('--encryption-provider-config') ?? false;

/** Whether new values are encrypted. */
const isEncrypting = (lab: EncryptionLab): boolean =>
  isConfigured(lab) && !/providers:\s*- identity/.test(lab.file(lab.nodes[0] ?? '', CONFIGURATION_FILE) ?? '');

async function checkEnd(lab: EncryptionLab, operation: Operation, values: Readonly<Record<string, string>>): Promise<void> {
  const isOff = operation === 'disable';
  expect(await lab.report<EncryptionVerification>(['verify'], isOff ? 3 : 0)).toMatchObject(
    isOff ? {encrypted: 0} : {ok: true, plaintext: 0, undecryptable: 0},
  );
  expect(await lab.secrets()).toEqual(values);
}
