import {expect, test} from 'vitest';
import type {Cause, RolloutStatus} from '../../../src/rollout/status.ts';
import {headline, reasonWords, renderStatus} from '../../../src/rollout/view/status.ts';
import {renderEnd, renderInterrupted, watchAgain} from '../../../src/rollout/view/watch-end.ts';
import type {Watched} from '../../../src/rollout/watch-fold.ts';
import {ago, NOW} from '../../support/builders.ts';
import {picture, screen} from '../../support/pictures.ts';

const status = (over: Partial<RolloutStatus> = {}): RolloutStatus => ({
  kind: 'RolloutStatus',
  workload: {kind: 'Deployment', namespace: 'shop', name: 'web'},
  phase: 'progressing',
  message: '3 of 10 updated',
  revision: 6,
  desired: 10,
  updated: 3,
  ready: 8,
  available: 8,
  terminating: 0,
  images: ['registry.example/web:2.1'],
  previous: {number: 5, images: ['registry.example/web:2.0'], createdAt: ago(7200), replicas: 8},
  causes: [],
  notes: [],
  ...over,
});
const missing: Cause = {
  reason: 'ImageNotFound',
  object: 'pod/web-5c9-x2',
  container: 'web',
  message: 'registry.example/web:2.1: manifest unknown',
  hint: 'fix the tag, or go back: kops rollout undo deploy/web -n shop',
  doomed: true,
  pods: 3,
  since: ago(40),
};
const crashed: Cause = {
  reason: 'OOMKilled',
  object: 'pod/web-5c9-x1',
  container: 'web',
  message: 'web needs more than its limit of 64Mi, 2 restarts',
  hint: null,
  doomed: false,
  pods: 1,
  since: ago(61),
};
const stuck = status({phase: 'failed', message: 'will not finish: …', causes: [missing, crashed]});
const show = (one: RolloutStatus, width = 80) => `\n${renderStatus(one, screen(width))}\n`;

test('a rollout that will not make it', () => {
  expect(show(stuck)).toMatchInlineSnapshot(`
    "
    ✗ deployment/web is stuck: revision 6, 3 of 10 updated, still serving 8 of 10

      1  image not found                                                 3 pods, 40s
         registry.example/web:2.1: manifest unknown
         in pod/web-5c9-x2 and 2 more
         → fix the tag
         → or go back: kops rollout undo deploy/web -n shop
      2  also: pod/web-5c9-x1: web needs more than its limit of 64Mi, 2 restarts (1
         pod, 61s)

      before: revision 5 (web:2.0), 120m old, 8 pods left
      diff: kops rollout diff deploy/web -n shop
    "
  `);
});
test('the same on 50 columns', () => {
  expect(show(stuck, 50)).toMatchInlineSnapshot(`
    "
    ✗ deployment/web is stuck: revision 6, 3 of 10
      updated, still serving 8 of 10

      1  image not found                   3 pods, 40s
         registry.example/web:2.1: manifest unknown
         in pod/web-5c9-x2 and 2 more
         → fix the tag
         → or go back: kops rollout undo deploy/web -n
           shop
      2  also: pod/web-5c9-x1: web needs more than its
         limit of 64Mi, 2 restarts (1 pod, 61s)

      before: revision 5 (web:2.0), 120m old, 8 pods
      left
      diff: kops rollout diff deploy/web -n shop
    "
  `);
});
test('the last words of a container stand below its cause', () => {
  const log = ['starting', `fatal: cannot read /etc/web/config: ${'no such file '.repeat(10)}`];
  expect(show(status({phase: 'failed', causes: [{...crashed, doomed: true, log}], previous: undefined}))).toMatchInlineSnapshot(`
    "
    ✗ deployment/web is stuck: revision 6, 3 of 10 updated, still serving 8 of 10

      1  OOMKilled                                                        1 pod, 61s
         web needs more than its limit of 64Mi, 2 restarts
         │ starting
         │ fatal: cannot read /etc/web/config: no such file no such file no such fi…
         in pod/web-5c9-x1
    "
  `);
});
test('of very many causes a few are told', () => {
  const causes = Array.from({length: 8}, (_, i) => ({...missing, object: `pod/web-${i}`, doomed: false}));
  expect(show(status({causes, notes: ['no right to list events: what they would tell is missing here']}))).toMatchInlineSnapshot(`
    "
    … deployment/web is rolling out: revision 6, 3 of 10 updated, serving 8 of 10

      1  image not found                                                 3 pods, 40s
         registry.example/web:2.1: manifest unknown
         in pod/web-0 and 2 more
         → fix the tag
         → or go back: kops rollout undo deploy/web -n shop
      2  also: pod/web-1: registry.example/web:2.1: manifest unknown (3 pods, 40s)
      3  also: pod/web-2: registry.example/web:2.1: manifest unknown (3 pods, 40s)
      4  also: pod/web-3: registry.example/web:2.1: manifest unknown (3 pods, 40s)
      5  also: pod/web-4: registry.example/web:2.1: manifest unknown (3 pods, 40s)
         …3 more
      no right to list events: what they would tell is missing here
    "
  `);
});

test.each<[string, Partial<RolloutStatus>, string]>([
  [
    'done',
    {phase: 'healthy', message: '10 of 10 available'},
    '✓ deployment/web rolled out: revision 6 (web:2.1), 10 of 10 available',
  ],
  ['going on', {}, '… deployment/web is rolling out: revision 6, 3 of 10 updated, serving 8 of 10'],
  ['not there yet', {message: '8 of 10 available'}, '… deployment/web is rolling out: revision 6 (web:2.1), 8 of 10 available'],
  ['serving nobody', {available: 0}, '… deployment/web is rolling out: revision 6, 3 of 10 updated, serving none of 10'],
  [
    'paused',
    {phase: 'paused', message: 'paused with 3 of 10 updated'},
    '‖ deployment/web: revision 6 (web:2.1), paused with 3 of 10 updated',
  ],
  [
    'out of time',
    {phase: 'failed', message: 'no progress for 10m'},
    '✗ deployment/web failed: revision 6 (web:2.1), no progress for 10m',
  ],
  ['being deleted', {phase: 'failed', message: 'is being deleted'}, '✗ deployment/web is being deleted'],
  [
    'not made by its controller yet',
    {revision: null, message: '0 of 10 available'},
    '… deployment/web is rolling out: a new revision (web:2.1), 0 of 10 available',
  ],
])('the first line of a rollout that is %s', (_case, over, text) => {
  expect(headline(status(over), screen())).toBe(text);
});

test.each([
  ['ImageNotFound', 'image not found'],
  ['CrashLoopBackOff', 'CrashLoopBackOff'],
  ['OOMKilled', 'OOMKilled'],
  ['MissingConfigMap', 'missing ConfigMap'],
  ['MissingConfigMapKey', 'missing ConfigMap key'],
  ['ReadinessProbeFailed', 'readiness probe failed'],
  ['OnDelete', 'OnDelete'],
])('%s reads %s', (reason, words) => {
  expect(reasonWords(reason)).toBe(words);
});

const ended = (over: Partial<RolloutStatus>, how: Partial<Watched> = {}): Watched => ({
  situation: undefined,
  status: status(over),
  ending: undefined,
  clock: undefined,
  deadline: undefined,
  ...how,
});
const done = ended({phase: 'healthy', message: '10 of 10 available'}, {ending: 'healthy'});

test('a rollout that is done leaves one line', () => {
  const end = picture([done], {conclusion: {outcome: 'healthy', exitCode: 0}});
  expect(renderEnd(end, screen())).toBe('✓ deployment/web rolled out: revision 6 (web:2.1), 10 of 10 available, 14s');
  const atOnce = {...end, startedAt: NOW - 300};
  expect(renderEnd(atOnce, screen())).toBe('✓ deployment/web rolled out: revision 6 (web:2.1), 10 of 10 available');
});

test('a watch that timed out says which clock it was, and how the other one stands', () => {
  const end = picture([ended({}, {deadline: NOW + 46_000})], {conclusion: {outcome: 'timed out', exitCode: 4}});
  expect(renderEnd(end, screen())).toMatchInlineSnapshot(`
    "… deployment/web is rolling out: revision 6, 3 of 10 updated, serving 8 of 10
    timed out after 10m: that is --timeout; progressDeadlineSeconds has 46s left"
  `);
});

test('a rollout whose own deadline passed says so', () => {
  const failed = ended(
    {phase: 'failed', message: 'no progress for 10m: 3 of 10 updated, 8 available'},
    {ending: 'failed', clock: 'progressDeadlineSeconds'},
  );
  expect(renderEnd(picture([failed, done], {conclusion: {outcome: 'failed', exitCode: 3}}), screen())).toMatchInlineSnapshot(`
    "✗ deployment/web failed: revision 6, no progress for 10m: 3 of 10 updated, 8
      available

      before: revision 5 (web:2.0), 120m old, 8 pods left
      diff: kops rollout diff deploy/web -n shop
      its progressDeadlineSeconds ran out
    ✓ deployment/web rolled out: revision 6 (web:2.1), 10 of 10 available, 14s"
  `);
});

test('nothing was unhealthy', () => {
  expect(renderEnd(picture([], {resting: 14}), screen())).toBe('✓ all 14 workloads are healthy');
});

test.each([
  ['one', [ended({})], 'stopped watching; the rollout of deployment/web goes on in the cluster\nto come back: AGAIN'],
  ['several', [ended({}), ended({}), done], 'stopped watching; 2 rollouts go on in the cluster\nto come back: AGAIN'],
  ['none that goes on', [done], 'stopped watching'],
])('who stops watching %s is told how to come back', (_case, watched, text) => {
  expect(renderInterrupted({watched}, 'AGAIN', screen())).toBe(text);
});

const web = {kind: 'Deployment', namespace: 'shop', name: 'web'} as const;
const db = {kind: 'StatefulSet', namespace: 'shop', name: 'db'} as const;
test.each([
  [{refs: [web]}, 'kops rollout watch deploy/web -n shop'],
  [{refs: [web, db]}, 'kops rollout watch deployment/web statefulset/db -n shop'],
  [{refs: [web, {...db, namespace: 'data'}]}, 'kops rollout watch deploy/web -n shop; kops rollout watch sts/db -n data'],
  [{query: {namespace: 'shop', labelSelector: 'app in (a, b)'}}, "kops rollout watch -n shop -l 'app in (a, b)'"],
  [{query: {}}, 'kops rollout watch -A'],
])('to come back to %o', (target, words) => {
  expect(watchAgain(target)).toBe(words);
});
