import type {Etcd} from '../etcd/etcd.ts';
import type {Api} from '../kube/api.ts';
import {ExitCode, Problem} from '../problem.ts';
import type {EncryptionConfiguration} from './configuration/configuration.ts';
import {encryptedOf} from './configuration/coverage.ts';
import {type ControlPlaneNode, observe, probe, type RunningServer, type ServerState, silent} from './control-plane.ts';
import {findOpenTransaction, type OpenTransaction, RESUME_OR_ABORT} from './open-transaction.ts';
import type {Resident} from './residents.ts';
import {commandFor} from './resources.ts';
import {flagHint, judgeServers, type Looked, problemWords, type ServerStatus} from './server-status.ts';
import {audit} from './stored/audit.ts';
import {type Keyspace, keysOf} from './stored/etcd-path.ts';

export interface StoredObjects {
  readonly resource: string;
  readonly total: number;
  /** Number of values by what they begin with: `k8s:enc:secretbox:v1:key1:`; plaintext is under `identity`. */
  readonly byKey: Readonly<Record<string, number>>;
  /** Of those in plaintext: all, where a server encrypts new ones; else none, because that is what was asked for. */
  readonly leftPlain: number;
}

export interface EncryptionStatus {
  readonly kind: 'EncryptionStatus';
  readonly context: string;
  readonly configured: boolean;
  /** Whether all servers do the same, and what their files say. */
  readonly agrees: boolean;
  readonly servers: readonly ServerStatus[];
  /** Empty where etcd could not be read: see `objectsProblem`. */
  readonly objects: readonly StoredObjects[];
  readonly objectsProblem: string | null;
  readonly transaction: OpenTransaction | null;
  readonly secret?: SecretInMemory;
  readonly next: string | null;
}

/** Where a Secret is in memory now, besides every API server, which keeps all of them. */
export interface SecretInMemory {
  readonly namespace: string;
  readonly name: string;
  readonly nodes: readonly Resident[];
}

/** A control-plane node, or why it cannot be reached. */
export type Reached = {readonly name: string} & ({readonly server: ControlPlaneNode} | {readonly problem: Problem});

export interface StatusSources {
  readonly context: string;
  readonly nodes: readonly Reached[];
  /** The API server of a node, asked without a load balancer in between. */
  readonly apiOf: (server: ControlPlaneNode, state: ServerState) => Promise<Api>;
  /** Called once; rejects with a Problem where etcd cannot be read, which does not keep the rest from being told. */
  readonly openEtcd: () => Promise<Keyspace & {readonly etcd: Etcd}>;
  /** Wildcards of configurations as the resources that they stand for. */
  readonly expand: (entries: readonly string[]) => Promise<readonly string[]>;
}

/** Milliseconds. */
const PROBE_TIMEOUT = 10_000;

/** Looks at every control-plane node and its API server, and, where it may, into etcd. Opens no value, changes nothing. */
export async function encryptionStatus(sources: StatusSources, signal: AbortSignal): Promise<EncryptionStatus> {
  const observed = await Promise.all(sources.nodes.map((node) => look(node, sources, signal)));
  const servers = judgeServers(observed);
  const configured = servers.some((server) => server.configured === true);
  const agrees = servers.every((server) => server.agrees !== false);
  const reached = sources.nodes.flatMap((node) => ('server' in node ? [node.server] : []));
  const transaction = (await findOpenTransaction(reached, signal)) ?? null;
  const configurations = observed.flatMap(({state}) => state?.configuration ?? []);
  const objects = await storedObjects(sources, configurations, signal);
  const status = {configured, agrees, servers, transaction, ...objects};
  return {kind: 'EncryptionStatus', context: sources.context, ...status, next: nextStep(status)};
}

/**
 * The first that holds. 4: a change is open, so that servers may well differ, or be away. 3: a server does not do what its file says, or its
 * file is missing, or servers differ. 5: a node could not be reached, or its API server could not be asked. 0: all is as it should be, also
 * where nothing is configured.
 */
export function exitCodeOfStatus({agrees, transaction, servers}: EncryptionStatus): ExitCode {
  if (transaction !== null) return ExitCode.unfinished;
  if (!agrees) return ExitCode.negative;
  return servers.some(({agrees}) => agrees === null) ? ExitCode.noAccess : ExitCode.ok;
}

async function look(node: Reached, {apiOf}: StatusSources, signal: AbortSignal): Promise<Looked> {
  const {name} = node;
  if ('problem' in node) return {name, access: null, state: undefined, running: undefined, problem: node.problem};
  const {server} = node;
  const {access} = server.node;
  try {
    const state = await observe(server, signal);
    const running = await ask(await apiOf(server, state), signal);
    return {name, access, state, running, problem: state.configProblem};
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof Problem) return {name, access, state: undefined, running: undefined, problem: error};
    throw error;
  }
}

async function ask(api: Api, signal: AbortSignal): Promise<RunningServer> {
  try {
    return await probe(api, AbortSignal.any([signal, AbortSignal.timeout(PROBE_TIMEOUT)]));
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof Error) || error.name !== 'TimeoutError') throw error;
    return silent(`no answer in ${PROBE_TIMEOUT / 1000} s`);
  }
}

async function storedObjects(
  {openEtcd, expand}: StatusSources,
  configurations: readonly EncryptionConfiguration[],
  signal: AbortSignal,
): Promise<Pick<EncryptionStatus, 'objects' | 'objectsProblem'>> {
  try {
    const {etcd, ...keyspace} = await openEtcd();
    const entries = ['secrets', ...configurations.flatMap(({rules}) => rules.flatMap(({resources}) => resources))];
    const resources = await expand([...new Set(entries)]);
    const found = await audit(etcd, keysOf(resources, keyspace), {readers: []}, signal);
    const objects = found.resources.map(({resource, total, byKey}) => {
      const isEncrypted = configurations.some((configuration) => encryptedOf(configuration, [resource]).length > 0);
      return {resource, total, byKey, leftPlain: isEncrypted ? (byKey.identity ?? 0) : 0};
    });
    return {objects, objectsProblem: null};
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof Problem) return {objects: [], objectsProblem: problemWords(error)};
    throw error;
  }
}

/** What to do first. */
export function nextStep(status: Pick<EncryptionStatus, 'configured' | 'servers' | 'transaction' | 'objects'>): string | null {
  if (status.transaction !== null) return status.transaction.runningBy ? null : RESUME_OR_ABORT;
  const without = status.servers.find(({flag, configHash}) => flag !== null && configHash === null);
  if (without) return `kops encrypt-at-rest sync ${without.node}`;
  const source = status.servers.find(({configured, flag}) => configured && flag !== null);
  const flagless = status.servers.filter(({configured, flag}) => configured === false && flag === null);
  if (source && flagless.length > 0) {
    const path = source.file ?? source.flag ?? '';
    return flagHint(
      flagless.map(({node}) => node),
      source.node,
      path,
    );
  }
  if (status.servers.every(({provider}) => provider === 'identity')) return 'kops encrypt-at-rest setup';
  const plain = status.objects.filter(({leftPlain}) => leftPlain > 0).map(({resource}) => resource);
  if (plain.length === 0) return null;
  return `${commandFor('setup', plain)} rewrites them, and verifies it`;
}
