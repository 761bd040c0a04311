import {describe, expect, test} from 'vitest';
import {diagnose, logRequests, withLog} from '../../src/rollout/diagnose.ts';
import type {Situation} from '../../src/rollout/situation.ts';
import type {Cause} from '../../src/rollout/status.ts';
import {
  ago,
  type ContainerState,
  deployment,
  event,
  NOW,
  type PodState,
  pod,
  replicaSet,
  situation,
} from '../support/builders.ts';

const old = replicaSet({hash: '68cdd476b5', revision: 4, replicas: 8, createdAt: ago(7200)});
const current = replicaSet({hash: '7bfb4bc78d', revision: 5, replicas: 5, createdAt: ago(60)});
const notFound: ContainerState = {image: 'web:9.9', waiting: {reason: 'ErrImagePull', message: 'web:9.9: not found'}};
const crashing: ContainerState = {waiting: {reason: 'CrashLoopBackOff'}, restarts: 3, last: {exitCode: 1, finishedAt: ago(20)}};
const unready: ContainerState = {running: 30, ready: false};
const unreachable: ContainerState = {
  image: 'gone.example/web:1',
  waiting: {reason: 'ErrImagePull', message: 'dial tcp: lookup gone.example: no such host'},
};

const web = (state: Parameters<typeof deployment>[0] = {}) =>
  deployment({desired: 10, updated: 5, total: 13, available: 8, ...state});
const pods = (owner: typeof current, ...states: (PodState | ContainerState)[]) =>
  states.map((state, i) =>
    pod({
      owner,
      name: `${owner.metadata?.name}-${i}`,
      ...('containers' in state || 'deletedAt' in state ? state : {containers: [state]}),
    }),
  );
const rollout = (...states: (PodState | ContainerState)[]) =>
  situation(web(), {revisions: [old, current], pods: pods(current, ...states)});
const shown = (at: Situation) => diagnose(at, NOW).map(({reason, object, pods, doomed}) => ({reason, object, pods, doomed}));

test('a healthy rollout has no cause', () => {
  expect(diagnose(rollout({}, {}), NOW)).toEqual([]);
});

test('what several pods show is one cause, as old as the first of them', () => {
  const at = rollout(
    {containers: [notFound], createdAt: ago(20)},
    {containers: [notFound], createdAt: ago(40)},
    {},
    {containers: [notFound], createdAt: ago(30)},
  );
  expect(diagnose(at, NOW)).toEqual([
    {
      reason: 'ImageNotFound',
      object: 'pod/web-7bfb4bc78d-0',
      container: 'web',
      message: 'web:9.9: not found',
      hint: 'fix the tag, or go back:  kops rollout undo deploy/web -n shop',
      doomed: true,
      pods: 3,
      since: ago(40),
    },
  ]);
});

test('how often it happened is told for the pod that had it most', () => {
  const at = rollout({...crashing, restarts: 2}, {...crashing, restarts: 7}, {...crashing, restarts: 3});
  expect(diagnose(at, NOW).map(({message, pods}) => [message, pods])).toEqual([['web exits with code 1, 7 restarts', 3]]);
});

test('pods whose container crashes are one cause, whichever moment of it each is seen at', () => {
  const ended: ContainerState = {terminated: {exitCode: 1, finishedAt: ago(1)}, restarts: 1};
  const again: ContainerState = {running: 2, restarts: 1, last: {exitCode: 1, finishedAt: ago(3)}};
  const at = rollout(ended, crashing, again, {...crashing, restarts: 4});
  expect(shown(at)).toEqual([{reason: 'CrashLoopBackOff', object: 'pod/web-7bfb4bc78d-1', pods: 4, doomed: true}]);
  expect(shown(rollout(ended, again))).toMatchObject([{reason: 'Crashed', pods: 2, doomed: false}]);
});

describe('ranks what is most likely first', () => {
  test('an unreachable registry at once, then what is doomed, then what may pass', () => {
    expect(shown(rollout(unready, unready, crashing, notFound, notFound, unreachable))).toEqual([
      {reason: 'RegistryUnreachable', object: 'pod/web-7bfb4bc78d-5', pods: 1, doomed: false},
      {reason: 'ImageNotFound', object: 'pod/web-7bfb4bc78d-3', pods: 2, doomed: true},
      {reason: 'CrashLoopBackOff', object: 'pod/web-7bfb4bc78d-2', pods: 1, doomed: true},
      {reason: 'NotReady', object: 'pod/web-7bfb4bc78d-0', pods: 2, doomed: false},
    ]);
  });

  test('and what is on its way out last: it dooms nothing', () => {
    const at = situation(web(), {revisions: [old, current], pods: [...pods(old, crashing, crashing), ...pods(current, unready)]});
    expect(diagnose(at, NOW).map(({reason, message, doomed}) => [reason, message, doomed])).toEqual([
      ['NotReady', 'web runs, but is not ready', false],
      ['CrashLoopBackOff', 'web exits with code 1, 3 restarts (old revision)', false],
    ]);
  });

  test('before the controller has made the current revision, no pod is of it', () => {
    const at = {
      ...situation(web(), {pods: pods(old, crashing)}),
      revisions: situation(web(), {revisions: [old]}).revisions.map((r) => ({...r, current: false})),
    };
    expect(shown(at)).toMatchObject([{reason: 'CrashLoopBackOff', doomed: false}]);
  });

  test('where no revision could be read, every pod counts', () => {
    expect(shown(situation(web(), {pods: pods(current, crashing)}))).toMatchObject([{reason: 'CrashLoopBackOff', doomed: true}]);
  });
});

describe('says how to go back', () => {
  const hint = (at: Situation) => diagnose(at, NOW)[0]?.hint;
  test.each([
    ['where there is an earlier revision', rollout(notFound), 'fix the tag, or go back:  kops rollout undo deploy/web -n shop'],
    [
      'where a ConfigMap is missing that an earlier revision may not need',
      rollout({waiting: {reason: 'CreateContainerConfigError', message: 'configmap "c" not found'}}),
      'create it: kubectl create configmap c -n shop --from-literal=KEY=VALUE, or go back:  kops rollout undo deploy/web -n shop',
    ],
    ['not on the first rollout', situation(web(), {revisions: [current], pods: pods(current, notFound)}), 'fix the tag'],
    [
      'not while it is paused: an undo is refused',
      situation(web({paused: true}), {revisions: [old, current], pods: pods(current, notFound)}),
      'fix the tag',
    ],
    [
      'not where the earlier revision has the same trouble',
      situation(web(), {revisions: [old, current], pods: [...pods(current, crashing), ...pods(old, crashing)]}),
      'read why: kubectl logs web-7bfb4bc78d-0 -c web -n shop --previous',
    ],
    [
      'not where the template is not to blame',
      situation(web(), {revisions: [old, current], pods: pods(current, {phase: 'Failed', reason: 'Evicted', containers: []})}),
      'kubectl describe node node-1',
    ],
    [
      'where the name of a registry may be mistyped',
      rollout(unreachable),
      'check the name gone.example, and whether the nodes can resolve it, or go back:  kops rollout undo deploy/web -n shop',
    ],
    [
      'not where a registry is silent',
      rollout({image: 'gone.example/web:1', waiting: {reason: 'ErrImagePull', message: 'dial tcp 192.0.2.1:443: i/o timeout'}}),
      'check the way from the nodes (node-1) to gone.example',
    ],
    [
      'not where a node is to blame',
      rollout({containers: [{}], deletedAt: ago(60)} as PodState),
      'only if that node is gone for good: kubectl delete pod web-7bfb4bc78d-0 -n shop --grace-period=0 --force',
    ],
    ['where nothing else is known to help', rollout(unready), 'go back:  kops rollout undo deploy/web -n shop'],
  ])('%s', (_case, at, expected) => {
    expect(hint(at)).toBe(expected);
  });
});

test('of two causes alike the older comes first', () => {
  const since = (exitCode: number, seconds: number) => ({...crashing, last: {exitCode, finishedAt: ago(seconds)}});
  const messages = (...states: ContainerState[]) => diagnose(rollout(...states), NOW).map(({message}) => message);
  expect(messages(since(1, 10), since(2, 90))[0]).toContain('code 2');
  expect(messages(since(1, 90), since(2, 10))[0]).toContain('code 1');
});

describe('pods that were never made', () => {
  const refused = (why: string, state: Parameters<typeof replicaSet>[0] = {}) =>
    replicaSet({
      hash: '7bfb4bc78d',
      revision: 5,
      replicas: 3,
      total: 0,
      conditions: [
        {
          type: 'ReplicaFailure',
          reason: 'FailedCreate',
          message: `pods "web-7bfb4bc78d-x" is forbidden: ${why}`,
          lastUpdateTime: ago(20),
        },
      ],
      ...state,
    });
  const quota = 'exceeded quota: q, requested: pods=1, used: pods=3, limited: pods=3';
  const mayLoseOne = {strategy: {type: 'RollingUpdate', rollingUpdate: {maxSurge: 1, maxUnavailable: 1}}};
  const keepsAll = {strategy: {type: 'RollingUpdate', rollingUpdate: {maxSurge: 1, maxUnavailable: 0}}};

  test('are explained by what their ReplicaSet says', () => {
    const at = situation(deployment({updated: 0, total: 0}), {
      revisions: [refused('violates PodSecurity "restricted:latest": runAsNonRoot != true')],
    });
    expect(diagnose(at, NOW)).toMatchObject([
      {reason: 'PodSecurityViolation', object: 'replicaset/web-7bfb4bc78d', doomed: true, pods: 0, since: ago(20)},
    ]);
  });

  test.each([
    [
      'while old pods will still be removed: not yet',
      mayLoseOne,
      [replicaSet({hash: '68cdd476b5', revision: 4, replicas: 3})],
      [],
      false,
    ],
    ['when the strategy keeps all old pods', keepsAll, [replicaSet({hash: '68cdd476b5', revision: 4, replicas: 3})], [], true],
    ['when there is no old pod', {}, [], [], true],
    ['while a pod is terminating: not yet', {}, [], [pod({deletedAt: ago(-5)})], false],
  ])('a quota without room dooms it %s', (_case, state, before, pods, doomed) => {
    const replicas = before.length > 0 ? 1 : 3;
    const at = situation(deployment({updated: 0, total: 3, ...state}), {
      revisions: [...before, refused(quota, {replicas})],
      pods,
    });
    expect(shown(at)).toEqual([{reason: 'QuotaExceeded', object: 'replicaset/web-7bfb4bc78d', pods: 0, doomed}]);
  });

  test.each([
    ['where the template brought it', 'violates PodSecurity "restricted:latest": runAsNonRoot != true', true],
    ['where the quota may have been used up by others too', quota, true],
    [
      'not where the namespace is on its way out',
      'unable to create new content in namespace shop because it is being terminated',
      false,
    ],
  ])('going back is proposed %s', (_case, why, proposed) => {
    const at = situation(deployment({updated: 0, total: 3}), {revisions: [old, refused(why)]});
    expect(diagnose(at, NOW)[0]?.hint?.includes('kops rollout undo') ?? false).toBe(proposed);
  });

  test('a quota is not blamed on the first refusal alone', () => {
    const fresh = {
      type: 'ReplicaFailure',
      reason: 'FailedCreate',
      message: `pods "x" is forbidden: ${quota}`,
      lastUpdateTime: ago(1),
    };
    const set = refused(quota, {conditions: [fresh]});
    const failed = (count: number) =>
      event(set, {reason: 'FailedCreate', message: `Error creating: pods "x" is forbidden: ${quota}`, count, last: 1});
    const doomed = (count: number) => shown(situation(deployment(), {revisions: [set], events: [failed(count)]}))[0]?.doomed;
    expect([doomed(1), doomed(3)]).toEqual([false, true]);
  });

  test('the last refusal counts, not the one that the condition was made of', () => {
    const set = refused(quota);
    const last = event(set, {
      reason: 'FailedCreate',
      message: 'Error creating: admission webhook "p.example" denied the request: no',
      last: 1,
    });
    expect(shown(situation(deployment(), {revisions: [set], events: [last]}))[0]?.reason).toBe('AdmissionDenied');
  });

  test('an old ReplicaSet that cannot make its pods dooms nothing', () => {
    const broken = refused('exceeded quota: q, requested: pods=5, used: pods=0, limited: pods=3', {
      hash: '68cdd476b5',
      revision: 4,
    });
    expect(shown(situation(web(), {revisions: [broken, current]}))).toMatchObject([{reason: 'QuotaExceeded', doomed: false}]);
  });

  test('not even a ReplicaSet was made', () => {
    const condition = {
      status: 'False',
      reason: 'ReplicaSetCreateError',
      message:
        'replicasets.apps "web-1" is forbidden: exceeded quota: q, requested: count/replicasets.apps=1, used: count/replicasets.apps=9, limited: count/replicasets.apps=9',
    };
    const at = situation(deployment({updated: 0, total: 0, conditions: [condition]}));
    expect(shown(at)).toEqual([{reason: 'QuotaExceeded', object: 'deployment/web', pods: 0, doomed: true}]);
  });
});

describe('somebody holds it up', () => {
  test('a paused Deployment with a pending change', () => {
    const at = situation(
      web({
        paused: true,
        updated: 0,
        conditions: [{type: 'Available', reason: 'x', lastUpdateTime: ago(9)}, {reason: 'DeploymentPaused'}],
      }),
      {revisions: [old, current]},
    );
    expect(diagnose(at, NOW)).toMatchObject([
      {
        reason: 'Paused',
        since: ago(30),
        object: 'deployment/web',
        message: 'paused with a change that is not rolled out',
        hint: 'kops rollout resume deploy/web -n shop',
        doomed: false,
      },
    ]);
  });

  test('not one that has nothing to roll out', () => {
    expect(diagnose(situation(deployment({paused: true}), {revisions: [current]}), NOW)).toEqual([]);
  });

  test('but a broken pod comes first', () => {
    const at = situation(web({paused: true}), {revisions: [old, current], pods: pods(current, crashing)});
    expect(shown(at).map(({reason}) => reason)).toEqual(['CrashLoopBackOff', 'Paused']);
  });

  test('a controller that has not looked at the change for long does not run', () => {
    const unseen = (seconds: number) => {
      const workload = web({generation: 2, observedGeneration: 1});
      const managedFields = [
        {manager: 'kubectl', time: ago(seconds)},
        {manager: 'kube-controller-manager', subresource: 'status', time: ago(1)},
      ];
      return shown(situation({...workload, metadata: {...workload.metadata, managedFields}}));
    };
    expect(unseen(3)).toEqual([]);
    expect(unseen(60)).toMatchObject([{reason: 'ControllerNotRunning', doomed: false}]);
  });
});

test('a paused Deployment that is scaled to nothing has nothing to roll out', () => {
  const workload = deployment({paused: true, desired: 0, updated: 0, total: 0});
  expect(diagnose(situation(workload), NOW)).toEqual([]);
});

describe('a deadline that has passed', () => {
  const exceeded = {
    status: 'False',
    reason: 'ProgressDeadlineExceeded',
    message: 'ReplicaSet "web-7bfb4bc78d" has timed out progressing.',
    lastUpdateTime: ago(30),
  };
  const late = (...states: ContainerState[]) =>
    situation(web({conditions: [exceeded]}), {revisions: [old, current], pods: pods(current, ...states)});

  test('is the cause where there is no other', () => {
    expect(diagnose(late({running: 2, ready: false}, {}), NOW)).toMatchObject([
      {
        reason: 'ProgressDeadlineExceeded',
        object: 'deployment/web',
        message: 'no progress within 600s: 1 of its new pods is not ready',
        doomed: true,
        pods: 1,
        since: ago(30),
      },
    ]);
  });

  test('is none of a change that the controller has not seen', () => {
    const workload = web({conditions: [exceeded], generation: 2, observedGeneration: 1});
    expect(diagnose(situation(workload, {revisions: [old, current]}), NOW)).toEqual([]);
  });

  test('is none where something is known to be wrong', () => {
    expect(shown(late(unready)).map(({reason}) => reason)).toEqual(['NotReady']);
  });
});

test('what anybody can write into a pod is told without control characters', () => {
  const image = 'web:\x1b[31m9';
  const [cause] = diagnose(rollout({image, waiting: {reason: 'ErrImagePull', message: 'not found'}}), NOW);
  expect(cause?.message).toBe('web:␛[31m9: not found');
});

describe('the log of a container that ended', () => {
  const requests = (at: Situation) =>
    logRequests(diagnose(at, NOW), at).map(({pod, query}) => [pod.name, query.container, query.previous]);

  test.each<[string, ContainerState, boolean]>([
    ['waits: its last run', crashing, true],
    ['has just ended: this run', {terminated: {exitCode: 1}, restarts: 4}, false],
    ['runs again: its last run', {running: 1, restarts: 4, last: {exitCode: 1, startedAt: ago(40), finishedAt: ago(30)}}, true],
  ])('while it %s', (_case, container, previous) => {
    expect(requests(rollout(container))).toEqual([['web-7bfb4bc78d-0', 'web', previous]]);
  });

  test.each<[string, ContainerState]>([
    ['could not be pulled', notFound],
    ['is not ready', unready],
    [
      'never started',
      {terminated: {exitCode: 128, reason: 'StartError', message: 'exec: "x": executable file not found in $PATH'}},
    ],
    ['left nothing behind', {waiting: {reason: 'CrashLoopBackOff'}, restarts: 3}],
  ])('is not asked for where the container %s', (_case, container) => {
    expect(requests(rollout(container))).toEqual([]);
  });

  test('is read for the three likeliest causes at most', () => {
    const states = [1, 2, 3, 4, 5].map((exitCode) => ({...crashing, last: {exitCode}}));
    expect(requests(rollout(...states))).toHaveLength(3);
  });

  test('is its termination message until the log is read', () => {
    const [cause] = diagnose(rollout({...crashing, last: {exitCode: 1, message: 'no\x1b database\nbye\n'}}), NOW);
    expect(cause?.log).toEqual(['no␛ database', 'bye']);
    expect(cause && withLog(cause, '').log).toEqual(['no␛ database', 'bye']);
    expect(cause && withLog(cause, 'panic\n').log).toEqual(['panic']);
  });

  const cause: Cause = {
    reason: 'CrashLoopBackOff',
    object: 'pod/x',
    message: '',
    hint: null,
    doomed: true,
    pods: 1,
    since: undefined,
  };
  test.each([
    [
      'its last lines',
      `${Array.from({length: 15}, (_, i) => `line ${i}`).join('\n')}\n`,
      Array.from({length: 10}, (_, i) => `line ${i + 5}`),
    ],
    ['without colours and titles', '\x1b[31mpanic:\x1b[0m \x1b]0;title\x07no database\r\n\n', ['panic: no database']],
    ['nothing that moves the cursor', 'a\x08b\tc', ['a␈b  c']],
    ['long lines cut', 'x'.repeat(300), [`${'x'.repeat(199)}…`]],
    ['nothing at all', '\n\n', undefined],
  ])('is told as %s', (_case, text, log) => {
    expect(withLog(cause, text).log).toEqual(log);
  });
});
