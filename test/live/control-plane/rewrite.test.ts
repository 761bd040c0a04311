import {expect, test, vi} from 'vitest';
import type {RewriteRun} from '../../../src/encryption/rewrite/run.ts';
import type {EncryptionRun} from '../../../src/encryption/transaction/transact.ts';
import type {EncryptionVerification} from '../../../src/encryption/verify.ts';
import type {KubeObject} from '../../../src/kube/json.ts';
import {encryptionLab} from '../../support/encryption-lab.ts';
import {startSecretWriter} from '../../support/secret-writer.ts';

// The tests build upon each other: each begins with every Secret stored under another key than the one it is to be written with.
vi.setConfig({testTimeout: 600_000, hookTimeout: 300_000});

const lab = encryptionLab(1);
const SEEDS = 600;
const NAMESPACE = 'rewrite';
const path = (name = '') => `/api/v1/namespaces/${NAMESPACE}/secrets${name && `/${name}`}`;
const valueFor = (name: string) => `${name} ${'x'.repeat(name.endsWith('0') ? 20_000 : 200)}`;

async function seed(): Promise<void> {
  await lab.api().send('POST', '/api/v1/namespaces', {metadata: {name: NAMESPACE}});
  for (let i = 0; i < SEEDS; i += 20) {
    const names = Array.from({length: 20}, (_, j) => `seed.${i + j}`);
    await Promise.all(
      names.map((name) => lab.api().send('POST', path(), {metadata: {name}, stringData: {value: valueFor(name)}})),
    );
  }
}

async function expectSeeds(): Promise<void> {
  const {items} = (await lab.api().send('GET', `${path()}?labelSelector=!writer`)) as {
    items: {metadata: {name: string}; data: {value: string}}[];
  };
  expect(items).toHaveLength(SEEDS);
  const wrong = items.filter(({metadata, data}) => Buffer.from(data.value, 'base64').toString() !== valueFor(metadata.name));
  expect(wrong.map(({metadata}) => metadata.name)).toEqual([]);
}

/** Makes what is stored stale: the servers write with a new key, and nothing is rewritten. */
async function newKey(operation: 'setup' | 'rotate'): Promise<string> {
  const report = await lab.report<EncryptionRun>([operation, '--yes', '--no-snapshot', '--no-rewrite']);
  expect(report).toMatchObject({outcome: 'done'});
  return `k8s:enc:secretbox:v1:${report.writeKey.keyName}:`;
}

const startRewrite = () => lab.start(['encrypt-at-rest', 'rewrite', '--yes', '-o', 'json']);
/** What etcd holds; its verdict is not what is asked for. */
const scan = async () =>
  JSON.parse((await lab.kops(['encrypt-at-rest', 'verify', '-o', 'json'])).stdout) as EncryptionVerification;
const totalOf = (stdout: string) => (JSON.parse(stdout) as RewriteRun).resources[0];

/** `kill -9`; the kubelet of the lab brings it back. */
function kill(program: string): void {
  const pid = lab.processes().find((process) => process.program === program)?.pid;
  if (pid === undefined) throw new Error(`no ${program} runs`);
  process.kill(pid, 'SIGKILL');
}

async function expectAllUnder(prefix: string): Promise<void> {
  const {plaintext, undecryptable, byKey} = await scan();
  expect({plaintext, undecryptable, byKey}).toEqual({plaintext: 0, undecryptable: 0, byKey: {[prefix]: expect.any(Number)}});
}

test('every Secret is stored with the key of today, while somebody writes 50 a second, and none is lost', async () => {
  await seed();
  const prefix = await newKey('setup');
  expect((await scan()).plaintext).toBeGreaterThanOrEqual(SEEDS);
  const writer = startSecretWriter(lab.api(), NAMESPACE);
  await vi.waitFor(() => expect(writer.written()).toBeGreaterThan(20), {timeout: 30_000});
  const {code, stdout, stderr} = await startRewrite().ended;
  expect({code, stderr}).toMatchObject({code: 0});
  expect(totalOf(stdout)).toMatchObject({failed: []});
  expect(totalOf(stdout)?.rewritten).toBeGreaterThanOrEqual(SEEDS);
  await writer.stopAndCheck();
  await expectSeeds();
  await expectAllUnder(prefix);
});

test.each(['kube-apiserver', 'etcd'])(
  '%s is killed in the middle: it goes on when that is back, and loses nothing',
  async (program) => {
    const prefix = await newKey('rotate');
    const writer = startSecretWriter(lab.api(), NAMESPACE);
    const running = startRewrite();
    await untilTheMiddle();
    kill(program);
    const {code, stdout, stderr} = await running.ended;
    expect({code, stderr}).toMatchObject({code: 0});
    expect(totalOf(stdout)).toMatchObject({failed: []});
    await writer.stopAndCheck();
    await expectSeeds();
    await expectAllUnder(prefix);
  },
);

test('interrupted and run again: what is done stays done', async () => {
  const prefix = await newKey('rotate');
  const running = startRewrite();
  await untilTheMiddle();
  running.process.kill('SIGINT');
  expect((await running.ended).code).toBe(130);
  const before = (await scan()).byKey[prefix] ?? 0;
  expect(before).toBeGreaterThan(20);

  const {code, stdout, stderr} = await startRewrite().ended;
  expect({code, stderr}).toMatchObject({code: 0});
  expect(totalOf(stdout)?.unchanged).toBeGreaterThanOrEqual(before);
  await expectSeeds();
  await expectAllUnder(prefix);
});

/** Waits until the rewrite is some way into the seeds: until one of the first in its order has another version. */
async function untilTheMiddle(): Promise<void> {
  const early = Array.from({length: SEEDS}, (_, i) => `seed.${i}`).sort()[60] ?? '';
  const version = async () => ((await lab.api().send('GET', path(early))) as KubeObject).metadata?.resourceVersion;
  const before = await version();
  await vi.waitFor(async () => expect(await version()).not.toBe(before), {timeout: 90_000, interval: 20});
}
