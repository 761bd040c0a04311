import {stripVTControlCharacters} from 'node:util';
import fc from 'fast-check';
import stringWidth from 'string-width';
import {expect, test} from 'vitest';
import {bar} from '../../../src/rollout/view/bars.ts';
import {renderPicture} from '../../../src/rollout/view/watch.ts';
import {createTheme} from '../../../src/text/screen.ts';
import {ago, deployment, event, NOW, type PodState, pod, replicaSet, situation, statefulSet} from '../../support/builders.ts';
import {picture, screen, watched} from '../../support/pictures.ts';

const frame = (rows: number) => ({rows, context: 'kind-kops', withNamespace: false});

const old = replicaSet({hash: '68cdd476b5', revision: 4, replicas: 3, image: 'web:1.1'});
const current = replicaSet({hash: '7bfb4bc78d', revision: 5, replicas: 7, ready: 5, image: 'web:2.0'});
const names = ['2xkq9', '8fjz2', 'c4v5m', 'd9w8p', 'h2jx6'];
const ready = names.map((name, i) => pod({owner: current, name: `web-7bfb4bc78d-${name}`, createdAt: ago(13 - i)}));
const probed = pod({
  owner: current,
  name: 'web-7bfb4bc78d-l4s7w',
  createdAt: ago(5),
  containers: [{ready: false, running: 3, spec: {readinessProbe: {httpGet: {path: '/', port: 8080}}}}],
});
const pulling = pod({
  owner: current,
  name: 'web-7bfb4bc78d-qq0mn',
  createdAt: ago(3),
  containers: [{waiting: {reason: 'ContainerCreating'}}],
});
const olds = ['k8s2d', 'm5n7b', 'x7c9z'].map((name) => pod({owner: old, name: `web-68cdd476b5-${name}`, createdAt: ago(7200)}));
const events = [
  event(probed, {
    reason: 'Unhealthy',
    message: 'Readiness probe failed: HTTP probe failed with statuscode: 503',
    count: 2,
    first: 2,
    last: 1,
    fieldPath: 'spec.containers{web}',
  }),
  event(pulling, {
    type: 'Normal',
    reason: 'Pulling',
    message: 'Pulling image "web:2.0"',
    last: 2,
    fieldPath: 'spec.containers{web}',
  }),
];
const rolling = situation(
  deployment({
    image: 'web:2.0',
    revision: 5,
    desired: 10,
    updated: 7,
    total: 10,
    available: 8,
    conditions: [{type: 'Progressing', reason: 'ReplicaSetUpdated', lastUpdateTime: ago(14)}],
  }),
  {revisions: [old, current], pods: [...ready, probed, pulling, ...olds], events},
);

const draw = (width: number, rows: number, seen = picture([watched(rolling)])) =>
  `\n${renderPicture(seen, frame(rows), screen(width))}\n`;

test('on 80 columns and 23 rows', () => {
  expect(draw(80, 23)).toMatchInlineSnapshot(`
    "
    deployment/web  shop · kind-kops                           RollingUpdate 25%/25%
    revision 4 → 5   web:1.1 → web:2.0              keeps ≥ 8 of 10, at most 13 pods

    updated    ██████████████░░░░░░    7/10
    ready      ████████████████░░░░    8/10   ⚠ 2 below what was asked for
    old        ██████░░░░░░░░░░░░░░  3 left

    ● web-7bfb4bc78d   rev 5    7 pods   5 ready
      ├ web-7bfb4bc78d-2xkq9  ready       13s
      ├ web-7bfb4bc78d-8fjz2  ready       12s
      ├ web-7bfb4bc78d-c4v5m  ready       11s
      ├ web-7bfb4bc78d-d9w8p  ready       10s
      ├ web-7bfb4bc78d-h2jx6  ready        9s
      ├ web-7bfb4bc78d-l4s7w  starting     3s  readiness: HTTP 503 (2×)
      └ web-7bfb4bc78d-qq0mn  pulling      2s  web:2.0
    ○ web-68cdd476b5   rev 4    3 pods   3 ready
      ├ web-68cdd476b5-k8s2d  ready      120m
      ├ web-68cdd476b5-m5n7b  ready      120m
      └ web-68cdd476b5-x7c9z  ready      120m
    ⚠ readiness probe failed  1 pod, 2s  web: readiness: HTTP 503 (2×)
    elapsed 14s · deadline in 9m46s · timeout in 9m46s
    "
  `);
});
test('on a wide and tall terminal', () => {
  expect(draw(120, 40)).toMatchInlineSnapshot(`
    "
    deployment/web  shop · kind-kops                                                                   RollingUpdate 25%/25%
    revision 4 → 5   web:1.1 → web:2.0                                                      keeps ≥ 8 of 10, at most 13 pods

    updated    ██████████████░░░░░░    7/10
    ready      ████████████████░░░░    8/10   ⚠ 2 below what was asked for
    old        ██████░░░░░░░░░░░░░░  3 left

    ● web-7bfb4bc78d   rev 5    7 pods   5 ready
      ├ web-7bfb4bc78d-2xkq9  ready       13s
      ├ web-7bfb4bc78d-8fjz2  ready       12s
      ├ web-7bfb4bc78d-c4v5m  ready       11s
      ├ web-7bfb4bc78d-d9w8p  ready       10s
      ├ web-7bfb4bc78d-h2jx6  ready        9s
      ├ web-7bfb4bc78d-l4s7w  starting     3s  readiness: HTTP 503 (2×)
      └ web-7bfb4bc78d-qq0mn  pulling      2s  web:2.0
    ○ web-68cdd476b5   rev 4    3 pods   3 ready
      ├ web-68cdd476b5-k8s2d  ready      120m
      ├ web-68cdd476b5-m5n7b  ready      120m
      └ web-68cdd476b5-x7c9z  ready      120m
    ⚠ readiness probe failed  1 pod, 2s  web: readiness: HTTP 503 (2×)
    elapsed 14s · deadline in 9m46s · timeout in 9m46s
    "
  `);
});
test('on 50 columns and 19 rows', () => {
  expect(draw(50, 19)).toMatchInlineSnapshot(`
    "
    deployment/web  shop         RollingUpdate 25%/25%
    revision 4 → 5   web:1.1 → web:2.0

    updated    ████████░░░░    7/10
    ready      ██████████░░    8/10   ⚠ 2 missing
    old        ████░░░░░░░░  3 left

    ● web-7bfb4bc78d  rev 5  7 pods  5 ready
      ├ …-2xkq9  ready       13s
      ├ …-8fjz2  ready       12s
      ├ …-c4v5m  ready       11s
      ├ …-d9w8p  ready       10s
      ├ …-h2jx6  ready        9s
      ├ …-l4s7w  starting     3s  readiness: HTTP 503…
      └ …-qq0mn  pulling      2s  web:2.0
    ○ web-68cdd476b5  rev 4  3 pods  3 ready
    ⚠ readiness probe failed  1 pod, 2s
      web: readiness: HTTP 503 (2×)
    elapsed 14s · deadline in 9m46s · timeout in 9m46s
    "
  `);
});
test('on 40 columns', () => {
  expect(draw(40, 16)).toMatchInlineSnapshot(`
    "
    deployment/web     RollingUpdate 25%/25%
    revision 4 → 5   web:1.1 → web:2.0
    updated    ███████░░░    7/10
    ready      ████████░░    8/10
    old        ███░░░░░░░  3 left
    ● web-7bfb4bc78d  rev 5  7 pods  5 ready
      ├ …-2xkq9  ready       13s
      ├ …-8fjz2  ready       12s
      ├ …-c4v5m  ready       11s
      ├ …2 more ready
      ├ …-l4s7w  starting     3s  readiness…
      └ …-qq0mn  pulling      2s  web:2.0
    ○ web-68cdd476b5  rev 4  3 pods  3 ready
    ⚠ readiness probe failed  1 pod, 2s
      web: readiness: HTTP 503 (2×)
    14s · deadline 9m46s · timeout 9m46s
    "
  `);
});
test('on very few rows', () => {
  expect(draw(80, 6)).toMatchInlineSnapshot(`
    "
    … deployment/web  ███████░░░  7/10 updated, 8 available   revision 4 → 5
      ⚠ readiness probe failed  1 pod, 2s  web: readiness: HTTP 503 (2×)
      ├ web-7bfb4bc78d-l4s7w  starting     3s  readiness: HTTP 503 (2×)
      └ web-7bfb4bc78d-qq0mn  pulling      2s  web:2.0
    elapsed 14s · deadline in 9m46s · timeout in 9m46s
    "
  `);
  expect(draw(80, 2)).toMatchInlineSnapshot(`
    "
    … deployment/web  ███████░░░  7/10 updated, 8 available   revision 4 → 5
    elapsed 14s · deadline in 9m46s · timeout in 9m46s
    "
  `);
  expect(draw(80, 1)).toMatchInlineSnapshot(`
    "
    elapsed 14s · deadline in 9m46s · timeout in 9m46s
    "
  `);
});

test('a first rollout has nothing to fall below', () => {
  const first = replicaSet({revision: 1, replicas: 3, ready: 0, image: 'registry.example/team/web:1.0'});
  const seen = situation(deployment({image: 'registry.example/team/web:1.0', available: 0}), {
    revisions: [first],
    pods: [pod({owner: first, containers: [{waiting: {reason: 'ContainerCreating'}}], createdAt: ago(2)})],
  });
  expect(draw(80, 23, picture([watched(seen)]))).toMatchInlineSnapshot(`
    "
    deployment/web  shop · kind-kops                           RollingUpdate 25%/25%
    revision 1   web:1.0                              keeps ≥ 3 of 3, at most 4 pods

    updated    ████████████████████  3/3
    ready      ░░░░░░░░░░░░░░░░░░░░  0/3

    ● web-7bfb4bc78d   rev 1     1 pod   0 ready
      └ web-7bfb4bc78d-2xkq9  creating     2s
    elapsed 14s · timeout in 9m46s
    "
  `);
});

test('names that are too long are cut in the middle', () => {
  const name = 'a-very-long-name-of-a-workload-as-generators-like-to-make-them';
  const owner = {kind: 'Deployment', metadata: {name, uid: `deployment-${name}`}};
  const set = replicaSet({owner, revision: 1, replicas: 1, ready: 0});
  const seen = situation(deployment({name, desired: 1, available: 0}), {
    revisions: [set],
    pods: [pod({owner: set, containers: [{ready: false, running: 3}]})],
  });
  expect(draw(80, 15, picture([watched(seen)]))).toMatchInlineSnapshot(`
    "
    deployment/a-very-long-name-of-a-workload-as-generators-like-to-make-them  shop
    revision 1   web:2.0                              keeps ≥ 1 of 1, at most 2 pods

    updated    ████████████████████  1/1
    ready      ░░░░░░░░░░░░░░░░░░░░  0/1

    ● a-very-long-name-of-a-wor…-to-make-them-7bfb4bc78d   rev 1     1 pod   0 ready
      └ a-very-long-name-o…-7bfb4bc78d-2xkq9  starting     3s
    elapsed 14s · timeout in 9m46s
    "
  `);
});

test('containers of a pod that is not ready show where more than one of them matters', () => {
  const set = replicaSet({revision: 1, replicas: 1, ready: 0});
  const seen = situation(deployment({desired: 1, available: 0}), {
    revisions: [set],
    pods: [
      pod({
        owner: set,
        createdAt: ago(30),
        init: [
          {
            name: 'proxy',
            running: 9,
            ready: false,
            started: false,
            spec: {restartPolicy: 'Always', startupProbe: {periodSeconds: 1}},
          },
        ],
        containers: [
          {name: 'app', waiting: {reason: 'PodInitializing'}},
          {name: 'metrics', waiting: {reason: 'PodInitializing'}},
        ],
      }),
    ],
  });
  expect(draw(80, 23, picture([watched(seen)]))).toMatchInlineSnapshot(`
    "
    deployment/web  shop · kind-kops                           RollingUpdate 25%/25%
    revision 1   web:2.0                              keeps ≥ 1 of 1, at most 2 pods

    updated    ████████████████████  1/1
    ready      ░░░░░░░░░░░░░░░░░░░░  0/1

    ● web-7bfb4bc78d   rev 1     1 pod   0 ready
      └ web-7bfb4bc78d-2xkq9  starting     9s  sidecar proxy
          ├ proxy (sidecar)   starting     9s
          ├ app               waiting     30s
          └ metrics           waiting     30s
    elapsed 14s · timeout in 9m46s
    "
  `);
});

test('doom stands below the pods that show it', () => {
  const broken = replicaSet({hash: 'b', revision: 6, replicas: 3, ready: 0, image: 'web:2.1'});
  const message = 'Failed to pull image "web:2.1": manifest unknown: not found';
  const pods = ['a', 'b', 'c'].map((name) =>
    pod({
      owner: broken,
      name: `web-b-${name}`,
      createdAt: ago(40),
      containers: [{image: 'web:2.1', waiting: {reason: 'ErrImagePull', message}}],
    }),
  );
  const seen = situation(deployment({image: 'web:2.1', revision: 6, desired: 10, updated: 3, total: 11, available: 8}), {
    revisions: [replicaSet({revision: 5, replicas: 8}), broken],
    pods,
  });
  expect(draw(80, 23, picture([watched(seen, 10)]))).toMatchInlineSnapshot(`
    "
    deployment/web  shop · kind-kops                           RollingUpdate 25%/25%
    revision 5 → 6   web:2.0 → web:2.1              keeps ≥ 8 of 10, at most 13 pods

    updated    ██████░░░░░░░░░░░░░░    3/10
    ready      ████████████████░░░░    8/10   ⚠ 2 below what was asked for
    old        ████████████████░░░░  8 left

    ● web-b      rev 6    3 pods   0 ready
      ├ web-b-a  image error    40s  web:2.1: manifest unknown
      ├ web-b-b  image error    40s  web:2.1: manifest unknown
      └ web-b-c  image error    40s  web:2.1: manifest unknown
    ✗ image not found  3 pods, 40s  web:2.1: manifest unknown
    elapsed 14s · timeout in 9m46s
    "
  `);
});

test('a lost connection and missing rights stand above the clocks', () => {
  const seen = picture([watched(rolling)], {
    trouble: 'cannot reach the API server https://127.0.0.1:6443',
    notes: ['no right to list events: what they would tell is missing here'],
  });
  expect(draw(80, 14, seen)).toMatchInlineSnapshot(`
    "
    deployment/web  shop · kind-kops                           RollingUpdate 25%/25%
    revision 4 → 5   web:1.1 → web:2.0              keeps ≥ 8 of 10, at most 13 pods
    updated    ██████████████░░░░░░    7/10
    ready      ████████████████░░░░    8/10   ⚠ 2 below what was asked for
    old        ██████░░░░░░░░░░░░░░  3 left
    ● web-7bfb4bc78d   rev 5    7 pods   5 ready
      ├ …5 more ready
      ├ web-7bfb4bc78d-l4s7w  starting     3s  readiness: HTTP 503 (2×)
      └ web-7bfb4bc78d-qq0mn  pulling      2s  web:2.0
    ○ web-68cdd476b5   rev 4    3 pods   3 ready
    ⚠ readiness probe failed  1 pod, 2s  web: readiness: HTTP 503 (2×)
    no right to list events: what they would tell is missing here
    reconnecting: cannot reach the API server https://127.0.0.1:6443
    elapsed 14s · deadline in 9m46s · timeout in 9m46s
    "
  `);
});

test('a workload that was deleted', () => {
  const {status} = watched(rolling);
  const deleted = {
    situation: undefined,
    status: {...status, phase: 'progressing', message: 'was deleted; waiting for it to be made anew'},
    ending: undefined,
    clock: undefined,
    deadline: undefined,
  } as const;
  expect(draw(80, 20, picture([deleted]))).toMatchInlineSnapshot(`
    "
    deployment/web was deleted; waiting for it to be made anew
    elapsed 14s · timeout in 9m46s
    "
  `);
});

const db = statefulSet({updated: 1, desired: 3, available: 2});
const stuck = pod({
  name: 'db-2',
  owner: db,
  hash: 'db-2',
  createdAt: ago(20),
  containers: [{name: 'db', ready: false, running: 15}],
});
const several = [watched(rolling), watched(situation(db, {pods: [stuck]})), watched(situation(deployment({name: 'api'}), {}))];

test('several workloads: a line each, and what is not ready', () => {
  expect(draw(80, 23, picture(several, {resting: 4}))).toMatchInlineSnapshot(`
    "
    … deployment/web  ███████░░░  7/10 updated, 8 available   revision 4 → 5
      ⚠ readiness probe failed  1 pod, 2s  web: readiness: HTTP 503 (2×)
      ├ web-7bfb4bc78d-l4s7w  starting     3s  readiness: HTTP 503 (2×)
      └ web-7bfb4bc78d-qq0mn  pulling      2s  web:2.0

    … statefulset/db  ███░░░░░░░  1/3 updated, 2 available   revision …
      ⚠ not ready  1 pod, 15s  db runs, but is not ready
      └ db-2  starting    15s  runs, but is not ready

    ✓ deployment/api  ██████████  3/3 updated, 3 available   revision …

    4 others are healthy
    elapsed 14s · deadline in 9m46s · timeout in 9m46s
    "
  `);
  expect(draw(60, 6, picture(several, {resting: 1}))).toMatchInlineSnapshot(`
    "
    … deployment/web  ███████░░░  7/10 updated, 8 available   r…
      ⚠ readiness probe failed  1 pod, 2s
    … statefulset/db  ███░░░░░░░  1/3 updated, 2 available   re…
    ✓ deployment/api  ██████████  3/3 updated, 3 available   re…
    1 other is healthy
    elapsed 14s · deadline in 9m46s · timeout in 9m46s
    "
  `);
});

test('colour adds nothing but colour', () => {
  const coloured = {theme: createTheme(true), width: 80, now: NOW};
  for (const seen of [picture([watched(rolling)]), picture(several)]) {
    expect(stripVTControlCharacters(renderPicture(seen, frame(23), coloured))).toBe(renderPicture(seen, frame(23), screen(80)));
  }
});

test('whatever there is to show, and however small the terminal: no line is too wide, and none too many', () => {
  const someone = fc.record({
    state: fc.constantFrom('ready', 'creating', 'crashing', 'unready', 'pending'),
    current: fc.boolean(),
    name: fc.stringMatching(/^[a-z0-9]{1,40}$/),
  });
  const states: Record<string, PodState> = {
    ready: {},
    creating: {containers: [{waiting: {reason: 'ContainerCreating'}}]},
    crashing: {containers: [{waiting: {reason: 'CrashLoopBackOff', message: 'x'.repeat(90)}, last: {exitCode: 1}, restarts: 4}]},
    unready: {
      containers: [
        {name: 'a', ready: false},
        {name: 'b', ready: false},
      ],
    },
    pending: {node: null},
  };
  const size = fc.record({width: fc.integer({min: 20, max: 140}), rows: fc.integer({min: 1, max: 45})});
  fc.assert(
    fc.property(fc.array(someone, {maxLength: 60}), size, fc.integer({min: 0, max: 4}), (all, {width, rows}, others) => {
      const pods = all.map(({state, current: isCurrent, name}) =>
        pod({...states[state], name: `web-${name}`, owner: isCurrent ? current : old}),
      );
      const seen = situation(deployment({image: 'web:2.0', revision: 5, desired: 10, updated: 7, available: 8}), {
        revisions: [old, current],
        pods,
      });
      const lines = renderPicture(
        picture([watched(seen, 5), ...several.slice(0, others)], {resting: others}),
        frame(rows),
        screen(width),
      ).split('\n');
      expect(lines.length).toBeLessThanOrEqual(rows);
      expect(lines.filter((line) => stringWidth(line) > width)).toEqual([]);
    }),
    {numRuns: 200},
  );
});

test.each([
  ['nothing of something', 0, 10, '░░░░░'],
  ['all of it', 10, 10, '█████'],
  ['nearly all is not all', 999, 1000, '████░'],
  ['next to nothing is not nothing', 1, 1000, '█░░░░'],
  ['more than was asked for', 12, 10, '█████'],
  ['none was asked for', 0, 0, '█████'],
])('a bar: %s', (_case, part, whole, text) => {
  const {full, empty} = bar(part, whole, 5);
  expect(full + empty).toBe(text);
});
