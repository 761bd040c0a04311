import {expect, test} from 'vitest';
import {compareRevisions, type DiffRange} from '../../src/rollout/diff.ts';
import {historyOf} from '../../src/rollout/history.ts';
import {pickRevision, previousRevision} from '../../src/rollout/pick.ts';
import {revisionsOf} from '../../src/rollout/revisions.ts';
import type {Situation} from '../../src/rollout/situation.ts';
import {deployment, replicaSet, template} from '../support/builders.ts';

const of = (live: string, ...kept: [number, string][]): Situation => {
  const workload = deployment({image: live});
  const objects = kept.map(([revision, image]) =>
    replicaSet({hash: `h${revision}`, revision, image, replicas: revision === 5 ? 10 : 0}),
  );
  return {workload, revisions: revisionsOf(workload, objects, []), pods: [], events: []};
};
const three = of('web:2.0', [3, 'web:1.0'], [4, 'web:1.1'], [5, 'web:2.0']);
const notRolledOut = of('web:3.0', [3, 'web:1.0'], [4, 'web:1.1']);

test('a history says of each revision what it ran, how many pods it has, and which is current', () => {
  const {revisions, pending} = historyOf(three);
  expect(revisions.map(({number, images, replicas, current}) => ({number, images, replicas, current}))).toEqual([
    {number: 3, images: ['web:1.0'], replicas: 0, current: false},
    {number: 4, images: ['web:1.1'], replicas: 0, current: false},
    {number: 5, images: ['web:2.0'], replicas: 10, current: true},
  ]);
  expect(pending).toBe(false);
  expect(historyOf(notRolledOut).pending).toBe(true);
});

test('images of init containers come after those of the containers', () => {
  const workload = deployment({template: template({podSpec: {initContainers: [{name: 'migrate', image: 'migrate:1'}]}})});
  const revisions = revisionsOf(workload, [replicaSet({template: workload.spec?.template ?? {}})], []);
  expect(historyOf({workload, revisions, pods: [], events: []}).revisions[0]?.images).toEqual(['web:2.0', 'migrate:1']);
});

test.each<[string, Situation, DiffRange, unknown, unknown]>([
  ['the previous against the current', three, {}, 4, 5],
  ['the last one rolled out against the template that is not yet', notRolledOut, {}, 4, 'live'],
  ['an older one against the current', three, {from: 3}, 3, 5],
  ['an older one against what was before it', three, {to: 4}, 3, 4],
  ['backwards', three, {from: 5, to: 3}, 5, 3],
])('compares %s', (_case, situation, range, from, to) => {
  expect(compareRevisions(situation, range)).toMatchObject({kind: 'RolloutDiff', from, to});
});

test.each<[string, () => unknown, string, string]>([
  ['no such revision', () => pickRevision(three, 7), 'deployment/web has no revision 7', 'revisions 3, 4, 5'],
  [
    'nothing before the first',
    () => compareRevisions(three, {to: 3}),
    'deployment/web has no revision before 3',
    'revisions 3, 4, 5',
  ],
  [
    'a first release',
    () => compareRevisions(of('web:1.0', [1, 'web:1.0']), {}),
    'deployment/web has no earlier revision',
    'the cluster keeps only revision 1',
  ],
])('says what there is: %s', (_case, act, what, why) => {
  expect(act).toThrow(
    expect.objectContaining({
      message: expect.stringContaining(what),
      why: expect.stringContaining(why),
      next: 'kops rollout history deploy/web -n shop',
      exitCode: 5,
    }),
  );
});

test('a workload that keeps no history says so', () => {
  const situation = of('web:1.0', [7, 'web:1.0']);
  const workload = {...situation.workload, spec: {...situation.workload.spec, revisionHistoryLimit: 0}} as Situation['workload'];
  const why = 'its revisionHistoryLimit is 0: earlier ones are thrown away';
  expect(() => compareRevisions({...situation, workload}, {})).toThrow(expect.objectContaining({why}));
});

test('what was before a rollback is what was rolled back', () => {
  expect(previousRevision(of('web:1.1', [3, 'web:1.0'], [5, 'web:2.0'], [6, 'web:1.1']))?.number).toBe(5);
});
