import {expect, test} from 'vitest';
import {probeWords} from '../../src/pods/probes.ts';
import {tallyWords} from '../../src/pods/trouble.ts';
import {findTroubles} from '../../src/pods/troubles.ts';
import {ago, type ContainerState, type EventState, event, NOW, pod} from '../support/builders.ts';

const running: ContainerState = {
  running: 30,
  ready: false,
  spec: {readinessProbe: {httpGet: {port: 8080, path: '/healthz'}, timeoutSeconds: 2}},
};

function trouble(container: ContainerState, ...events: EventState[]) {
  const subject = pod({containers: [container]});
  const about = events.map((state) => event(subject, {fieldPath: 'spec.containers{web}', ...state}));
  const [first] = findTroubles(subject, about, NOW);
  return (
    first && {
      reason: first.reason,
      message: `${first.message}${tallyWords(first.tally)}`,
      doomed: first.doomed,
      since: first.since,
    }
  );
}
const unhealthy = (message: string, state: Partial<EventState> = {}): EventState => ({reason: 'Unhealthy', message, ...state});

test.each([
  ['a status', 'HTTP probe failed with statuscode: 503', 'HTTP 503'],
  [
    'nobody listens',
    'Get "http://10.244.2.15:8080/healthz": dial tcp 10.244.2.15:8080: connect: connection refused',
    'connection refused on :8080',
  ],
  ['nobody listens, over IPv6', 'dial tcp [fd00::15]:5432: connect: connection refused', 'connection refused on :5432'],
  [
    'no answer',
    'Get "http://10.244.2.15:8080/": context deadline exceeded (Client.Timeout exceeded while awaiting headers)',
    'no answer within 2s',
  ],
  ['no way', 'dial tcp 10.244.2.15:8080: connect: no route to host', 'no route to host on :8080'],
  [
    'a command',
    "cat: can't open '/tmp/ready': No such file or directory\n",
    "cat: can't open '/tmp/ready': No such file or directory",
  ],
  ['a command that hangs', 'command timed out: "sleep 9" timed out after 2s', 'no answer within 2s'],
  ['gRPC', 'service unhealthy (responded with "NOT_SERVING")', 'service unhealthy (responded with "NOT_SERVING")'],
  [
    'gRPC, nobody listens',
    'timeout: failed to connect service "10.244.2.15:50051" within 2s: context deadline exceeded',
    'no answer within 2s',
  ],
  [
    'TLS where none is spoken',
    'Get "https://10.244.2.15:8080/": http: server gave HTTP response to HTTPS client',
    'the probe speaks TLS, the port does not (scheme: HTTP)',
  ],
  [
    'no TLS where it is spoken',
    'Get "http://10.244.2.15:8443/": malformed HTTP response "\\x15\\x03\\x01"',
    'the port speaks TLS, the probe does not (scheme: HTTPS)',
  ],
  ['a command without a word', '', 'failed without a word'],
])('a probe that fails says what it got: %s', (_case, answer, words) => {
  expect(trouble(running, unhealthy(`Readiness probe failed: ${answer}`))?.message).toBe(`web: readiness: ${words}`);
});

test('the last answer counts, all failures are counted, and the first says since when', () => {
  const found = trouble(
    running,
    unhealthy('Readiness probe failed: dial tcp 10.0.0.7:8080: connect: connection refused', {count: 2, first: 29, last: 27}),
    unhealthy('Readiness probe failed: HTTP probe failed with statuscode: 503', {count: 20, first: 25, last: 1}),
  );
  expect(found).toEqual({
    reason: 'ReadinessProbeFailed',
    message: 'web: readiness: HTTP 503 (22×)',
    doomed: false,
    since: ago(29),
  });
});

test('a container that is ready again is in no trouble', () => {
  expect(
    trouble({...running, ready: true}, unhealthy('Readiness probe failed: HTTP probe failed with statuscode: 503')),
  ).toBeUndefined();
});

test('the failure of another container is not its own', () => {
  const other = unhealthy('Readiness probe failed: HTTP probe failed with statuscode: 503', {
    fieldPath: 'spec.containers{proxy}',
  });
  expect(trouble(running, other)?.reason).toBe('NotReady');
});

test('a liveness probe that fails now is named before it has the container restarted', () => {
  const failing = unhealthy('Liveness probe failed: HTTP probe failed with statuscode: 500', {count: 2, last: 2});
  expect(trouble({...running, ready: true}, failing)).toMatchObject({
    reason: 'LivenessProbeFailed',
    message: 'web: liveness: HTTP 500 (2×)',
    doomed: false,
  });
  expect(trouble({...running, ready: true, running: 1}, failing)).toBeUndefined(); // it failed before the restart
});

test('a startup probe that has not passed yet', () => {
  const failing = unhealthy('Startup probe failed: HTTP probe failed with statuscode: 404', {count: 5});
  expect(trouble({...running, started: false}, failing)).toMatchObject({
    reason: 'StartupProbeFailed',
    message: 'web: startup: HTTP 404 (5×)',
  });
});

test.each<[string, ContainerState, string | undefined]>([
  ['just started', {...running, running: 5}, undefined],
  ['not ready for a while', running, 'web runs, but is not ready (readiness probe: GET :8080/healthz)'],
  ['given time before the first probe', {...running, spec: {readinessProbe: {initialDelaySeconds: 60}}}, undefined],
  ['without a probe', {running: 30, ready: false}, 'web runs, but is not ready'],
  ['not started for a while', {running: 30, ready: false, started: false}, 'web runs, but is not started'],
])('where no event tells: a container %s', (_case, container, message) => {
  expect(trouble(container)?.message).toBe(message);
});

test.each([
  [{httpGet: {port: 8080}}, 'GET :8080/'],
  [{httpGet: {port: 'web', path: '/healthz', scheme: 'HTTPS'}}, 'GET https :web/healthz'],
  [{tcpSocket: {port: 5432}}, 'TCP :5432'],
  [{grpc: {port: 50051, service: 'shop'}}, 'gRPC :50051 shop'],
  [{exec: {command: ['cat', '/tmp/ready']}}, 'cat /tmp/ready'],
])('a probe in words: %#', (probe, words) => {
  expect(probeWords(probe)).toBe(words);
});
