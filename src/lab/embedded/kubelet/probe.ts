import {request as requestHttp} from 'node:http';
import {request as requestHttps} from 'node:https';
import type {V1Container, V1HTTPGetAction} from '@kubernetes/client-node';
import type {Json} from '../../../kube/json.ts';

export interface Probe {
  /** Asks once: any answer from 200 to 399 is a yes. Never rejects. */
  ask(signal: AbortSignal): Promise<boolean>;
  /** Milliseconds between two questions. */
  readonly period: number;
  /** How many failures in a row make a ready container one that is not. */
  readonly failures: number;
  /** A startup probe is not asked again once it said yes. */
  readonly once: boolean;
}

/**
 * What says that a container is ready: its readiness probe, else its startup probe; undefined where it has none by HTTP. The delay before
 * the first question, 10 s in kubeadm's manifests, is left out, and a liveness probe ends nothing: both only cost time in a lab.
 */
export function probeOf({readinessProbe, startupProbe, ports = []}: Json<V1Container>): Probe | undefined {
  const probe = readinessProbe ?? startupProbe;
  if (!probe?.httpGet) return undefined;
  const {httpGet, timeoutSeconds = 1, periodSeconds = 10, failureThreshold = 3} = probe;
  const port = ports.find(({name}) => name === httpGet.port)?.containerPort ?? Number(httpGet.port);
  return {
    ask: (signal) => ask(httpGet, port, AbortSignal.any([signal, AbortSignal.timeout(timeoutSeconds * 1000)])),
    period: readinessProbe ? periodSeconds * 1000 : 1000,
    failures: failureThreshold,
    once: readinessProbe === undefined,
  };
}

function ask(
  {host = '127.0.0.1', path = '/', scheme}: Json<V1HTTPGetAction>,
  port: number,
  signal: AbortSignal,
): Promise<boolean> {
  return new Promise((resolve) => {
    const options = {host, port, path, signal, agent: false, headers: {'user-agent': 'kube-probe'}};
    // A kubelet takes any certificate here.
    const asked = scheme === 'HTTPS' ? requestHttps({...options, rejectUnauthorized: false}) : requestHttp(options);
    asked.on('response', (response) => {
      const {statusCode = 0} = response.resume();
      resolve(statusCode >= 200 && statusCode < 400);
    });
    asked.on('error', () => resolve(false));
    asked.end();
  });
}
