import type {Api} from '../kube/api.ts';
import {parseObject} from '../kube/json.ts';
import {ExitCode, Problem} from '../problem.ts';
import {enumerate} from '../text/enumerate.ts';
import {counted} from '../text/plural.ts';
import {CONTROL_PLANE_LABEL} from './managed.ts';
import type {Server} from './transaction/servers.ts';

/** Every API server keeps one, and renews it every ten seconds. Source: KEP-1965, pkg/controlplane/instance.go of Kubernetes. */
const IDENTITY_LEASES =
  '/apis/coordination.k8s.io/v1/namespaces/kube-system/leases?labelSelector=apiserver.kubernetes.io%2Fidentity%3Dkube-apiserver';
/** Milliseconds for which a server that is gone may be taken for one that runs. */
const RENEWED = 60_000;

const LABEL_IT = `label its node as a control plane: kubectl label node NAME ${CONTROL_PLANE_LABEL}=; nothing was changed`;
const STOP_IT =
  'stop that API server until kops encrypt-at-rest resume is done, then kops encrypt-at-rest sync NODE before it starts again';

interface Lease {
  readonly metadata?: {readonly labels?: Readonly<Record<string, string>>};
  readonly spec?: {readonly renewTime?: string};
}

interface Refusal {
  /** What to do about one; default: of a change that has not begun. */
  readonly next?: string;
  /** Whether it is refused too where the user may not list Leases. Default: that is left to the label. */
  readonly mustTell?: boolean;
}

/**
 * Rejects where an API server runs on a machine that is none of these nodes. Where there are no Leases nobody can tell; nor where nodes are
 * simulated, and all have the name of this machine.
 */
export async function refuseUnknownServers(
  servers: readonly Server[],
  api: Api,
  signal: AbortSignal,
  {next = LABEL_IT, mustTell = false}: Refusal = {},
): Promise<void> {
  if (servers.some(({node}) => node.root !== '')) return;
  const {status, body} = await api.send({method: 'GET', path: IDENTITY_LEASES}, signal);
  if (status !== 200 && mustTell) {
    throw new Problem('nobody can tell where API servers run', {
      why: `their Leases in kube-system could not be listed: ${status}`,
      next: 'use a context that may list leases in kube-system; nothing was changed',
      exitCode: status === 403 ? ExitCode.noAccess : ExitCode.negative,
    });
  }
  if (status !== 200) return;
  const {items} = (parseObject(body.toString('utf8')) ?? {}) as {items?: readonly Lease[] | null};
  const live = hostsOf(items ?? []);
  if (live.length === 0) return;
  const known = new Set((await Promise.all(servers.map((server) => hostOf(server, signal)))).map((host) => host.toLowerCase()));
  const unknown = live.filter((host) => !known.has(host.toLowerCase()));
  if (unknown.length === 0) return;
  throw new Problem(`kops does not know of the API ${unknown.length === 1 ? 'server' : 'servers'} on ${enumerate(unknown)}`, {
    why: [
      `the cluster has ${counted(live.length, 'API server')} (their Leases in kube-system), and kops found ${enumerate(servers.map(({name}) => name))};`,
      'all must be changed together: one that is left out goes on writing as before, and cannot read what the others write',
    ].join(' '),
    next: `one that was just removed is forgotten after a minute; ${next}`,
    exitCode: ExitCode.negative,
  });
}

/** As `refuseUnknownServers`, of a change that is under way: it cannot take in another server. */
export const refuseNewServers = (servers: readonly Server[], api: Api, signal: AbortSignal): Promise<void> =>
  refuseUnknownServers(servers, api, signal, {next: STOP_IT});

/** Of the live ones, sorted. The newest renewal says what time it is: the clock of this machine may be another one. */
function hostsOf(leases: readonly Lease[]): string[] {
  const renewed = leases.flatMap(({metadata, spec}) => {
    const host = metadata?.labels?.['kubernetes.io/hostname'];
    const at = Date.parse(spec?.renewTime ?? '');
    return host === undefined || Number.isNaN(at) ? [] : [{host, at}];
  });
  const newest = Math.max(...renewed.map(({at}) => at));
  return [...new Set(renewed.flatMap(({host, at}) => (newest - at <= RENEWED ? host : [])))].sort();
}

/** What the kernel calls the machine: the name that its API server has, whatever the cluster calls the node. */
async function hostOf({name, node}: Server, signal: AbortSignal): Promise<string> {
  const {code, stdout} = await node.run('uname -n', [], {}, signal);
  return code === 0 ? stdout.toString('utf8').trim() : name;
}
