import {expect, test} from 'vitest';
import {observeForChange, prepareChange} from '../../src/encryption/change.ts';
import {bytesToRewrite, quotaOf, refuseWithoutRoom} from '../../src/encryption/etcd-room.ts';
import {ETCD_MANIFEST} from '../../src/encryption/manifest/etcd-manifest.ts';
import {preflight} from '../../src/encryption/preflight.ts';
import {setupStages} from '../../src/encryption/transaction/stages.ts';
import {aMember} from '../support/memory-etcd.ts';
import {playControlPlane} from '../support/played-control-plane.ts';
import {keyNamed} from '../support/stored.ts';

const {signal} = new AbortController();

const GIB = 1024 ** 3;

test.each([
  ['none', [], 2 * GIB],
  ['0, which is the default', ['--quota-backend-bytes=0'], 2 * GIB],
  ['8 GiB', ['--quota-backend-bytes=8589934592'], 8 * GIB],
  ['8 GiB in two words', ['--quota-backend-bytes', '8589934592'], 8 * GIB],
  ['a negative number, which is no quota', ['--quota-backend-bytes=-1'], undefined],
])('what an etcd may hold where its command line says %s', (_case, flags, quota) => {
  expect(quotaOf(['etcd', '--data-dir=/var/lib/etcd', ...flags])).toBe(quota);
});

test('a rewrite adds a revision of each value, with what etcd keeps of it', () => {
  expect(bytesToRewrite(1000, [{total: 2}, {total: 3}])).toBe(1000 + 5 * 256);
});

const stacked = (...flags: string[]) => ({
  member: {namespace: 'kube-system', name: 'etcd-a', node: 'a', command: ['etcd', ...flags], clientUrls: [], dataDir: '/d'},
});

test.each([
  ['all fits', {dbSize: GIB, dbSizeInUse: GIB}, [stacked()], 0.5 * GIB, true],
  ['it would be full', {dbSize: 1.5 * GIB, dbSizeInUse: 1.5 * GIB}, [stacked()], 0.5 * GIB, false],
  ['free pages of the file take it', {dbSize: 1.9 * GIB, dbSizeInUse: GIB}, [stacked()], 0.5 * GIB, true],
  ['the file has reached the quota already', {dbSize: 2 * GIB, dbSizeInUse: GIB}, [stacked()], 1, false],
  ['nothing is rewritten', {dbSize: 2 * GIB, dbSizeInUse: 2 * GIB}, [stacked()], 0, true],
  ['the quota is higher', {dbSize: 1.5 * GIB, dbSizeInUse: 1.5 * GIB}, [stacked('--quota-backend-bytes=8589934592')], GIB, true],
  ['there is no quota', {dbSize: 9 * GIB, dbSizeInUse: 9 * GIB}, [stacked('--quota-backend-bytes=-1')], GIB, true],
  ['nobody knows the quota of an etcd elsewhere', {dbSize: 9 * GIB, dbSizeInUse: 9 * GIB}, [], GIB, true],
])('whether a rewrite may begin where %s', (_case, sizes, manifests, more, begins) => {
  const check = () => refuseWithoutRoom([aMember('a'), aMember('b', sizes)], manifests, more);
  if (begins) return expect(check).not.toThrow();
  expect(check).toThrow(
    expect.objectContaining({message: 'etcd has no room for the rewrite', why: expect.stringContaining('of b has'), exitCode: 3}),
  );
});

test.each([
  ['no rewrite that would fill etcd begins', true],
  ['a change without one begins all the same', false],
])('%s', async (_case, rewrite) => {
  const manifest = `kind: Pod\nspec: {containers: [{name: etcd, command: [etcd, --quota-backend-bytes=8400]}]}\n`;
  const played = playControlPlane([undefined], {[ETCD_MANIFEST]: manifest});
  const stages = setupStages(undefined, ['secrets'], {provider: 'secretbox', key: keyNamed('new')}, false);
  const options = {rewrite, snapshot: undefined, confirmWithin: 30, now: new Date(0)};
  const observed = await observeForChange(played.plane, signal);
  const change = {operation: 'setup', resources: ['secrets'], stages} as const;
  const prepared = await prepareChange(played.plane, observed, change, options, signal);
  played.etcd.memberList = [aMember('a', {dbSize: 8192, dbSizeInUse: 8192})];
  const begun = preflight(played.plane, prepared.draft, prepared, signal);
  if (rewrite) await expect(begun).rejects.toThrow('etcd has no room for the rewrite');
  else await expect(begun).resolves.toBeUndefined();
});
