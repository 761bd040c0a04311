import {mkdtemp, readFile, rm, stat} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {expect, onTestFinished, test} from 'vitest';
import {keep} from '../../src/cli/backup.ts';
import type {ConfigObject} from '../../src/config/create/object.ts';

test('what is kept of an object is all that its replacement would else take away', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'kops-test-'));
  onTestFinished(() => rm(folder, {recursive: true}));
  const file = join(folder, 'db.json');
  const stays = {
    name: 'db',
    labels: {app: 'web'},
    annotations: {note: 'x'},
    ownerReferences: [{apiVersion: 'v1', kind: 'ConfigMap', name: 'owner', uid: 'u'}],
    finalizers: ['example.com/wait'],
  };
  const metadata = {...stays, uid: 'u', resourceVersion: '7', creationTimestamp: '2026-05-02T10:00:00Z', managedFields: []};
  const object: ConfigObject = {apiVersion: 'v1', kind: 'Secret', metadata, type: 'Opaque', data: {a: 'eA=='}};
  expect(await keep(object, file, {namespace: 'shop'})).toBe(`kubectl replace -f ${file} -n shop`);
  const kept = {apiVersion: 'v1', kind: 'Secret', metadata: {...stays, namespace: 'shop'}, type: 'Opaque', data: {a: 'eA=='}};
  expect(JSON.parse(await readFile(file, 'utf8'))).toEqual(kept);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  await expect(keep(object, file, {namespace: 'shop'})).rejects.toMatchObject({why: 'it is there already', exitCode: 2});
});
