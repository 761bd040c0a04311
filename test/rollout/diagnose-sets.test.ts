import {describe, expect, test} from 'vitest';
import {diagnose} from '../../src/rollout/diagnose.ts';
import {
  ago,
  type ContainerState,
  controllerRevision,
  daemonSet,
  type EventState,
  event,
  NOW,
  type PodState,
  pod,
  type StatefulSetState,
  situation,
  statefulSet,
} from '../support/builders.ts';

const crashing: ContainerState = {
  name: 'db',
  waiting: {reason: 'CrashLoopBackOff'},
  restarts: 3,
  last: {exitCode: 1, finishedAt: ago(20)},
};
const unready: ContainerState = {name: 'db', running: 30, ready: false};
const OLD = 'db-1';

function db(state: StatefulSetState, pods: Record<number, PodState>, events: Parameters<typeof event>[1][] = []) {
  const set = statefulSet({updated: 1, ...state});
  return situation(set, {
    revisions: [controllerRevision(set, {name: OLD, revision: 1}), controllerRevision(set, {name: 'db-2', revision: 2})],
    pods: Object.entries(pods).map(([ordinal, pod_]) =>
      pod({owner: set, name: `db-${ordinal}`, containers: [{name: 'db'}], ...pod_}),
    ),
    events: events.map((e) => event(set, {component: 'statefulset-controller', ...e})),
  });
}
const shown = (at: Parameters<typeof diagnose>[0]) =>
  diagnose(at, NOW).map(({reason, object, message, doomed, hint}) => ({reason, object, message, doomed, hint}));

describe('a StatefulSet that one pod blocks', () => {
  test('the pod comes first, and who waits for it is told', () => {
    const at = db({}, {0: {hash: OLD}, 1: {hash: OLD}, 2: {containers: [crashing]}});
    expect(shown(at)).toEqual([
      {
        reason: 'CrashLoopBackOff',
        object: 'pod/db-2',
        message: 'db exits with code 1, 3 restarts',
        doomed: true,
        hint: 'read why: kubectl logs db-2 -c db -n shop --previous, or go back:  kops rollout undo sts/db -n shop',
      },
      {
        reason: 'StatefulSetBlocked',
        object: 'pod/db-2',
        message: 'db-2 is not ready, and 2 other pods wait for it (OrderedReady)',
        doomed: false,
        hint: null,
      },
    ]);
  });

  test('a broken pod of a revision that nobody wants any more is never replaced (kubernetes#67250)', () => {
    const at = db({updated: 0}, {0: {hash: 'db-3'}, 1: {hash: 'db-3'}, 2: {hash: OLD, containers: [crashing]}});
    expect(shown(at)[0]).toEqual({
      reason: 'StatefulSetBlocked',
      object: 'pod/db-2',
      message: 'db-2 is broken and of an old revision, and the controller replaces no pod before it is ready',
      doomed: true,
      hint: 'delete it: kubectl delete pod db-2 -n shop',
    });
  });

  test('one that may still become ready dooms nothing', () => {
    const at = db({updated: 0}, {0: {hash: OLD}, 1: {hash: OLD}, 2: {hash: OLD, containers: [unready]}});
    expect(shown(at).find(({reason}) => reason === 'StatefulSetBlocked')).toMatchObject({doomed: false});
  });

  test('the lowest ordinal that is not ready is the one', () => {
    const at = db({}, {0: {hash: OLD, containers: [crashing]}, 1: {hash: OLD}, 2: {containers: [crashing]}});
    expect(shown(at)[0]).toMatchObject({reason: 'StatefulSetBlocked', object: 'pod/db-0'});
  });

  test.each<[string, StatefulSetState, Record<number, PodState>]>([
    [
      'whose pods are managed in parallel',
      {podManagementPolicy: 'Parallel', updated: 0},
      {0: {hash: OLD}, 2: {hash: OLD, containers: [crashing]}},
    ],
    ['whose pod is being replaced', {}, {0: {hash: OLD}, 1: {hash: OLD, deletedAt: ago(-5)}, 2: {}}],
    [
      'whose pod has failed for good: it is replaced at once',
      {},
      {0: {hash: OLD}, 1: {hash: OLD, phase: 'Failed', reason: 'Evicted'}, 2: {}},
    ],
    [
      'whose change the controller has not seen',
      {generation: 2, observedGeneration: 1},
      {0: {hash: OLD, containers: [crashing]}},
    ],
    [
      'whose pod has just started',
      {},
      {0: {hash: OLD}, 1: {hash: OLD}, 2: {containers: [{name: 'db', running: 2, ready: false}]}},
    ],
    ['with ordinals that start elsewhere', {ordinalsStart: 5}, {5: {}, 6: {}, 7: {}}],
  ])('is not one %s', (_case, state, pods) => {
    expect(shown(db(state, pods)).filter(({reason}) => reason === 'StatefulSetBlocked')).toEqual([]);
  });
});

describe('a partition', () => {
  const at = (state: StatefulSetState = {}, pods: Record<number, PodState> = {0: {hash: OLD}, 1: {hash: OLD}, 2: {}}) =>
    db({updateStrategy: {type: 'RollingUpdate', rollingUpdate: {partition: 2}}, ...state}, pods);

  test('is what keeps the other pods at the old revision', () => {
    expect(shown(at())).toEqual([
      {
        reason: 'Partition',
        object: 'statefulset/db',
        message: 'partition 2 keeps the pods below db-2 at the old revision',
        doomed: false,
        hint: `to go on: kubectl patch sts/db -n shop --type merge -p '{"spec":{"updateStrategy":{"rollingUpdate":{"partition":0}}}}'`,
      },
    ]);
  });

  test('makes the pods that it keeps count as wanted', () => {
    expect(shown(at({}, {0: {hash: OLD}, 1: {hash: OLD, containers: [crashing]}, 2: {}}))[0]).toMatchObject({
      reason: 'CrashLoopBackOff',
      doomed: true,
    });
  });

  test.each<[string, StatefulSetState]>([
    ['below the first ordinal', {ordinalsStart: 2}],
    ['of a StatefulSet that is updated by hand', {updateStrategy: {type: 'OnDelete', rollingUpdate: {partition: 2}}}],
  ])('is none %s', (_case, state) => {
    expect(shown(at(state, {2: {}, 3: {}, 4: {}})).filter(({reason}) => reason === 'Partition')).toEqual([]);
  });

  test('is no cause where nothing is held back', () => {
    expect(shown(at({updated: 3}, {0: {}, 1: {}, 2: {}}))).toEqual([]);
  });
});

describe('OnDelete', () => {
  test('a StatefulSet: the highest ordinal first', () => {
    const at = db({updateStrategy: {type: 'OnDelete'}}, {0: {hash: OLD}, 1: {hash: OLD}, 2: {}});
    expect(shown(at)).toEqual([
      {
        reason: 'OnDelete',
        object: 'statefulset/db',
        message: '2 pods are still of an old revision: db-1, db-0',
        doomed: false,
        hint: 'delete them one by one, each when the one before is ready: kubectl delete pod db-1 -n shop',
      },
    ]);
  });

  test('a DaemonSet: many are not all named', () => {
    const set = daemonSet({updated: 1, desired: 6, updateStrategy: {type: 'OnDelete'}});
    const revisions = [
      controllerRevision(set, {name: 'agent-1', revision: 1}),
      controllerRevision(set, {name: 'agent-2', revision: 2}),
    ];
    const pods = ['a', 'b', 'c', 'd', 'e', 'f'].map((suffix, i) =>
      pod({owner: set, name: `agent-${suffix}`, hash: i === 0 ? '2' : '1'}),
    );
    expect(shown(situation(set, {revisions, pods}))).toMatchObject([
      {reason: 'OnDelete', message: '5 pods are still of an old revision: agent-b, agent-c, agent-d and 2 more'},
    ]);
  });

  test('a pod that was deleted by hand is on its way', () => {
    const at = db({updateStrategy: {type: 'OnDelete'}}, {0: {hash: OLD, deletedAt: ago(-5)}, 1: {}, 2: {}});
    expect(shown(at)).toEqual([]);
  });
});

describe('pods that a controller could not make', () => {
  const refused = {
    reason: 'FailedCreate',
    message:
      'create Pod db-1 in StatefulSet db failed error: pods "db-1" is forbidden: exceeded quota: q, requested: pods=1, used: pods=3, limited: pods=3',
    count: 5,
  };
  const fresh: StatefulSetState = {updated: 1, total: 1, currentRevision: 'db-2'};

  test('are explained by its last event', () => {
    expect(shown(db(fresh, {0: {}}, [refused]))).toMatchObject([
      {reason: 'QuotaExceeded', object: 'statefulset/db', message: 'quota q is used up: pods 3 of 3 used, asks 1', doomed: true},
    ]);
  });

  test.each<[string, StatefulSetState, Record<number, PodState>]>([
    ['once the pod is there', fresh, {0: {}, 1: {}}],
    ['once none is missing', {updated: 3, total: 3}, {0: {}}],
  ])('not %s', (_case, state, pods) => {
    expect(shown(db(state, pods, [refused]))).toEqual([]);
  });

  test('once is not enough', () => {
    expect(shown(db(fresh, {0: {}}, [{...refused, count: 1, last: 1}]))).toMatchObject([
      {reason: 'QuotaExceeded', doomed: false},
    ]);
    expect(shown(db(fresh, {0: {}}, [{...refused, count: 1, last: 9}]))).toMatchObject([{reason: 'QuotaExceeded', doomed: true}]);
  });

  test('while a pod is terminating there will be room', () => {
    expect(shown(db({...fresh, total: 2}, {0: {}, 2: {deletedAt: ago(-5)}}, [refused]))).toMatchObject([
      {reason: 'QuotaExceeded', doomed: false},
    ]);
  });

  test('of a DaemonSet too', () => {
    const set = daemonSet({updated: 0, total: 0, available: 0});
    const events = [
      event(set, {
        reason: 'FailedCreate',
        message:
          'Error creating: pods "agent-" is forbidden: error looking up service account shop/agent: serviceaccount "agent" not found',
      }),
    ];
    expect(shown(situation(set, {events}))).toMatchObject([
      {reason: 'MissingServiceAccount', object: 'daemonset/agent', doomed: true},
    ]);
  });

  const agents = daemonSet({total: 2, updated: 2, available: 2});
  test.each<[string, Partial<EventState>, number, boolean]>([
    ['while its controller still tries', {last: 5}, 600, true],
    ['for as long again as it has tried', {first: 900, last: 400}, 1200, true],
    ['not once a pod was made since', {last: 50}, 20, false],
    ['not when it gave up long ago: a node is new, or its pod was just deleted', {last: 1500}, 3000, false],
  ])('%s', (_case, state, madeAgo, explained) => {
    const pods = ['a', 'b'].map((name) => pod({owner: agents, name: `agent-${name}`, hash: '2', createdAt: ago(madeAgo)}));
    const message =
      'Error creating: pods "agent-" is forbidden: error looking up service account shop/agent: serviceaccount "agent" not found';
    const events = [event(agents, {reason: 'FailedCreate', message, ...state})];
    expect(shown(situation(agents, {pods, events})).some(({doomed}) => doomed)).toBe(explained);
  });
});

test('a broken pod of a DaemonSet dooms it, one of its old revision does not', () => {
  const set = daemonSet({updated: 1});
  const revisions = [
    controllerRevision(set, {name: 'agent-1', revision: 1}),
    controllerRevision(set, {name: 'agent-2', revision: 2}),
  ];
  const broken = (hash: string) =>
    shown(situation(set, {revisions, pods: [pod({owner: set, hash, containers: [crashing]})]}))[0]?.doomed;
  expect([broken('2'), broken('1')]).toEqual([true, false]);
});
