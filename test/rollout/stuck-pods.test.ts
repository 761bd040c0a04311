import {expect, test} from 'vitest';
import {stuckPods} from '../../src/rollout/stuck-pods.ts';
import {ago, controllerRevision, pod, revisionOf, situation, statefulSet} from '../support/builders.ts';

const db = statefulSet();
const target = revisionOf(controllerRevision(db, {name: 'db-1', revision: 1}));
const stuck = (state: Parameters<typeof pod>[0]) =>
  stuckPods(situation(db, {pods: [pod({name: 'db-2', owner: db, hash: 'db-2', ...state})]}), target).length === 1;

test.each<[string, Parameters<typeof pod>[0]]>([
  ['crashes', {containers: [{waiting: {reason: 'CrashLoopBackOff'}, restarts: 3}]}],
  ['has no image', {containers: [{waiting: {reason: 'ImagePullBackOff'}}]}],
  [
    'has an init container that fails',
    {init: [{waiting: {reason: 'CrashLoopBackOff'}}], containers: [{waiting: {reason: 'PodInitializing'}}]},
  ],
  ['runs and is never ready', {containers: [{ready: false}]}],
  ['no node takes', {node: null}],
  ['just died, between two restarts', {containers: [{terminated: {exitCode: 1}, restarts: 1}]}],
])('a pod that %s holds a StatefulSet up', (_case, state) => {
  expect(stuck(state)).toBe(true);
});

test.each<[string, Parameters<typeof pod>[0]]>([
  ['is ready', {}],
  ['is starting', {containers: [{waiting: {reason: 'ContainerCreating'}}]}],
  ['is of the revision that is wanted', {hash: 'db-1', containers: [{waiting: {reason: 'CrashLoopBackOff'}}]}],
  ['is going already', {deletedAt: ago(1), containers: [{waiting: {reason: 'CrashLoopBackOff'}}]}],
  ['ended, so that its controller makes it anew', {phase: 'Failed', containers: [{terminated: {exitCode: 1}, restarts: 1}]}],
])('a pod that %s does not', (_case, state) => {
  expect(stuck(state)).toBe(false);
});

test('several are named from the lowest ordinal, as numbers', () => {
  const pods = ['db-10', 'db-9'].map((name) => pod({name, owner: db, hash: 'db-2', containers: [{ready: false}]}));
  expect(stuckPods(situation(db, {pods}), target).map(({metadata}) => metadata?.name)).toEqual(['db-9', 'db-10']);
});
