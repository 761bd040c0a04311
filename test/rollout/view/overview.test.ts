import {expect, test} from 'vitest';
import type {RolloutOverview} from '../../../src/rollout/overview.ts';
import type {RolloutStatus} from '../../../src/rollout/status.ts';
import {renderOverview} from '../../../src/rollout/view/overview.ts';
import {ago} from '../../support/builders.ts';
import {screen} from '../../support/pictures.ts';

const unhealthy = (over: Partial<RolloutStatus>, namespace: string, name: string): RolloutStatus => ({
  kind: 'RolloutStatus',
  workload: {kind: 'Deployment', namespace, name},
  phase: 'failed',
  message: '3 of 10 updated',
  revision: 6,
  desired: 10,
  updated: 3,
  ready: 8,
  available: 8,
  terminating: 0,
  images: [],
  previous: undefined,
  causes: [],
  notes: [],
  ...over,
});
const cause = {
  reason: 'ImageNotFound',
  object: 'pod/x',
  message: 'registry.example/web:2.1: manifest unknown',
  hint: null,
  doomed: true,
  pods: 3,
  since: ago(40),
};
const overview = (over: Partial<RolloutOverview>): RolloutOverview => ({
  kind: 'RolloutOverview',
  namespace: undefined,
  named: false,
  selector: undefined,
  total: 19,
  healthy: 16,
  unhealthy: [],
  notes: [],
  ...over,
});
const three = [
  unhealthy({available: 0, desired: 3, causes: [cause]}, 'shop', 'web'),
  unhealthy(
    {phase: 'progressing', causes: [{...cause, reason: 'Unschedulable', message: 'no node of 3 will do: 3 full', doomed: false}]},
    'payments',
    'gateway-with-a-rather-long-name',
  ),
  unhealthy({phase: 'paused', message: 'paused with 3 of 10 updated'}, 'shop', 'api'),
];

test('in all namespaces, on 80 columns', () => {
  expect(`\n${renderOverview(overview({unhealthy: three}), screen())}\n`).toMatchInlineSnapshot(`
    "
    ✗ shop      deploy/web                 0/3  image not found: registry.example/w…
    … payments  deploy/gatew…r-long-name  8/10  unschedulable: no node of 3 will do…
    ‖ shop      deploy/api                8/10  paused with 3 of 10 updated
    16 of 19 healthy in all namespaces
    "
  `);
});
test('in one namespace, on 50 columns', () => {
  expect(`\n${renderOverview(overview({unhealthy: three, namespace: 'shop'}), screen(50))}\n`).toMatchInlineSnapshot(`
    "
    ✗ deploy/web        0/3  image not found: registr…
    … deploy/…ng-name  8/10  unschedulable: no node o…
    ‖ deploy/api       8/10  paused with 3 of 10 upda…
    16 of 19 healthy in namespace shop
    "
  `);
});
test('where nothing is redrawn no line is cut', () => {
  expect(`\n${renderOverview(overview({unhealthy: three}), screen(Number.POSITIVE_INFINITY))}\n`).toMatchInlineSnapshot(`
    "
    ✗ shop      deploy/web                               0/3  image not found: registry.example/web:2.1: manifest unknown (3 pods, 40s)
    … payments  deploy/gateway-with-a-rather-long-name  8/10  unschedulable: no node of 3 will do: 3 full (3 pods, 40s)
    ‖ shop      deploy/api                              8/10  paused with 3 of 10 updated
    16 of 19 healthy in all namespaces
    "
  `);
});

test.each<[string, Partial<RolloutOverview>, string]>([
  ['all namespaces', {}, '✓ all 19 workloads are healthy in all namespaces'],
  ['one namespace', {namespace: 'shop'}, '✓ all 19 workloads are healthy in namespace shop'],
  [
    'a selector',
    {namespace: 'shop', selector: 'app=web', total: 1},
    '✓ the one workload is healthy with app=web in namespace shop',
  ],
  ['named ones', {namespace: 'shop', named: true, total: 2}, '✓ all 2 workloads are healthy'],
  ['an empty namespace', {namespace: 'shop', total: 0}, 'no Deployment, StatefulSet or DaemonSet in namespace shop'],
])('where nothing is unhealthy: %s', (_case, over, text) => {
  expect(renderOverview(overview(over), screen())).toBe(text);
});
