import {describe, expect, test} from 'vitest';
import {isCrashLooping} from '../../src/pods/restarts.ts';
import {tallyWords} from '../../src/pods/trouble.ts';
import {findTroubles} from '../../src/pods/troubles.ts';
import {ago, type ContainerState, type EventState, event, NOW, pod} from '../support/builders.ts';

const backOff = {waiting: {reason: 'CrashLoopBackOff', message: 'back-off 40s restarting failed container=web pod=web_shop(1)'}};

function troubles(container: ContainerState, events: EventState[] = [], role: 'app' | 'init' | 'sidecar' = 'app') {
  const own = {name: 'web', ...container, ...(role === 'sidecar' && {spec: {restartPolicy: 'Always', ...container.spec}})};
  const subject =
    role === 'app'
      ? pod({containers: [own]})
      : pod({init: [own], containers: [{name: 'main', waiting: {reason: 'PodInitializing'}}]});
  const about = events.map((state) => event(subject, {fieldPath: 'spec.containers{web}', ...state}));
  return findTroubles(subject, about, NOW);
}
const trouble = (...args: Parameters<typeof troubles>) => {
  const [first] = troubles(...args);
  return first && {reason: first.reason, message: `${first.message}${tallyWords(first.tally)}`, doomed: first.doomed};
};

describe('a container that kubelet no longer restarts at once', () => {
  test.each([
    ['an error', {exitCode: 1}, 'CrashLoopBackOff', 'web exits with code 1, 3 restarts'],
    ['an end without error', {exitCode: 0}, 'CrashLoopBackOff', 'web exits with code 0, 3 restarts'],
    ['a signal in the exit code', {exitCode: 139}, 'CrashLoopBackOff', 'web is killed by SIGSEGV (exit code 139), 3 restarts'],
    ['a signal of its own', {exitCode: 0, signal: 6}, 'CrashLoopBackOff', 'web is killed by SIGABRT (exit code 0), 3 restarts'],
    ['an exit code beyond signals', {exitCode: 255}, 'CrashLoopBackOff', 'web exits with code 255, 3 restarts'],
    [
      'out of memory',
      {exitCode: 137, reason: 'OOMKilled'},
      'OOMKilled',
      'web is OOMKilled (no limit: the node ran out of memory), 3 restarts',
    ],
  ])('after %s is doomed', (_case, last, reason, message) => {
    expect(trouble({...backOff, restarts: 3, last})).toEqual({reason, message, doomed: true});
  });

  test('names the memory limit that it ran into', () => {
    const spec = {resources: {limits: {memory: '64Mi'}}};
    expect(trouble({...backOff, restarts: 1, last: {exitCode: 137, reason: 'OOMKilled'}, spec})).toEqual({
      reason: 'OOMKilled',
      message: 'web is OOMKilled (limit 64Mi), 1 restart',
      doomed: true,
    });
  });

  test('says nothing of how it ended where kubelet has forgotten', () => {
    expect(trouble({...backOff, restarts: 3})).toMatchObject({message: 'web keeps crashing, 3 restarts', doomed: true});
  });

  test.each([
    ['init', 'init container web exits with code 3, 2 restarts'],
    ['sidecar', 'sidecar web exits with code 3, 2 restarts'],
  ] as const)('may be an %s', (role, message) => {
    expect(trouble({...backOff, restarts: 2, last: {exitCode: 3}}, [], role)).toEqual({
      reason: 'CrashLoopBackOff',
      message,
      doomed: true,
    });
  });
});

describe('between two back-offs', () => {
  const run = {startedAt: ago(44), finishedAt: ago(40)};
  test.each<[string, ContainerState, 'app' | 'init', boolean]>([
    ['ended once', {terminated: run, restarts: 0}, 'app', false],
    ['ended a second time', {terminated: run, restarts: 1}, 'app', false],
    ['ended a third time', {terminated: run, restarts: 2}, 'app', true],
    ['ended after it had run for long', {terminated: {startedAt: ago(4000), finishedAt: ago(10)}, restarts: 5}, 'app', false],
    ['an init container that got through in the end', {terminated: {...run, exitCode: 0}, restarts: 5}, 'init', false],
    ['an app that ends without error', {terminated: {...run, exitCode: 0}, restarts: 5}, 'app', true],
    ['runs again, not yet as long as before', {running: 3, last: run, restarts: 2}, 'app', true],
    ['runs for longer than before', {running: 20, last: run, restarts: 2}, 'app', false],
    ['runs for the second time', {running: 3, last: run, restarts: 1}, 'app', false],
    ['runs again after a long run', {running: 3, last: {startedAt: ago(4000), finishedAt: ago(10)}, restarts: 2}, 'app', false],
    ['runs, and our clock is far behind', {running: -300, last: run, restarts: 2}, 'app', false],
    ['never got to run', {terminated: {startedAt: '1970-01-01T00:00:00Z', finishedAt: ago(3)}, restarts: 2}, 'app', true],
  ])('a container that %s', (_case, container, role, looping) => {
    const status = pod({containers: [container]}).status?.containerStatuses?.[0] ?? {};
    expect(isCrashLooping({name: 'web', role, spec: {}, status}, NOW)).toBe(looping);
  });

  test.each<[string, ContainerState, Partial<EventState>, boolean]>([
    ['since it ended', {terminated: run, restarts: 1}, {last: 39}, true],
    ['since it ended, counted with others', {terminated: run, restarts: 1}, {first: 300, last: 39, count: 4}, true],
    ['before it ran', {terminated: run, restarts: 1}, {last: 60}, false],
    ['of another container', {terminated: run, restarts: 1}, {last: 39, fieldPath: 'spec.containers{proxy}'}, false],
    ['of its image', {terminated: run, restarts: 1}, {last: 39, message: 'Back-off pulling image "web:2.0"'}, false],
    ['while it runs again', {running: 20, restarts: 1, last: run}, {last: 39}, false],
  ])('the back-off of kubelet 1.37, whose status stays terminated: an event %s', (_case, container, state, looping) => {
    const backedOff = {reason: 'BackOff', message: 'Back-off restarting failed container web in pod web_shop(1)', ...state};
    expect(trouble(container, [backedOff])?.reason).toBe(looping ? 'CrashLoopBackOff' : 'Crashed');
    expect(trouble(container, [backedOff])?.doomed).toBe(looping);
  });

  test('a single crash is named, and no doom', () => {
    expect(trouble({running: 5, ready: false, restarts: 1, last: {exitCode: 1}})).toEqual({
      reason: 'Crashed',
      message: 'web exits with code 1, 1 restart',
      doomed: false,
    });
  });

  test.each([
    ['an hour-old crash is forgotten', {exitCode: 1, finishedAt: ago(3500)}, undefined],
    ['an hour-old out-of-memory kill is not', {exitCode: 137, reason: 'OOMKilled', finishedAt: ago(3500)}, 'OOMKilled'],
    [
      'a lost node says nothing of the container',
      {exitCode: 137, reason: 'ContainerStatusUnknown', finishedAt: ago(30)},
      undefined,
    ],
  ])('%s', (_case, last, reason) => {
    expect(trouble({running: 3400, ready: true, restarts: 1, last})?.reason).toBe(reason);
  });
});

test('what it left as its last words is kept', () => {
  const [first] = troubles({...backOff, restarts: 1, last: {exitCode: 1, message: 'no database'}});
  expect(first?.said).toBe('no database');
});

test.each([
  ['has just ended: its own log', {terminated: {exitCode: 1}}, 'read why: kubectl logs web-7bfb4bc78d-2xkq9 -c web -n shop'],
  [
    'waits: the log of before',
    {...backOff, last: {exitCode: 1}},
    'read why: kubectl logs web-7bfb4bc78d-2xkq9 -c web -n shop --previous',
  ],
  [
    'ends without error: no log will tell',
    {...backOff, last: {exitCode: 0}},
    'its process must keep running: check command and args',
  ],
])('where to read on when a container %s', (_case, container, fix) => {
  expect(troubles(container)[0]?.fix).toBe(fix);
});

test.each([
  [
    'since kubelet first backed off',
    [{reason: 'BackOff', message: 'Back-off restarting failed container web', first: 300, last: 5}],
    300,
  ],
  ['since it first failed', [{reason: 'Failed', message: 'Error: nope', first: 200, last: 5}], 200],
  ['since it last ended, where no event tells', [{reason: 'Pulled', message: 'x', first: 400}], 20],
])('a crash loop lasts %s', (_case, events, seconds) => {
  expect(troubles({...backOff, last: {exitCode: 1}}, events)[0]?.since).toBe(ago(seconds));
});

describe('a container that a probe has restarted', () => {
  const killed = {...backOff, restarts: 4, last: {exitCode: 137}};
  test.each([
    ['Liveness', 'LivenessProbeFailed', 'web is restarted because its liveness probe fails: HTTP 500, 4 restarts'],
    ['Startup', 'StartupProbeFailed', 'web is restarted because its startup probe fails: HTTP 500, 4 restarts'],
  ])('%s', (probe, reason, message) => {
    const events = [{reason: 'Unhealthy', message: `${probe} probe failed: HTTP probe failed with statuscode: 500`, count: 3}];
    expect(trouble(killed, events)).toEqual({reason, message, doomed: true});
  });

  test('but one that ended by itself did not need the probe', () => {
    const events = [{reason: 'Unhealthy', message: 'Liveness probe failed: HTTP probe failed with statuscode: 500'}];
    expect(trouble({...killed, last: {exitCode: 1}}, events)?.reason).toBe('CrashLoopBackOff');
    expect(trouble({...killed, last: {exitCode: 137, reason: 'OOMKilled'}}, events)?.reason).toBe('OOMKilled');
  });

  test('a postStart hook may have stopped it too', () => {
    const events = [{reason: 'FailedPostStartHook', message: 'PostStartHook failed'}];
    expect(trouble({...killed, last: {exitCode: 0}}, events)).toEqual({
      reason: 'PostStartHookFailed',
      message: 'web is stopped because its postStart hook fails, 4 restarts',
      doomed: true,
    });
  });
});

describe('a container that cannot start', () => {
  const runc =
    'failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error during container init: ';
  const cannot = (message: string, exitCode = 128): ContainerState => ({
    terminated: {exitCode, reason: 'StartError', message, startedAt: '1970-01-01T00:00:00Z', finishedAt: ago(1)},
  });
  test.each([
    [
      'no such command',
      cannot(`${runc}exec: "nope": executable file not found in $PATH`),
      'web cannot start: exec: "nope": executable file not found in $PATH',
      true,
    ],
    [
      'not executable',
      cannot(`${runc}exec: "/run.sh": permission denied`),
      'web cannot start: exec: "/run.sh": permission denied',
      true,
    ],
    ['built for another machine', cannot('exec /app: exec format error'), 'web cannot start: exec /app: exec format error', true],
    [
      'the runtime stumbles: it may pass',
      cannot('failed to create containerd task: context canceled'),
      'web cannot start: failed to create containerd task: context canceled',
      false,
    ],
    ['any other exit code than 128', cannot('starting failed', 127), 'web cannot start: starting failed', true],
    [
      'kubelet waits before it tries again',
      {waiting: {reason: 'RunContainerError', message: `${runc}exec: "nope": executable file not found in $PATH`}},
      'web cannot start: exec: "nope": executable file not found in $PATH',
      true,
    ],
  ])('%s', (_case, container, message, doomed) => {
    expect(trouble(container)).toEqual({reason: 'ContainerCannotRun', message, doomed});
  });

  test('again and again is doomed, whatever the runtime says', () => {
    expect(trouble({...cannot('failed to create containerd task: context canceled'), restarts: 2})?.doomed).toBe(true);
  });
});

test.each<[string, ContainerState, 'app' | 'init', string | undefined]>([
  ['an init container that got through', {terminated: {exitCode: 0}, ready: true}, 'init', undefined],
  ['an init container that has failed once', {terminated: {exitCode: 3}}, 'init', 'Crashed'],
  ['an app that has ended without error', {terminated: {exitCode: 0}}, 'app', 'Crashed'],
])('%s', (_case, container, role, reason) => {
  expect(trouble(container, [], role)?.reason).toBe(reason);
});

test.each([
  [{}, 'give it a memory limit and request'],
  [{resources: {limits: {memory: '64Mi'}}}, 'raise resources.limits.memory, or make it use less'],
])('what to do where memory runs out: %#', (spec, fix) => {
  expect(troubles({...backOff, restarts: 1, last: {exitCode: 137, reason: 'OOMKilled'}, spec})[0]?.fix).toBe(fix);
});

test('a pod that has done its work is in no trouble', () => {
  expect(findTroubles(pod({phase: 'Succeeded', containers: [{terminated: {exitCode: 0}}]}), [], NOW)).toEqual([]);
});

test('a healthy pod is in no trouble', () => {
  expect(troubles({})).toEqual([]);
});
