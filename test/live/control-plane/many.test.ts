import {expect, test, vi} from 'vitest';
import type {EncryptionRun} from '../../../src/encryption/transaction/transact.ts';
import type {EncryptionVerification} from '../../../src/encryption/verify.ts';
import {encryptionLab} from '../../support/encryption-lab.ts';

vi.setConfig({testTimeout: 900_000});

const COUNT = 10_000;
const PATH = '/api/v1/namespaces/default/secrets';
const lab = encryptionLab(1);
const names = Array.from({length: COUNT}, (_, i) => `many.${i}`);
const expected = (name: string) => `value of ${name}`;

async function create(): Promise<void> {
  const left = [...names];
  const work = async () => {
    for (let name = left.pop(); name !== undefined; name = left.pop())
      await lab.api().send('POST', PATH, {metadata: {name}, stringData: {value: expected(name)}});
  };
  await Promise.all(Array.from({length: 24}, work));
}

async function expectAll(): Promise<void> {
  const found = new Map<string, string>();
  for (let token = ''; ; ) {
    const page = (await lab.api().send('GET', `${PATH}?limit=2000&continue=${encodeURIComponent(token)}`)) as {
      metadata: {continue?: string};
      items: {metadata: {name: string}; data: {value: string}}[];
    };
    for (const {metadata, data} of page.items) found.set(metadata.name, Buffer.from(data.value, 'base64').toString());
    token = page.metadata.continue ?? '';
    if (token === '') break;
  }
  expect(found.size).toBe(COUNT);
  expect(names.filter((name) => found.get(name) !== expected(name))).toEqual([]);
}

test('ten thousand Secrets are encrypted, and are all what they were', async () => {
  await create();
  const run = await lab.report<EncryptionRun>(['setup', '--yes', '--no-snapshot']);
  expect(run).toMatchObject({outcome: 'done'});
  expect(run.proof?.scanned).toBeGreaterThanOrEqual(COUNT);
  const {byKey, ok} = await lab.report<EncryptionVerification>(['verify']);
  expect({byKey, ok}).toEqual({byKey: {[`k8s:enc:secretbox:v1:${run.writeKey.keyName}:`]: run.proof?.scanned}, ok: true});
  await expectAll();
});
