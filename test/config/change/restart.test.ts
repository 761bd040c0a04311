import {expect, test} from 'vitest';
import {restartAll} from '../../../src/config/change/restart.ts';
import {renderLeft} from '../../../src/config/change/view.ts';
import type {KubeObject} from '../../../src/kube/json.ts';
import type {WorkloadRef} from '../../../src/rollout/workload.ts';
import {createTheme} from '../../../src/text/screen.ts';
import {deployment} from '../../support/builders.ts';
import {FakeCluster} from '../../support/fake-cluster.ts';

const refs = ['a', 'b', 'c'].map((name): WorkloadRef => ({kind: 'Deployment', namespace: 'shop', name}));
const named = (name: string, fields: object = {}): KubeObject => {
  const made = deployment();
  return {...made, metadata: {...made.metadata, name, uid: name}, spec: {...made.spec, ...fields}} as KubeObject;
};
const names = (all: readonly {readonly workload: WorkloadRef}[]) => all.map(({workload}) => workload.name);

test('one that is paused does not keep the others from a restart', async () => {
  const cluster = new FakeCluster([named('a'), named('b', {paused: true}), named('c')]);
  const {restarted, refused, left} = await restartAll(cluster, refs, new AbortController().signal);
  expect([names(restarted), names(refused), left]).toEqual([['a', 'c'], ['b'], []]);
});

test('who interrupts it is told what was restarted, and what is left', async () => {
  const stop = new AbortController();
  const cluster = new FakeCluster([named('a'), named('b'), named('c')], {controllers: () => stop.abort()});
  const {restarted, left} = await restartAll(cluster, refs, stop.signal);
  expect(names(restarted)).toEqual(['a']);
  expect(renderLeft(left, {theme: createTheme(false), width: 80, now: 0})).toMatchInlineSnapshot(`
    "⚠ interrupted: these were not restarted, and still have the old values
      → kops rollout restart deploy/b -n shop
      → kops rollout restart deploy/c -n shop"
  `);
});

test('a bug is none of that', async () => {
  const cluster = new FakeCluster([named('a')]);
  cluster.get = () => Promise.reject(new TypeError('x'));
  cluster.find = () => Promise.reject(new TypeError('x'));
  await expect(restartAll(cluster, refs, new AbortController().signal)).rejects.toThrow(TypeError);
});
