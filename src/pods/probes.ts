import {countOf, earliest, firstOf, isAbout, lastTime, latest, messageOf} from './events.ts';
import {type ContainerSpec, containerWords, elapsed, oneLine, type PodContainer, type PodEvent} from './pod.ts';
import type {Trouble} from './trouble.ts';

export type ProbeName = 'readiness' | 'liveness' | 'startup';
type Probe = NonNullable<ContainerSpec['readinessProbe']>;

/** How long a container that fails no probe may take to be ready before it is worth a word. */
const PATIENCE_MS = 10_000;

/** Whether an event says that a probe failed: `Readiness probe failed: …`, `Readiness probe errored …`. */
export const isProbeFailure = (event: PodEvent, probe: 'Readiness' | 'Liveness' | 'Startup'): boolean =>
  event.reason === 'Unhealthy' && messageOf(event).startsWith(`${probe} probe`);

/** Which probe keeps a running container from being ready, or is about to have it restarted. */
export function probeTrouble(container: PodContainer, events: readonly PodEvent[], now: number): Trouble | undefined {
  const {state, started, ready} = container.status;
  if (state?.running === undefined || container.role === 'init') return undefined;
  const about = events.filter((event) => isAbout(event, container.name));
  if (started === false) return failing(container, 'startup', about) ?? unready(container, 'startup', now);
  if (ready)
    return failing(
      container,
      'liveness',
      about.filter((event) => lastTime(event) >= startOf(container)),
    );
  return failing(container, 'readiness', about) ?? unready(container, 'readiness', now);
}

const startOf = ({status}: PodContainer): number => Date.parse(status.state?.running?.startedAt ?? '') || 0;

const EVENT_WORD = {readiness: 'Readiness', liveness: 'Liveness', startup: 'Startup'} as const;
const REASON = {readiness: 'ReadinessProbeFailed', liveness: 'LivenessProbeFailed', startup: 'StartupProbeFailed'} as const;

function failing(container: PodContainer, probe: ProbeName, events: readonly PodEvent[]): Trouble | undefined {
  const failures = events.filter((event) => isProbeFailure(event, EVENT_WORD[probe]));
  const last = latest(failures);
  if (last === undefined) return undefined;
  return {
    reason: REASON[probe],
    container: container.name,
    message: `${containerWords(container)}: ${probe}: ${answerWords(last, container, probe)}`,
    doomed: false,
    since: earliest(failures.map(firstOf)),
    tally: {count: failures.reduce((sum, event) => sum + countOf(event), 0), unit: 'times'},
    fix: 'fix the probe, or what it asks',
    ofTemplate: true,
  };
}

/** For where no event tells: they are forgotten after an hour, and not every user may read them. */
function unready(container: PodContainer, probe: ProbeName, now: number): Trouble | undefined {
  const spec = probeOf(container, probe);
  const running = elapsed(container.status.state?.running?.startedAt, now) ?? 0;
  if (running < (spec?.initialDelaySeconds ?? 0) * 1000 + PATIENCE_MS) return undefined;
  const asked = spec === undefined ? '' : ` (${probe} probe: ${probeWords(spec)})`;
  return {
    reason: probe === 'startup' ? 'NotStarted' : 'NotReady',
    container: container.name,
    message: `${containerWords(container)} runs, but is not ${probe === 'startup' ? 'started' : 'ready'}${asked}`,
    doomed: false,
    since: container.status.state?.running?.startedAt,
    fix: undefined,
    ofTemplate: true,
  };
}

const probeOf = ({spec}: PodContainer, probe: ProbeName): Probe | undefined => spec[`${probe}Probe`] ?? undefined;

/** `GET :8080/healthz`, `TCP :5432`, `gRPC :50051`, `cat /tmp/ready`. */
export function probeWords({httpGet, tcpSocket, grpc, exec}: Probe): string {
  if (httpGet) return `GET ${httpGet.scheme === 'HTTPS' ? 'https ' : ''}:${httpGet.port ?? ''}${httpGet.path ?? '/'}`;
  if (tcpSocket) return `TCP :${tcpSocket.port ?? ''}`;
  if (grpc) return `gRPC :${grpc.port ?? ''}${grpc.service ? ` ${grpc.service}` : ''}`;
  return oneLine((exec?.command ?? []).join(' '), 60);
}

/** What a probe got for an answer, without the pod's address: `HTTP 503`, `connection refused on :8080`, `no answer within 1s`. */
export function answerWords(event: PodEvent, container: PodContainer, probe: ProbeName): string {
  const answer = messageOf(event)
    .replace(/^\w+ probe (?:failed|errored and resulted in unknown state|errored): ?/, '')
    .trim();
  const status = /statuscode: (\d+)/.exec(answer)?.[1];
  if (status !== undefined) return `HTTP ${status}`;
  const timeout = `no answer within ${probeOf(container, probe)?.timeoutSeconds ?? 1}s`;
  if (/context deadline exceeded|Client\.Timeout|i\/o timeout|timed out/i.test(answer)) return timeout;
  const port = /dial tcp (?:\[[^\]]*\]|[^:\s]*):(\d+)/.exec(answer)?.[1];
  const network = /connection refused|no route to host|connection reset|network is unreachable/i.exec(answer)?.[0];
  if (network !== undefined) return port === undefined ? network : `${network} on :${port}`;
  if (/malformed HTTP response|HTTP request to an HTTPS server/.test(answer))
    return 'the port speaks TLS, the probe does not (scheme: HTTPS)';
  if (/server gave HTTP response to HTTPS client/.test(answer)) return 'the probe speaks TLS, the port does not (scheme: HTTP)';
  const said = oneLine(answer.replace(/^Get "[^"]*": /, ''), 120);
  return said === '' ? 'failed without a word' : said;
}
