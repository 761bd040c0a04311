import {ExitCode, Problem} from '../../problem.ts';
import {LabApi} from '../embedded/api.ts';
import {until} from '../until.ts';

/** Milliseconds. */
const TIMEOUT = 180_000;
const SERVICE_ACCOUNT = '/api/v1/namespaces/default/serviceaccounts/default';

/** What is known of a cluster once it answers. */
export interface Usable {
  /** `v1.37.2` */
  readonly version: string;
  /** URL. */
  readonly server: string;
}

interface NodeList {
  items: {status?: {conditions?: {type: string; status: string}[]}}[];
}

/**
 * Resolves once every node is Ready and pods can be made in the namespace `default`: its service account comes a little later than
 * the nodes. `kubeconfig`: YAML.
 */
export async function waitUntilUsable(
  kubeconfig: string,
  nodes: number,
  detail: (text: string) => void,
  signal: AbortSignal,
): Promise<Usable> {
  await using api = new LabApi(kubeconfig);
  const server = api.servers[0] ?? '';
  const version = await until(
    async () => {
      const ready = readyIn((await api.get('/api/v1/nodes', signal)).body);
      detail(`${ready} of ${nodes} nodes ready`);
      if (ready < nodes || (await api.get(SERVICE_ACCOUNT, signal)).status !== 200) return undefined;
      const {status, body} = await api.get('/version', signal);
      return status === 200 ? (JSON.parse(body) as {gitVersion: string}).gitVersion : undefined;
    },
    {timeout: TIMEOUT, signal},
  );
  if (version !== undefined) return {version, server};
  throw new Problem('the cluster did not become usable', {
    why: `not every node was ready after ${TIMEOUT / 1000} s`,
    next: 'more memory and disk for the Docker engine, or fewer nodes',
    exitCode: ExitCode.unfinished,
  });
}

function readyIn(body: string): number {
  try {
    const {items} = JSON.parse(body) as NodeList;
    return items.filter(({status}) => status?.conditions?.some((c) => c.type === 'Ready' && c.status === 'True')).length;
  } catch {
    return 0; // no answer, or not of an API server yet
  }
}
