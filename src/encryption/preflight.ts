import {statfs} from 'node:fs/promises';
import {dirname} from 'node:path';
import {ExitCode, Problem} from '../problem.ts';
import {bytes} from '../text/bytes.ts';
import {enumerate} from '../text/enumerate.ts';
import type {ControlPlane, RunningServer} from './control-plane.ts';
import type {Draft} from './transaction/prepare.ts';
import {ask, type Server} from './transaction/servers.ts';
import {refuseUnknownServers} from './unknown-servers.ts';

/** Bytes that must be free on a node: backups and configurations are a few KB, and a full disk would stop the guard too. */
const FREE_ON_NODE = 32 * 1024 * 1024;

/** What a change of the encryption asks of the API, beyond reading. */
const RIGHTS = [
  {verb: 'list', group: '', resource: 'secrets'},
  {verb: 'create', group: '', resource: 'secrets', namespace: 'kube-system'},
  {verb: 'delete', group: '', resource: 'secrets', namespace: 'kube-system'},
  {verb: 'update', group: '', resource: 'secrets'},
  {verb: 'patch', group: '', resource: 'configmaps', namespace: 'kube-system'},
] as const;

/** Rejects where something is wrong before anything was touched: a change must not begin on a control plane that is not well. */
export async function preflight(
  plane: ControlPlane,
  {servers, socketsOnNodes}: Pick<Draft, 'servers' | 'socketsOnNodes'>,
  snapshot: string | undefined,
  signal: AbortSignal,
): Promise<void> {
  await checkEtcd(plane, snapshot, signal);
  await Promise.all(servers.map((server) => checkSockets(server, socketsOnNodes.get(server.name) ?? [], signal)));
  await checkServers(servers, signal);
  await refuseUnknownServers(servers, signal);
  await Promise.all(servers.map((server) => checkDisk(server, signal)));
  await checkRights(servers, signal);
}

async function checkEtcd({etcd}: ControlPlane, snapshot: string | undefined, signal: AbortSignal): Promise<void> {
  const members = await etcd.members(signal);
  const ill = members.filter(({errors}) => errors.length > 0);
  if (ill.length > 0) {
    throw new Problem(`etcd is not healthy: ${enumerate(ill.map(({name, id}) => name || id))}`, {
      why: ill.flatMap(({errors}) => errors).join('\n'),
      next: 'mend etcd first; nothing was changed',
      exitCode: ExitCode.negative,
    });
  }
  if (snapshot === undefined) return;
  const needed = Math.max(...members.map(({dbSize}) => dbSize));
  const {bavail, bsize} = await statfs(dirname(snapshot));
  if (bavail * bsize > needed) return;
  throw new Problem(`no room for the etcd snapshot ${snapshot}`, {
    why: `the database has ${bytes(needed)}, and ${bytes(bavail * bsize)} are free there`,
    next: 'name another place: --snapshot-file FILE',
    exitCode: ExitCode.negative,
  });
}

/** A folder that stands for a node (`root`) may belong to an API server that sees this machine's own sockets. */
async function checkSockets({name, node}: Server, sockets: readonly string[], signal: AbortSignal): Promise<void> {
  for (const socket of sockets) {
    const {code} = await node.run('[ -S "$1$2" ] || [ -S "$2" ]', [node.root, socket], {}, signal);
    if (code === 0) continue;
    throw new Problem(`${name} has no KMS plugin at ${socket}`, {
      why: 'there is no such socket, and an API server is not ready without the plugin behind it',
      next: 'the KMS plugin must run on every control-plane node first; nothing was changed',
      exitCode: ExitCode.negative,
    });
  }
}

async function checkServers(servers: readonly Server[], signal: AbortSignal): Promise<void> {
  const answers = await Promise.all(servers.map(async (server) => ({name: server.name, running: await ask(server, signal)})));
  const denied = answers.flatMap(({running}) => running.denied ?? []);
  if (denied.length > 0) throw lacking(denied);
  const ill = answers.flatMap(({name, running}) => {
    const trouble = illness(running);
    return trouble === undefined ? [] : [{name, trouble}];
  });
  if (ill.length === 0) return;
  throw new Problem(`the API server on ${enumerate(ill.map(({name}) => name))} is not well`, {
    why: ill.map(({name, trouble}) => `${name}: ${trouble}`).join('\n'),
    next: 'mend that first; nothing was changed',
    exitCode: ExitCode.negative,
  });
}

function illness({listsSecrets, startTime, notReady, why}: RunningServer): string | undefined {
  if (!listsSecrets || startTime === undefined) return why ?? 'it does not tell its metrics';
  if (notReady.length === 0) return undefined;
  const hint = notReady.includes('kms-providers') ? ': the KMS plugin does not answer it' : '';
  return `it is not ready: ${enumerate(notReady)}${hint}`;
}

async function checkDisk({name, node}: Server, signal: AbortSignal): Promise<void> {
  const {code, stdout} = await node.run('df -Pk "$1/etc/kubernetes" | tail -n 1', [node.root], {}, signal);
  const free = Number(stdout.toString('utf8').trim().split(/\s+/)[3]) * 1024;
  if (code !== 0 || Number.isNaN(free) || free > FREE_ON_NODE) return;
  throw new Problem(`the disk of ${name} is full`, {
    why: `${bytes(free)} are free below /etc/kubernetes`,
    next: 'make room there; nothing was changed',
    exitCode: ExitCode.negative,
  });
}

async function checkRights(servers: readonly Server[], signal: AbortSignal): Promise<void> {
  const [server] = servers;
  if (server === undefined) return;
  const denied: string[] = [];
  for (const {verb, resource, ...where} of RIGHTS) {
    const resourceAttributes = {verb, resource, ...where};
    const body = {apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectAccessReview', spec: {resourceAttributes}};
    const path = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';
    const request = {method: 'POST', path, body: Buffer.from(JSON.stringify(body)), contentType: 'application/json'} as const;
    const {status, body: answer} = await server.api.send(request, signal);
    const {allowed} = (status === 201 ? JSON.parse(answer.toString('utf8')).status : {}) as {allowed?: boolean};
    if (allowed !== true)
      denied.push(`${verb} ${resource}${'namespace' in where ? ` in namespace ${where.namespace}` : ' in all namespaces'}`);
  }
  if (denied.length > 0) throw lacking(denied);
}

const lacking = (denied: readonly string[]): Problem =>
  new Problem('you may not do all that this change needs', {
    why: `denied: ${enumerate([...new Set(denied)])}`,
    next: 'use a context of the cluster-admin; nothing was changed',
    exitCode: ExitCode.noAccess,
  });
