import {expect, test} from 'vitest';
import type {KubeObject} from '../../src/kube/json.ts';
import {getNamed} from '../../src/kube/lookup.ts';
import {FakeCluster, type FakeOptions} from '../support/fake-cluster.ts';

const {signal} = new AbortController();
const retry = ({name, namespace}: {name: string; namespace: string}) => `kops secret decode ${name} -n ${namespace}`;
const secret = (name: string): KubeObject => ({kind: 'Secret', metadata: {name, namespace: 'shop'}});
const namespaces = ['default', 'shop'].map((name): KubeObject => ({kind: 'Namespace', metadata: {name}}));
const ask = (cluster: FakeCluster, name: string, namespace = 'shop') =>
  getNamed(cluster, 'secrets', {name, namespace}, retry, signal);

test('what is there is simply read', async () => {
  const cluster = new FakeCluster([secret('db')]);
  expect(await ask(cluster, 'db')).toMatchObject({metadata: {name: 'db'}});
  expect(cluster.requests).toEqual(['get secrets/db']);
});

test.each<[string, string, readonly KubeObject[], FakeOptions, object]>([
  [
    'a typo',
    'dbb',
    [...namespaces, secret('api'), secret('db')],
    {},
    {why: 'the cluster has secret/db and secret/api there', next: 'kops secret decode db -n shop'},
  ],
  ['like no other', 'zzz', [...namespaces, secret('db')], {}, {why: 'the cluster has secret/db there', next: /^kubectl get/}],
  ['an empty namespace', 'db', namespaces, {}, {why: 'there is no secret in that namespace', next: 'kubectl get secrets -A'}],
  [
    'an empty namespace, if it exists',
    'db',
    namespaces,
    {forbidden: ['list namespaces']},
    {why: 'there is no secret in that namespace, if there is such a namespace: may not list namespaces'},
  ],
  [
    'and the user may not look',
    'dbb',
    [...namespaces, secret('db')],
    {forbidden: ['list secrets']},
    {why: 'may not list secrets, so no name can be suggested'},
  ],
])('what is not there: %s', async (_case, name, objects, options, expected) => {
  const problem = await ask(new FakeCluster(objects, options), name).catch((error: unknown) => error);
  const {next, ...rest} = expected as {next?: string | RegExp};
  expect(problem).toMatchObject({message: `secret/${name} not found in namespace shop`, exitCode: 5, ...rest});
  if (next !== undefined) expect((problem as {next?: string}).next).toMatch(next);
});

test('a namespace that is not there, and the one that was meant', async () => {
  await expect(ask(new FakeCluster(namespaces), 'db', 'shpo')).rejects.toMatchObject({
    message: 'namespace shpo not found',
    why: 'kind-kops has shop and default',
    next: 'kops secret decode db -n shop',
    exitCode: 5,
  });
});

test('a suggestion reads names and no values', async () => {
  const cluster = new FakeCluster([...namespaces, secret('db')]);
  await expect(ask(cluster, 'dbb')).rejects.toThrow('not found');
  expect(cluster.requests).toEqual(['get secrets/dbb', 'list namespaces (metadata)', 'list secrets (metadata)']);
});
