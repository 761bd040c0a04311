import {readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {beforeAll, expect, test, vi} from 'vitest';
import type {EncryptionAbortPlan} from '../../../src/encryption/abort-plan.ts';
import type {EncryptionRun} from '../../../src/encryption/transaction/transact.ts';
import type {EncryptionVerification} from '../../../src/encryption/verify.ts';
import {encryptionLab} from '../../support/encryption-lab.ts';
import {staleSocket} from '../../support/kms-plugin.ts';
import {startSecretWriter} from '../../support/secret-writer.ts';

vi.setConfig({testTimeout: 600_000});

const lab = encryptionLab(1);
const [node = ''] = lab.nodes;
const MANIFEST = '/etc/kubernetes/manifests/kube-apiserver.yaml';
const CONFIGURATION = '/etc/kubernetes/enc/encryption.yaml';
const CHANGE = ['--yes', '--no-snapshot'];

/** Starts a change, and kills it as soon as the journal has this step. */
async function killAt(step: string, ...words: string[]): Promise<void> {
  const before = new Set(lab.journal().map(({transaction}) => transaction));
  const running = lab.start(['encrypt-at-rest', ...words, ...CHANGE]);
  await vi.waitFor(
    () => expect(lab.journal().some((entry) => !before.has(entry.transaction) && entry.step === step)).toBe(true),
    {timeout: 60_000, interval: 5},
  );
  running.process.kill('SIGKILL');
  await running.ended;
}

const commandLine = (pid: number) => readFileSync(`/proc/${pid}/cmdline`, 'utf8');

let values: Readonly<Record<string, string>>;
beforeAll(async () => {
  values = await lab.seed(20);
});

/** Turns encryption on, where it is not. */
const encrypted = () => lab.report<EncryptionRun>(['setup', ...CHANGE]);

test('a second kops is told that one is at work, and changes nothing', async () => {
  const first = lab.start(['encrypt-at-rest', 'setup', ...CHANGE, '-o', 'json']);
  await vi.waitFor(() => expect(lab.journal().some(({step}) => step === 'read')).toBe(true), {timeout: 60_000, interval: 5});
  first.process.kill('SIGSTOP'); // it is at work, however quick the others are
  const second = await lab.kops(['encrypt-at-rest', 'setup', ...CHANGE]);
  const third = await lab.kops(['encrypt-at-rest', 'resume', '--yes']);
  const others = [await lab.kops(['encrypt-at-rest', 'scrub', '--yes']), await lab.kops(['encrypt-at-rest', 'rewrite', '--yes'])];
  first.process.kill('SIGCONT');
  expect(second).toMatchObject({code: 3, stderr: expect.stringContaining('a change of the encryption is running now')});
  expect(third).toMatchObject({code: 3, stderr: expect.stringContaining('another kops is changing the encryption')});
  for (const {code, stderr} of others)
    expect({code, stderr}).toMatchObject({code: 3, stderr: expect.stringMatching(`@.*, process ${first.process.pid},`)});
  expect(await first.ended).toMatchObject({code: 0});
  expect(await lab.secrets()).toEqual(values);
});

test('while a change is open, every other one is refused, and status and verify say so', async () => {
  await encrypted();
  await killAt('write', 'rotate');
  for (const words of [['rotate'], ['setup'], ['disable']]) {
    const {code, stderr} = await lab.kops(['encrypt-at-rest', ...words, ...CHANGE]);
    expect({code, stderr}).toMatchObject({code: 3, stderr: expect.stringContaining('kops encrypt-at-rest resume')});
  }
  for (const words of [['status'], ['verify']]) {
    const {stdout, stderr} = await lab.kops(['encrypt-at-rest', ...words]);
    expect(stdout + stderr).toContain('resume');
  }
  expect(await lab.report<EncryptionRun>(['resume', '--yes'])).toMatchObject({outcome: 'done'});
});

test('what an abort would put back can be looked at first, and looking changes nothing', async () => {
  await encrypted();
  const before = lab.file(node, CONFIGURATION);
  for (const [step, promoted] of [
    ['read', false],
    ['write', true],
  ] as const) {
    await killAt(step, 'rotate');
    const interrupted = lab.file(node, CONFIGURATION);
    const plan = await lab.report<EncryptionAbortPlan>(['abort', '--dry-run']);
    expect(plan).toMatchObject({kind: 'EncryptionAbortPlan', operation: 'rotate', promoted, nodes: [{node, restarts: false}]});
    expect(lab.file(node, CONFIGURATION)).toBe(interrupted);
    expect(lab.openTransaction()).toBeDefined();
    expect(await lab.report<EncryptionRun>(['abort', '--yes'])).toMatchObject({outcome: 'rolled back'});
    if (!promoted) expect(lab.file(node, CONFIGURATION)).toBe(before);
  }
  expect(await lab.secrets()).toEqual(values);
});

test('a file that somebody edited meanwhile is left as it is, and the change stays open until it is mended', async () => {
  await encrypted();
  const path = lab.path(node, CONFIGURATION);
  await killAt('write', 'rotate');
  const edited = `${readFileSync(path, 'utf8')}# by hand\n`;
  writeFileSync(path, edited);
  const report = await lab.report<EncryptionRun>(['abort', '--yes'], 3);
  expect(report).toMatchObject({outcome: 'open', why: {what: `${CONFIGURATION} on ${node} was changed by somebody else`}});
  expect(readFileSync(path, 'utf8')).toBe(edited);

  const id = lab.openTransaction()?.id ?? '';
  writeFileSync(path, readFileSync(lab.path(node, `/etc/kubernetes/kops/backup/${id}/encryption.yaml`)));
  expect(await lab.report<EncryptionRun>(['abort', '--yes'])).toMatchObject({outcome: 'rolled back'});
  expect(await lab.secrets()).toEqual(values);
});

/** Somebody's edit of the manifest, until the API server runs with `word`. */
async function editManifest(word: string, change: (manifest: string) => string): Promise<void> {
  const path = lab.path(node, MANIFEST);
  const before = readFileSync(path, 'utf8');
  expect(change(before)).not.toBe(before);
  writeFileSync(path, change(before));
  const runs = () => lab.processes().some(({program, pid}) => program === 'kube-apiserver' && commandLine(pid).includes(word));
  await vi.waitFor(() => expect(runs()).toBe(true), {timeout: 30_000, interval: 50});
  await vi.waitFor(() => lab.api().send('GET', '/readyz'), {timeout: 60_000, interval: 200});
}
const louder = (flag: string) => (manifest: string) => manifest.replace(/^(\s*)- kube-apiserver\n/m, `$&$1- ${flag} # louder\n`);

test('a manifest edited by hand between two changes keeps its edit', async () => {
  await encrypted();
  await editManifest('--v=1', louder('--v=1'));
  expect(await lab.report<EncryptionRun>(['disable', ...CHANGE])).toMatchObject({outcome: 'done'});
  expect(lab.file(node, MANIFEST)).toContain('--v=1 # louder');
  expect(lab.file(node, MANIFEST)).not.toContain('encryption-provider-config');
});

test('a manifest edited by hand while a change is open keeps its edit when the change is taken back, and when it goes on', async () => {
  const before = lab.file(node, MANIFEST) ?? '';
  await killAt('read', 'setup');
  await editManifest('--v=2', louder('--v=2'));
  expect(await lab.report<EncryptionRun>(['abort', '--yes'])).toMatchObject({outcome: 'rolled back', why: null});
  expect(lab.file(node, MANIFEST)).toBe(louder('--v=2')(before));

  await encrypted();
  // Flag and value as two words, in another list, in quotes; a flag twice; a volume of the operator's own: a server takes all of it.
  const asWords = (manifest: string) =>
    manifest
      .replace(/^(\s*)- --encryption-provider-config=(.*)\n/m, '')
      .replace(/^( *)image: /m, `$1args: # ours\n$1- '--encryption-provider-config'\n$1- "${CONFIGURATION}"\n$1- --v=3\n$&`)
      .replace(/^ *volumeMounts:\n( *)- /m, '$&{name: extra, mountPath: /extra}\n$1- ')
      .replace(/^ *volumes:\n( *)- /m, '$&{name: extra, hostPath: {path: /tmp}} # theirs\n$1- ');
  await editManifest('--v=3', asWords);
  expect(await lab.kops(['encrypt-at-rest', 'status'])).toMatchObject({code: 0});
  await killAt('rewrite', 'disable');
  await editManifest('--v=4', louder('--v=4'));
  expect(await lab.report<EncryptionRun>(['resume', '--yes'])).toMatchObject({outcome: 'done'});
  const after = lab.file(node, MANIFEST) ?? '';
  expect(after).toContain('- --v=3');
  expect(after).toContain('- {name: extra, mountPath: /extra}\n');
  expect(after).toContain('- {name: extra, hostPath: {path: /tmp}} # theirs\n');
  expect(after).toContain('--v=4 # louder');
  expect(after).not.toContain('encryption-provider-config');
  expect(lab.file(node, CONFIGURATION)).toBeUndefined();
  expect(await lab.secrets()).toEqual(values);
});

test('a configuration whose provider cannot encrypt is taken back before anything is written with it', async () => {
  const before = [lab.file(node, MANIFEST), lab.file(node, CONFIGURATION)];
  const file = join(lab.folder(), 'kms.yaml');
  const socket = join(lab.folder(), 'stale.sock');
  staleSocket(socket);
  writeFileSync(
    file,
    `apiVersion: apiserver.config.k8s.io/v1
kind: EncryptionConfiguration
resources:
  - resources: [secrets]
    providers:
      - kms: {apiVersion: v2, name: vault, endpoint: 'unix://${socket}', timeout: 1s}
      - identity: {}
`,
  );
  const report = await lab.report<EncryptionRun>(['setup', '--config', file, '--confirm-within', '30s', ...CHANGE], 3);
  expect(report).toMatchObject({outcome: 'rolled back', why: {why: expect.stringContaining('is not ready: kms-providers')}});
  expect([lab.file(node, MANIFEST), lab.file(node, CONFIGURATION)]).toEqual(before);
  expect(lab.openTransaction()).toBeUndefined();
  expect(await lab.secrets()).toEqual(values);
  expect(await lab.report<EncryptionVerification>(['verify'], 3)).toMatchObject({encrypted: 0});
});

test.each([
  ['a key of the wrong length', 'secret: c2hvcnQ=', 'secretbox takes 32'],
  ['no base64', 'secret: "!!!"', 'base64'],
])('a configuration with %s is refused before anything is touched', async (_case, secret, why) => {
  const file = join(lab.folder(), 'bad.yaml');
  const before = lab.file(node, MANIFEST);
  writeFileSync(
    file,
    `apiVersion: apiserver.config.k8s.io/v1
kind: EncryptionConfiguration
resources: [{resources: [secrets], providers: [{secretbox: {keys: [{name: a, ${secret}}]}}, {identity: {}}]}]
`,
  );
  const {code, stderr} = await lab.kops(['encrypt-at-rest', 'setup', '--config', file, ...CHANGE]);
  expect({code, stderr}).toMatchObject({code: 2, stderr: expect.stringMatching(new RegExp(why))});
  expect(lab.file(node, MANIFEST)).toBe(before);
});

test('while somebody writes fifty Secrets a second, nothing of it is lost by setup, rotation and the way back', async () => {
  const writer = startSecretWriter(lab.api(), 'default');
  for (const operation of ['setup', 'rotate', 'disable'])
    expect(await lab.report<EncryptionRun>([operation, ...CHANGE])).toMatchObject({outcome: 'done'});
  expect(writer.written()).toBeGreaterThan(100);
  await writer.stopAndCheck();
  expect(await lab.secrets()).toEqual(values);
});

test('an object that no key opens is named', async () => {
  await encrypted();
  const configuration = lab.path(node, CONFIGURATION);
  const good = readFileSync(configuration, 'utf8');
  // The same name with other bytes: what kubernetes#66844 is about.
  writeFileSync(configuration, good.replace(/secret: .*/, `secret: ${Buffer.alloc(32, 1).toString('base64')}`));
  const report = await lab.report<EncryptionVerification>(['verify'], 3);
  expect(report).toMatchObject({
    ok: false,
    offenders: expect.arrayContaining([expect.stringContaining('seed.1')]),
  });
  expect(report.undecryptable).toBe(report.scanned);
  writeFileSync(configuration, good);
  expect(await lab.report<EncryptionVerification>(['verify'])).toMatchObject({ok: true});
});
