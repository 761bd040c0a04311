import {describe, expect, test} from 'vitest';
import {describePod} from '../../src/pods/containers.ts';
import {ago, type ContainerState, type EventState, event, NOW, type PodState, pod} from '../support/builders.ts';

function describeWith(state: PodState, ...events: EventState[]) {
  const subject = pod(state);
  return describePod(
    subject,
    NOW,
    events.map((e) => event(subject, {fieldPath: 'spec.containers{web}', ...e})),
  );
}
function doing(state: PodState, ...events: EventState[]) {
  const {containers: _, ...doing} = describeWith(state, ...events);
  return doing;
}
const readySince = (seconds: number) => ({conditions: [{type: 'Ready', status: 'True', lastTransitionTime: ago(seconds)}]});
const probed = {reason: 'Unhealthy', message: 'Readiness probe failed: HTTP probe failed with statuscode: 503', count: 2};

describe('what a pod is doing, in a word', () => {
  test.each<[string, PodState, EventState[], object]>([
    ['ready', readySince(12), [], {state: 'ready', since: ago(12), detail: undefined, severity: 'good'}],
    [
      'starting, and its probe does not pass yet',
      {containers: [{running: 3, ready: false}]},
      [probed],
      {state: 'starting', since: ago(3), detail: 'readiness: HTTP 503 (2×)', severity: 'waiting'},
    ],
    [
      'starting, nothing to say',
      {containers: [{running: 3, ready: false}]},
      [],
      {state: 'starting', since: ago(3), detail: undefined, severity: 'waiting'},
    ],
    [
      'not ready any more',
      {containers: [{running: 300, ready: false}], conditions: [{type: 'Ready', status: 'False', lastTransitionTime: ago(20)}]},
      [probed],
      {state: 'not ready', since: ago(20), detail: 'readiness: HTTP 503 (2×)', severity: 'wrong'},
    ],
    [
      'pulling',
      {phase: 'Pending', containers: [{waiting: {reason: 'ContainerCreating'}}]},
      [{type: 'Normal', reason: 'Pulling', message: 'Pulling image "web:2.0"', last: 2}],
      {state: 'pulling', since: ago(2), detail: 'web:2.0', severity: 'waiting'},
    ],
    [
      'creating, the image is there',
      {phase: 'Pending', createdAt: ago(9), containers: [{waiting: {reason: 'ContainerCreating'}}]},
      [
        {type: 'Normal', reason: 'Pulling', message: 'Pulling image "web:2.0"', last: 4},
        {type: 'Normal', reason: 'Pulled', message: 'Successfully pulled image "web:2.0"', last: 1},
      ],
      {state: 'creating', since: ago(9), detail: undefined, severity: 'waiting'},
    ],
    [
      'pulling for long',
      {phase: 'Pending', containers: [{waiting: {reason: 'ContainerCreating'}}]},
      [{type: 'Normal', reason: 'Pulling', message: 'Pulling image "web:2.0"', last: 200}],
      {state: 'pulling', since: ago(200), detail: 'still pulling web:2.0', severity: 'waiting'},
    ],
    [
      'an image that cannot be had',
      {phase: 'Pending', containers: [{waiting: {reason: 'ErrImagePull', message: 'web:2.0: not found'}}]},
      [],
      {state: 'image error', since: ago(60), detail: 'web:2.0: not found', severity: 'wrong'},
    ],
    [
      'a registry that may come back',
      {phase: 'Pending', containers: [{waiting: {reason: 'ErrImagePull', message: 'dial tcp 192.0.2.1:443: i/o timeout'}}]},
      [],
      {state: 'image error', since: ago(60), detail: 'cannot reach docker.io: i/o timeout', severity: 'waiting'},
    ],
    [
      'a ConfigMap that is not there',
      {phase: 'Pending', containers: [{waiting: {reason: 'CreateContainerConfigError', message: 'configmap "c" not found'}}]},
      [],
      {state: 'config error', since: ago(60), detail: 'ConfigMap c does not exist', severity: 'wrong'},
    ],
    [
      'the same, mounted',
      {phase: 'Pending', containers: [{waiting: {reason: 'ContainerCreating'}}]},
      [
        {
          reason: 'FailedMount',
          message: 'MountVolume.SetUp failed for volume "c" : configmap "c" not found',
          count: 2,
          first: 9,
          fieldPath: '',
        },
      ],
      {state: 'config error', since: ago(9), detail: 'ConfigMap c does not exist', severity: 'wrong'},
    ],
    [
      'crash looping',
      {containers: [{waiting: {reason: 'CrashLoopBackOff'}, restarts: 4, last: {exitCode: 1, finishedAt: ago(8)}}]},
      [],
      {state: 'crash looping', since: ago(8), detail: 'exits with code 1, 4 restarts', severity: 'wrong'},
    ],
    [
      'crash looping, and just now running',
      {containers: [{running: 1, restarts: 4, last: {exitCode: 1, startedAt: ago(64), finishedAt: ago(60)}}]},
      [],
      {state: 'crash looping', since: ago(1), detail: 'exits with code 1, 4 restarts', severity: 'wrong'},
    ],
    [
      'ended, to be restarted',
      {containers: [{terminated: {exitCode: 2, finishedAt: ago(1)}}]},
      [],
      {state: 'ended', since: ago(1), detail: 'exits with code 2', severity: 'wrong'},
    ],
    [
      'a command that is not there',
      {containers: [{waiting: {reason: 'RunContainerError', message: 'exec: "nope": executable file not found in $PATH'}}]},
      [],
      {
        state: 'cannot start',
        since: ago(60),
        detail: 'exec: "nope": executable file not found in $PATH',
        severity: 'wrong',
      },
    ],
    [
      'terminating',
      {deletedAt: ago(-25)},
      [],
      {state: 'terminating', since: '2026-05-04T09:59:55.000Z', detail: undefined, severity: 'waiting'},
    ],
    [
      'terminating for too long',
      {deletedAt: ago(60), finalizers: ['x/y']},
      [],
      {
        state: 'terminating',
        since: '2026-05-04T09:58:30.000Z',
        detail: 'terminating, but kept by finalizer x/y',
        severity: 'wrong',
      },
    ],
    [
      'pending',
      {node: null, phase: 'Pending', createdAt: ago(1), conditions: [{type: 'PodScheduled', status: 'True'}]},
      [],
      {state: 'pending', since: ago(1), detail: undefined, severity: 'waiting'},
    ],
    [
      'unschedulable',
      {
        node: null,
        phase: 'Pending',
        conditions: [
          {type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: '0/2 nodes are available: 2 Too many pods.'},
        ],
      },
      [],
      {state: 'unschedulable', since: ago(60), detail: 'no node will do (2 of 2: full (too many pods))', severity: 'wrong'},
    ],
    [
      'gated',
      {
        node: null,
        phase: 'Pending',
        spec: {schedulingGates: [{name: 'x/y'}]},
        conditions: [{type: 'PodScheduled', status: 'False', reason: 'SchedulingGated'}],
      },
      [],
      {state: 'gated', since: ago(60), detail: 'held back by scheduling gate x/y', severity: 'waiting'},
    ],
    [
      'evicted',
      {phase: 'Failed', reason: 'Evicted', message: 'The node was low on resource: memory.', statuses: false},
      [],
      {state: 'evicted', since: ago(60), detail: 'evicted: the node was low on memory', severity: 'wrong'},
    ],
    [
      'completed',
      {phase: 'Succeeded', containers: [{terminated: {exitCode: 0}}]},
      [],
      {state: 'completed', since: ago(60), detail: undefined, severity: 'good'},
    ],
    [
      'on a node that is lost',
      {conditions: [{type: 'Ready', status: 'False', lastTransitionTime: ago(40)}]},
      [],
      {state: 'node lost', since: ago(40), detail: 'node node-1 does not answer', severity: 'wrong'},
    ],
  ])('%s', (_case, state, events, expected) => {
    expect(doing(state, ...events)).toEqual(expected);
  });
});

test('an app that has ended without error is not done', () => {
  expect(doing({containers: [{terminated: {exitCode: 0, finishedAt: ago(1)}}]})).toMatchObject({
    state: 'ended',
    severity: 'wrong',
  });
});

test('a container that is ready in a pod that is not has been so since it started', () => {
  const {containers} = describeWith({containers: [{running: 40}, {name: 'proxy', running: 5, ready: false}]});
  expect(containers.map(({state, since}) => [state, since])).toEqual([
    ['ready', ago(40)],
    ['starting', ago(5)],
  ]);
});

describe('of several containers', () => {
  const init: ContainerState = {name: 'migrate', terminated: {exitCode: 0, finishedAt: ago(30)}, ready: true};
  const sidecar: ContainerState = {name: 'proxy', spec: {restartPolicy: 'Always'}};

  test('each is told, in the order in which they start', () => {
    const {containers} = describeWith({init: [init, sidecar], containers: [{restarts: 2}, {name: 'logs'}]});
    expect(containers.map(({name, role, state, restarts}) => ({name, role, state, restarts}))).toEqual([
      {name: 'migrate', role: 'init', state: 'completed', restarts: 0},
      {name: 'proxy', role: 'sidecar', state: 'ready', restarts: 0},
      {name: 'web', role: 'app', state: 'ready', restarts: 2},
      {name: 'logs', role: 'app', state: 'ready', restarts: 0},
    ]);
  });

  test.each<[string, PodState, object]>([
    [
      'an init container that runs',
      {
        phase: 'Pending',
        init: [{name: 'migrate', running: 7, ready: false}],
        containers: [{waiting: {reason: 'PodInitializing'}}],
      },
      {state: 'running', since: ago(7), detail: 'init migrate', severity: 'waiting'},
    ],
    [
      'an init container that crashes',
      {
        phase: 'Pending',
        init: [{name: 'migrate', waiting: {reason: 'CrashLoopBackOff'}, restarts: 2, last: {exitCode: 3, finishedAt: ago(4)}}],
        containers: [{waiting: {reason: 'PodInitializing'}}],
      },
      {state: 'crash looping', since: ago(4), detail: 'init migrate: exits with code 3, 2 restarts', severity: 'wrong'},
    ],
    [
      'a sidecar that crashes beside a ready app',
      {
        init: [{...sidecar, waiting: {reason: 'CrashLoopBackOff'}, restarts: 2, last: {exitCode: 3, finishedAt: ago(4)}}],
        containers: [{}],
      },
      {state: 'crash looping', since: ago(4), detail: 'sidecar proxy: exits with code 3, 2 restarts', severity: 'wrong'},
    ],
    [
      'one of two apps that crashes',
      {
        containers: [
          {},
          {name: 'logs', waiting: {reason: 'CrashLoopBackOff'}, restarts: 2, last: {exitCode: 1, finishedAt: ago(4)}},
        ],
      },
      {state: 'crash looping', since: ago(4), detail: 'logs: exits with code 1, 2 restarts', severity: 'wrong'},
    ],
  ])('the pod is told by the one that is worst: %s', (_case, state, expected) => {
    expect(doing(state)).toEqual(expected);
  });
});
