import {matchesGlob} from 'node:path';
import {expect, test} from 'vitest';
import {clusterMark, SNAPSHOTS, snapshotName, snapshotsOf} from '../../src/encryption/snapshot-name.ts';
import {FakeCluster} from '../support/fake-cluster.ts';

const {signal} = new AbortController();
const now = new Date('2026-11-23T14:30:12Z');
const namespace = {
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: {name: 'kube-system', uid: '1a2b3c4d-0000-4000-8000-000000000000'},
};

test('a snapshot is named after its time and its cluster', async () => {
  const mark = await clusterMark(new FakeCluster([namespace]), signal);
  expect(snapshotName(now, mark)).toBe('kops-snapshot-20261123-143012-1a2b3c4d.db');
});

test('where the cluster does not tell, by its time alone', async () => {
  const mark = await clusterMark(new FakeCluster([namespace], {forbidden: ['get namespaces']}), signal);
  expect(snapshotName(now, mark)).toBe('kops-snapshot-20261123-143012.db');
});

test("of the snapshots that lie in a folder, only the cluster's own are its", () => {
  const own = snapshotName(now, '1a2b3c4d');
  const others = [snapshotName(now, '99999999'), snapshotName(now, undefined)];
  expect(snapshotsOf('1a2b3c4d', [...others, own])).toEqual({own: [own], others: others.toSorted()});
  expect(snapshotsOf(undefined, [own])).toEqual({own: [], others: [own]});
});

test('what a killed run left of a snapshot is one too', () => {
  const whole = snapshotName(now, '1a2b3c4d');
  const paths = [whole, `${whole}.part`, `${whole}.bak`].filter((path) =>
    SNAPSHOTS.some((pattern) => matchesGlob(path, pattern)),
  );
  expect(snapshotsOf('1a2b3c4d', paths)).toEqual({own: [whole, `${whole}.part`], others: []});
});
