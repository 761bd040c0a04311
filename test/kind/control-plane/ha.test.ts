import {expect, test, vi} from 'vitest';
import type {EncryptionRun} from '../../../src/encryption/transaction/transact.ts';
import type {EncryptionVerification} from '../../../src/encryption/verify.ts';
import {encryptionLab} from '../../support/encryption-lab.ts';

vi.setConfig({testTimeout: 900_000});

const CHANGE = ['--yes', '--no-snapshot'];
const lab = encryptionLab(3, 'kind');

test('setup, and a rotation, without a moment in which no server answers', async () => {
  const values = await lab.seed(20);
  let stop = false;
  let outage = 0;
  const client = (async () => {
    let since: number | undefined;
    while (!stop) {
      const answers = await Promise.any(
        lab.nodes.map((_, server) => lab.api(server).send('GET', '/api/v1/namespaces/kops-encryption/secrets/seed.1')),
      ).then(
        () => true,
        () => false,
      );
      if (answers) since = undefined;
      else since ??= Date.now();
      outage = Math.max(outage, since === undefined ? 0 : Date.now() - since);
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  })();
  expect(await lab.report<EncryptionRun>(['setup', ...CHANGE])).toMatchObject({outcome: 'done'});
  expect(await lab.secrets()).toEqual(values);
  expect(await lab.report<EncryptionRun>(['rotate', ...CHANGE])).toMatchObject({outcome: 'done'});
  stop = true;
  await client;
  expect(outage).toBeLessThan(2_000);
  expect(await lab.secrets()).toEqual(values);
  expect(await lab.report<EncryptionVerification>(['verify'])).toMatchObject({ok: true});
});
