import {statfs} from 'node:fs/promises';
import {dirname} from 'node:path';
import type {EtcdMember} from '../etcd/etcd.ts';
import {parseObject} from '../kube/json.ts';
import {ExitCode, Problem} from '../problem.ts';
import {bytes as sized} from '../text/bytes.ts';
import {enumerate} from '../text/enumerate.ts';
import type {PreparedChange} from './change.ts';
import {groupResource} from './configuration/coverage.ts';
import type {ControlPlane, RunningServer} from './control-plane.ts';
import {refuseWithoutRoom} from './etcd-room.ts';
import {stackedMembers} from './stacked-etcd.ts';
import {CANARY_NAMESPACE, canaryKindOf, tryAdmission} from './transaction/canary.ts';
import type {Draft} from './transaction/prepare.ts';
import type {Transaction} from './transaction/record.ts';
import {ask, type Server} from './transaction/servers.ts';
import {refuseUnknownServers} from './unknown-servers.ts';

/** Bytes that must be free on a node: backups and configurations are a few KB, and a full disk would stop the guard too. */
const FREE_ON_NODE = 32 * 1024 * 1024;

interface Right {
  readonly verb: 'get' | 'list' | 'create' | 'update' | 'patch' | 'delete';
  /** As RBAC has it: `widgets.example.com` in two parts. */
  readonly group: string;
  readonly resource: string;
  /** Undefined: in all namespaces. */
  readonly namespace?: string;
}

/** What a change of the encryption asks of the API: to look at each server, to write the canary, to rewrite, to tell kubeadm. */
function rightsFor({resources, rewrite}: Pick<Transaction, 'resources' | 'rewrite'>, editsKubeadm: boolean): Right[] {
  const canary = canaryKindOf(resources);
  const rewritten = rewrite ? resources : [];
  const all: Right[] = [
    ...(['get', 'list'] as const).map((verb) => ({verb, group: '', resource: 'secrets'})),
    ...(['create', 'get', 'delete'] as const).flatMap((verb) =>
      canary ? [{verb, group: '', resource: canary, namespace: CANARY_NAMESPACE}] : [],
    ),
    ...rewritten.flatMap((name) => (['get', 'list', 'update'] as const).map((verb) => ({verb, ...groupResource(name)}))),
    ...(editsKubeadm ? [{verb: 'patch', group: '', resource: 'configmaps', namespace: 'kube-system'} as const] : []),
  ];
  return [...new Map(all.map((right) => [wordsOf(right), right])).values()];
}

const wordsOf = ({verb, group, resource, namespace}: Right): string =>
  `${verb} ${resource}${group && `.${group}`} in ${namespace === undefined ? 'all namespaces' : `namespace ${namespace}`}`;

/** Rejects where something is wrong before anything was touched: a change must not begin on a control plane that is not well. */
export async function preflight(
  plane: ControlPlane,
  {
    servers,
    socketsOnNodes,
    transaction,
  }: Pick<Draft, 'servers' | 'socketsOnNodes'> & {
    readonly transaction: Pick<Transaction, 'resources' | 'rewrite'>;
  },
  {snapshot, editsKubeadm, bytes}: Pick<PreparedChange, 'snapshot' | 'editsKubeadm' | 'bytes'>,
  signal: AbortSignal,
): Promise<void> {
  const members = await healthyMembers(plane, signal);
  refuseWithoutRoom(members, await stackedMembers(plane.nodes, signal), bytes);
  await checkRoomForSnapshot(members, snapshot);
  await requireSockets({servers, socketsOnNodes}, signal);
  await checkServers(servers, signal);
  for (const {api} of servers.slice(0, 1)) await refuseUnknownServers(servers, api, signal);
  await Promise.all(servers.map((server) => checkDisk(server, signal)));
  await checkRights(servers, rightsFor(transaction, editsKubeadm), signal);
  const canary = canaryKindOf(transaction.resources);
  if (canary !== undefined) await tryAdmission(servers, canary, signal);
}

async function healthyMembers({etcd}: ControlPlane, signal: AbortSignal): Promise<EtcdMember[]> {
  const members = await etcd.members(signal);
  const ill = members.filter(({errors}) => errors.length > 0);
  if (ill.length > 0) {
    throw new Problem(`etcd is not healthy: ${enumerate(ill.map(({name, id}) => name || id))}`, {
      why: ill.flatMap(({errors}) => errors).join('\n'),
      next: 'mend etcd first; nothing was changed',
      exitCode: ExitCode.negative,
    });
  }
  return members;
}

async function checkRoomForSnapshot(members: readonly EtcdMember[], snapshot: string | undefined): Promise<void> {
  if (snapshot === undefined) return;
  const needed = Math.max(...members.map(({dbSize}) => dbSize));
  const {bavail, bsize} = await statfs(dirname(snapshot));
  if (bavail * bsize > needed) return;
  throw new Problem(`no room for the etcd snapshot ${snapshot}`, {
    why: `the database has ${sized(needed)}, and ${sized(bavail * bsize)} are free there`,
    next: 'name another place: --snapshot-file FILE',
    exitCode: ExitCode.negative,
  });
}

/** Rejects where a node has no socket of a KMS plugin that its API server is to use. */
export async function requireSockets(
  {servers, socketsOnNodes}: Pick<Draft, 'servers' | 'socketsOnNodes'>,
  signal: AbortSignal,
): Promise<void> {
  await Promise.all(servers.map((server) => checkSockets(server, socketsOnNodes.get(server.name) ?? [], signal)));
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
    why: `${sized(free)} are free below /etc/kubernetes`,
    next: 'make room there; nothing was changed',
    exitCode: ExitCode.negative,
  });
}

/** As many reviews are asked for at a time. */
const REVIEWS = 16;

async function checkRights([server]: readonly Server[], rights: readonly Right[], signal: AbortSignal): Promise<void> {
  if (server === undefined) return;
  const denied: string[] = [];
  for (let from = 0; from < rights.length; from += REVIEWS) {
    const some = rights.slice(from, from + REVIEWS);
    const allowed = await Promise.all(some.map((right) => isAllowed(server, right, signal)));
    denied.push(...some.filter((_, i) => !allowed[i]).map(wordsOf));
  }
  if (denied.length > 0) throw lacking(denied);
}

async function isAllowed({api}: Server, resourceAttributes: Right, signal: AbortSignal): Promise<boolean> {
  const body = {apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectAccessReview', spec: {resourceAttributes}};
  const path = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';
  const request = {method: 'POST', path, body: Buffer.from(JSON.stringify(body)), contentType: 'application/json'} as const;
  const {status, body: answer} = await api.send(request, signal);
  const review = (status === 201 ? parseObject(answer.toString('utf8')) : undefined) as
    | {status?: {allowed?: boolean}}
    | undefined;
  return review?.status?.allowed === true;
}

const lacking = (denied: readonly string[]): Problem =>
  new Problem('you may not do all that this change needs', {
    why: `denied: ${enumerate([...new Set(denied)])}`,
    next: 'use a context of the cluster-admin; nothing was changed',
    exitCode: ExitCode.noAccess,
  });
