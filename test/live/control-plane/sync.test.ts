import {readFileSync, rmSync, statSync} from 'node:fs';
import {expect, test, vi} from 'vitest';
import {API_SERVER_MANIFEST} from '../../../src/encryption/control-plane.ts';
import type {EncryptionStatus} from '../../../src/encryption/status.ts';
import {CONFIGURATION_FILE} from '../../../src/encryption/transaction/record.ts';
import type {EncryptionRun} from '../../../src/encryption/transaction/transact.ts';
import {encryptionLab} from '../../support/encryption-lab.ts';

vi.setConfig({testTimeout: 400_000});

const lab = encryptionLab(3);
const [first = '', , third = ''] = lab.nodes;
const onThird = () => lab.path(third, CONFIGURATION_FILE);

test('a node that joined without the configuration gets that of the others, nothing while a change is open, and is left out once it is gone', async () => {
  await lab.report(['setup', '--yes', '--no-snapshot']);
  const given = readFileSync(lab.path(first, CONFIGURATION_FILE));
  rmSync(onThird());
  expect(await lab.report<EncryptionStatus>(['status'], 3)).toMatchObject({
    agrees: false,
    next: expect.stringContaining(`kops encrypt-at-rest sync ${third}`),
  });

  const sync = ['sync', third, '--yes'];
  expect(await lab.report(sync)).toMatchObject({node: third, from: first, path: CONFIGURATION_FILE, outcome: 'written'});
  expect(readFileSync(onThird()).equals(given)).toBe(true);
  expect(statSync(onThird()).mode & 0o777).toBe(0o600);
  expect(await lab.report(sync)).toMatchObject({outcome: 'unchanged'});
  // It looks at its file once a minute, and found none.
  const agrees = async () => expect(await lab.report<EncryptionStatus>(['status'])).toMatchObject({agrees: true});
  await vi.waitFor(agrees, {timeout: 90_000, interval: 1_000});

  const rotation = lab.start(['encrypt-at-rest', 'rotate', '--yes', '--no-snapshot']);
  await vi.waitFor(() => expect(lab.openTransaction()).toBeDefined(), {timeout: 60_000, interval: 5});
  rotation.process.kill('SIGKILL');
  await rotation.ended;
  rmSync(onThird());
  const told = async (words: readonly string[]) => {
    const {code, stderr} = await lab.kops(['encrypt-at-rest', ...words]);
    return {code, text: stderr.replaceAll(/\s+/g, ' ')}; // lines are broken for a narrow screen
  };
  const refused = await told(sync);
  expect(refused).toMatchObject({code: 3, text: expect.stringContaining('a change of the encryption is open: rotate')});
  expect(refused.text).toContain(`or back: kops encrypt-at-rest abort; then kops encrypt-at-rest sync ${third}`);
  expect(() => statSync(onThird())).toThrow('ENOENT');
  // It is there, so that nobody may go on without it.
  expect(await told(['abort', '--without', third, '--yes'])).toMatchObject({
    code: 3,
    text: expect.stringContaining('still answers'),
  });
  expect(lab.openTransaction()?.nodes).toHaveProperty(third);

  // Then it is gone for good: its API server, its disk and its node.
  rmSync(lab.path(third, API_SERVER_MANIFEST));
  const isUp = () => lab.processes().some(({program, node}) => program === 'kube-apiserver' && node === third);
  await vi.waitFor(() => expect(isUp()).toBe(false), {timeout: 90_000, interval: 200});
  rmSync(lab.path(third, ''), {recursive: true});
  await lab.api().send('DELETE', `/api/v1/nodes/${third}`);
  const back = await lab.report<EncryptionRun>(['abort', '--without', third, '--yes']);
  expect(back).toMatchObject({outcome: 'rolled back', why: null, nodes: lab.nodes.slice(0, 2)});
  expect(lab.openTransaction()).toBeUndefined();
  expect(readFileSync(lab.path(first, CONFIGURATION_FILE)).equals(given)).toBe(true);
});
