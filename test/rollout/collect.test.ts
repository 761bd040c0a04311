import {expect, test} from 'vitest';
import {renderProblem} from '../../src/cli/errors.ts';
import {ApiProblem} from '../../src/kube/errors.ts';
import {selectorText} from '../../src/kube/selector.ts';
import {collect, collectAround, listWorkloads, type Needs} from '../../src/rollout/collect.ts';
import {missing} from '../../src/rollout/collect-missing.ts';
import {situationsOf} from '../../src/rollout/collect-owned.ts';
import type {Situation} from '../../src/rollout/situation.ts';
import type {WorkloadRef} from '../../src/rollout/workload.ts';
import {createTheme} from '../../src/text/screen.ts';
import {controllerRevision, daemonSet, deployment, event, pod, replicaSet, statefulSet} from '../support/builders.ts';
import {FakeCluster} from '../support/fake-cluster.ts';

const {signal} = new AbortController();
const ref = (kind: WorkloadRef['kind'], name: string, namespace = 'shop'): WorkloadRef => ({kind, namespace, name});

const web = deployment();
const webSet = replicaSet();
const webPod = pod({owner: webSet});
const stray = pod({name: 'web-stray', owner: {kind: 'ReplicaSet', metadata: {name: 'web-gone', uid: 'gone'}}});
const db = statefulSet();
const dbRevision = controllerRevision(db, {name: 'db-2', revision: 2});
const dbPod = pod({name: 'db-0', owner: db, hash: 'db-2', labels: {app: 'db'}});
const agent = daemonSet();

const around = async (cluster: FakeCluster) => {
  const {workloads} = await listWorkloads(cluster, {namespace: 'shop'}, signal);
  cluster.requests.length = 0;
  const {situations, notes} = await collectAround(cluster, workloads, {namespace: 'shop'}, signal);
  return {situation: situations[0] as Situation, notes};
};

test('a workload gets what its controller reference owns, and the events about it', async () => {
  const aboutPod = event(webPod, {reason: 'BackOff', message: 'back-off'});
  const aboutSet = event(webSet, {reason: 'FailedCreate', message: 'quota'});
  const aboutOther = event(stray, {reason: 'BackOff', message: 'back-off'});
  const cluster = new FakeCluster([web, webSet, webPod, stray, db, dbRevision, dbPod, aboutPod, aboutSet, aboutOther]);
  const {situation} = await around(cluster);
  expect(situation.workload.kind).toBe('Deployment');
  expect(situation.revisions.map(({name}) => name)).toEqual([webSet.metadata?.name]);
  expect(situation.pods.map(({metadata}) => metadata?.name)).toEqual([webPod.metadata?.name]);
  expect(situation.events.map(({reason}) => reason).sort()).toEqual(['BackOff', 'FailedCreate']);
});

test("a StatefulSet's pods are its own, without a ReplicaSet between", () => {
  const [situation] = situationsOf([db], {
    replicaSets: [webSet],
    controllerRevisions: [dbRevision],
    pods: [webPod, dbPod],
    events: [],
  });
  expect(situation?.pods).toEqual([dbPod]);
  expect(situation?.revisions.map(({number, replicas}) => [number, replicas])).toEqual([[2, 1]]);
});

test('events that every healthy pod is worth are not asked for', async () => {
  const cluster = new FakeCluster([web, webSet, webPod, event(webPod, {type: 'Normal', reason: 'Scheduled', message: ''})]);
  expect((await around(cluster)).situation.events).toEqual([]);
});

test('each kind is listed once for one workload, and only what it has', async () => {
  const cluster = new FakeCluster([web, webSet, webPod]);
  await around(cluster);
  expect(cluster.requests).toEqual(['list replicasets', 'list pods', 'list events']);
});

test('each kind is listed once for very many workloads too', async () => {
  const many = Array.from({length: 30}, (_, i) => deployment({name: `web-${i}`, namespace: `team-${i}`}));
  const cluster = new FakeCluster(many);
  const {workloads} = await listWorkloads(cluster, {}, signal);
  cluster.requests.length = 0;
  const {situations} = await collectAround(cluster, workloads, {}, signal);
  expect(situations).toHaveLength(30);
  expect(cluster.requests.sort()).toEqual(['list events', 'list pods', 'list replicasets']);
});

test('what the user may not list is left out, and said', async () => {
  const cluster = new FakeCluster([web, webSet, webPod], {forbidden: ['list events']});
  const {situation, notes} = await around(cluster);
  expect(situation.pods).toHaveLength(1);
  expect(notes).toEqual(['may not list events: what they would tell is missing here']);
});

test('without the right to list ReplicaSets pods are found by the name of theirs', async () => {
  const other = pod({name: 'web-api-1', owner: replicaSet({owner: deployment({name: 'web-api'}), hash: '7bfb4bc78d'})});
  const bare = pod({name: 'web-2', owner: {kind: 'ReplicaSet', metadata: {name: 'web', uid: 'bare'}}});
  const cluster = new FakeCluster([web, webSet, webPod, other, bare, dbPod], {forbidden: ['list replicasets']});
  const {situation, notes} = await around(cluster);
  expect(situation.pods.map(({metadata}) => metadata?.name)).toEqual([webPod.metadata?.name]);
  expect(notes).toEqual(['may not list replicasets: what they would tell is missing here']);
});

test.each<[string, WorkloadRef, Needs, string[]]>([
  ['to pause', ref('Deployment', 'web'), {revisions: 'welcome'}, ['get deployments/web', 'list replicasets']],
  [
    'to undo a Deployment',
    ref('Deployment', 'web'),
    {revisions: 'needed', pods: 'welcome'},
    ['get deployments/web', 'list replicasets'],
  ],
  [
    'to undo a StatefulSet',
    ref('StatefulSet', 'db'),
    {revisions: 'needed', pods: 'welcome'},
    ['get statefulsets/db', 'list controllerrevisions', 'list pods'],
  ],
])('no more is read than is needed: %s', async (_case, workload, needs, requests) => {
  const cluster = new FakeCluster([web, webSet, webPod, db, dbRevision, dbPod]);
  await collect(cluster, workload, needs, signal);
  expect(cluster.requests).toEqual(requests);
});

test.each<[WorkloadRef, Needs, string, string | undefined]>([
  [ref('Deployment', 'web'), {revisions: 'needed'}, 'list replicasets', 'may not list replicasets'],
  [ref('Deployment', 'web'), {revisions: 'welcome'}, 'list replicasets', undefined],
  [ref('StatefulSet', 'db'), {revisions: 'needed', pods: 'needed'}, 'list pods', 'may not list pods'],
  [ref('StatefulSet', 'db'), {revisions: 'needed', pods: 'welcome'}, 'list pods', undefined],
])('of %o %o without the right to %s: %s', async (workload, needs, forbidden, message) => {
  const reading = collect(
    new FakeCluster([web, webSet, db, dbRevision, dbPod], {forbidden: [forbidden]}),
    workload,
    needs,
    signal,
  );
  if (message === undefined) expect(await reading).toMatchObject({revisionsDenied: needs.revisions === 'welcome'});
  else await expect(reading).rejects.toThrow(message);
});

test.each([
  ['nothing', {}, ''],
  ['labels', {matchLabels: {app: 'web', tier: 'front'}}, 'app=web,tier=front'],
  [
    'expressions',
    {
      matchExpressions: [
        {key: 'env', operator: 'In', values: ['a', 'b']},
        {key: 'tier', operator: 'NotIn', values: ['c']},
        {key: 'app', operator: 'Exists'},
        {key: 'legacy', operator: 'DoesNotExist'},
      ],
    },
    'env in (a,b),tier notin (c),app,!legacy',
  ],
])('a selector of %s as a query has it', (_case, selector, text) => {
  expect(selectorText(selector)).toBe(text);
});

const denied = (message: string) => new ApiProblem(message, {status: 403, reason: 'Forbidden'});
const nothing = {there: [], denied: undefined, elsewhere: [], namespaces: ['default', 'shop']};

test.each([
  [
    'a typo',
    ref('Deployment', 'wbe'),
    {...nothing, there: [ref('StatefulSet', 'db'), ref('Deployment', 'web'), ref('Deployment', 'worker')]},
    `✗ deployment/wbe not found in namespace shop
  the cluster has deployment/web, deployment/worker and statefulset/db there
  try: kops rollout status deploy/web -n shop`,
  ],
  [
    'another kind',
    ref('Deployment', 'db'),
    {...nothing, there: [ref('Deployment', 'dc'), ref('StatefulSet', 'db')]},
    `✗ deployment/db not found in namespace shop
  the cluster has statefulset/db and deployment/dc there
  try: kops rollout status sts/db -n shop`,
  ],
  [
    'another namespace',
    ref('Deployment', 'web', 'default'),
    {...nothing, elsewhere: ['shop', 'staging']},
    `✗ deployment/web not found in namespace default
  there is one in namespace shop and staging
  try: kops rollout status deploy/web -n shop`,
  ],
  [
    'a namespace that does not exist',
    ref('Deployment', 'api', 'shpo'),
    nothing,
    `✗ deployment/api not found in namespace shpo
  the cluster has no namespace shpo
  try: kops rollout status deploy/api -n shop`,
  ],
  [
    'an empty namespace',
    ref('DaemonSet', 'agent'),
    nothing,
    `✗ daemonset/agent not found in namespace shop
  there is no workload in it
  try: kops rollout status -A`,
  ],
  [
    'a namespace that seems empty, where nobody knows whether it exists',
    ref('DaemonSet', 'agent'),
    {...nothing, namespaces: denied('jane may not list namespaces in the whole cluster')},
    `✗ daemonset/agent not found in namespace shop
  there is no workload in it, if there is such a namespace: jane may not list namespaces in the whole cluster
  try: kops rollout status -A`,
  ],
  [
    'and the user may not look',
    ref('Deployment', 'wbe'),
    {...nothing, denied: denied('jane may not list deployments.apps in namespace shop')},
    `✗ deployment/wbe not found in namespace shop
  jane may not list deployments.apps in namespace shop, so no name can be suggested
  try: kops rollout status -A`,
  ],
  [
    'and the user may list other kinds only',
    ref('Deployment', 'db'),
    {...nothing, there: [ref('StatefulSet', 'db')], denied: denied('jane may not list deployments.apps in namespace shop')},
    `✗ deployment/db not found in namespace shop
  the cluster has statefulset/db there, perhaps more: jane may not list deployments.apps in namespace shop
  try: kops rollout status sts/db -n shop`,
  ],
  [
    'a namespace with very many',
    ref('Deployment', 'zzz'),
    {...nothing, there: Array.from({length: 9}, (_, i) => ref('Deployment', `web-${i}`))},
    `✗ deployment/zzz not found in namespace shop
  the cluster has deployment/web-0, deployment/web-1, deployment/web-2, deployment/web-3 and 5 more there
  try: kops rollout status deploy/web-0 -n shop`,
  ],
])('a workload that is not there: %s', (_case, wanted, instead, text) => {
  const problem = missing(wanted, instead);
  expect(renderProblem(problem, createTheme(false))).toBe(text);
  expect(problem.exitCode).toBe(5);
});

test('the help with a missing workload needs no rights', async () => {
  const cluster = new FakeCluster([agent], {
    forbidden: ['list namespaces', 'list deployments', 'list statefulsets', 'list daemonsets'],
  });
  await expect(collect(cluster, ref('Deployment', 'web'), {revisions: 'welcome'}, signal)).rejects.toMatchObject({
    exitCode: 5,
    why: 'may not list deployments, so no name can be suggested',
  });
  expect(cluster.requests.filter((request) => request.startsWith('list'))).toEqual([
    'list deployments (metadata)',
    'list namespaces (metadata)',
    'list deployments (metadata)',
    'list statefulsets (metadata)',
    'list daemonsets (metadata)',
  ]);
});
