import type {Etcd} from '../etcd/etcd.ts';
import type {Api} from '../kube/api.ts';
import {ExitCode, Problem} from '../problem.ts';
import {audit} from './audit.ts';
import type {EncryptionConfiguration} from './configuration.ts';
import {writeKeyOf} from './configuration-coverage.ts';
import {type ControlPlaneNode, observe, probe, type RunningServer, type ServerState} from './control-plane.ts';
import {etcdPathOf} from './etcd-path.ts';
import {CONFIG_FLAG} from './manifest.ts';
import {findOpenTransaction, type OpenTransaction} from './open-transaction.ts';
import type {Resident} from './residents.ts';

/** One control-plane node: what its files say, and what its API server says it does. */
export interface ServerStatus {
  readonly node: string;
  /** How the node was reached; null where it was not. */
  readonly access: string | null;
  /** Whether the API server is told to encrypt, and there is a file that says how. Null where the node was not reached. */
  readonly configured: boolean | null;
  /** Value of --encryption-provider-config; null where it is not set. */
  readonly flag: string | null;
  /** On the node. */
  readonly file: string | null;
  readonly automaticReload: boolean | null;
  /** What new Secrets are written with: `secretbox`, `aescbc` …; `identity` is plaintext. Null where nothing is known of it. */
  readonly provider: string | null;
  readonly keyName: string | null;
  /** Of the file on the node. */
  readonly configHash: string | null;
  /** Of what the running server has loaded. */
  readonly runningHash: string | null;
  /** Whether it runs with its file, serves Secrets, and has the same file as the others. Null where it cannot be told. */
  readonly agrees: boolean | null;
  /** What is wrong with it. */
  readonly problem: string | null;
}

export interface StoredObjects {
  readonly resource: string;
  readonly total: number;
  /** Number of values by what they begin with: `k8s:enc:secretbox:v1:key1:`; plaintext is under `identity`. */
  readonly byKey: Readonly<Record<string, number>>;
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
  readonly openEtcd: () => Promise<{readonly etcd: Etcd; readonly etcdPrefix: string}>;
  /** Wildcards of configurations as the resources that they stand for. */
  readonly expand: (entries: readonly string[]) => Promise<readonly string[]>;
}

/** Milliseconds. */
const PROBE_TIMEOUT = 10_000;

interface Observed {
  readonly name: string;
  readonly access: string | null;
  readonly state: ServerState | undefined;
  readonly running: RunningServer | undefined;
  readonly problem: Problem | undefined;
}

/** Looks at every control-plane node and its API server, and, where it may, into etcd. Opens no value, changes nothing. */
export async function encryptionStatus(sources: StatusSources, signal: AbortSignal): Promise<EncryptionStatus> {
  const observed = await Promise.all(sources.nodes.map((node) => look(node, sources, signal)));
  const servers = judge(observed);
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
 * 3: a server does not do what its file says, or its file is missing, or servers differ. 4: a change is open. 5: a node could not be reached.
 * 0: all is as it should be, also where nothing is configured.
 */
export function exitCodeOfStatus({agrees, transaction, servers}: EncryptionStatus): ExitCode {
  if (!agrees) return ExitCode.negative;
  if (transaction !== null) return ExitCode.unfinished;
  return servers.some(({access}) => access === null) ? ExitCode.noAccess : ExitCode.ok;
}

async function look(node: Reached, {apiOf}: StatusSources, signal: AbortSignal): Promise<Observed> {
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
    const why = `no answer in ${PROBE_TIMEOUT / 1000} s`;
    return {answers: false, startTime: undefined, configHash: undefined, listsSecrets: false, why};
  }
}

function judge(observed: readonly Observed[]): ServerStatus[] {
  const known = observed.flatMap(({state}) => (state ? [state] : []));
  const differ = new Set(known.map(({configHash}) => configHash)).size > 1;
  return observed.map(({name, access, state, running, problem}) => {
    const writeKey = state?.configuration && writeKeyOf(state.configuration, 'secrets');
    const isPlain = state !== undefined && state.configProblem === undefined;
    const trouble = problem ? words(problem) : state && running ? disagreement(state, running, differ) : undefined;
    return {
      node: name,
      access,
      configured: state ? state.configuration !== undefined : null,
      flag: state?.flags.get(CONFIG_FLAG) ?? null,
      file: state?.configPath ?? null,
      automaticReload: state?.automaticReload ?? null,
      provider: writeKey?.provider ?? (isPlain ? 'identity' : null),
      keyName: writeKey?.keyName ?? null,
      configHash: state?.configHash ?? null,
      runningHash: running?.configHash ?? null,
      agrees:
        state === undefined && problem?.exitCode === ExitCode.noAccess ? null : isUnknown(running) ? null : trouble === undefined,
      problem: trouble ?? (isUnknown(running) ? (running?.why ?? null) : null),
    };
  });
}

/** It serves Secrets, but does not let its metrics be read. */
const isUnknown = (running: RunningServer | undefined): boolean =>
  running?.listsSecrets === true && running.startTime === undefined;

/** What is not as the files say; undefined where all is. */
function disagreement(state: ServerState, running: RunningServer, differ: boolean): string | undefined {
  if (!running.answers) return `the API server does not answer${running.why ? `: ${running.why}` : ''}`;
  if (!running.listsSecrets) return `the API server does not serve Secrets${running.why ? `: ${running.why}` : ''}`;
  if (isUnknown(running)) return undefined;
  if (running.configHash !== state.configHash) {
    if (state.configHash === undefined) return 'it still encrypts with a configuration that its manifest no longer names';
    if (state.automaticReload)
      return 'it has not read its file yet: that takes up to a minute, and a file with a mistake is ignored';
    return 'it has not read its file: without automatic reload it does so only when it starts';
  }
  return differ ? 'the control planes do not have the same configuration' : undefined;
}

async function storedObjects(
  {openEtcd, expand}: StatusSources,
  configurations: readonly EncryptionConfiguration[],
  signal: AbortSignal,
): Promise<Pick<EncryptionStatus, 'objects' | 'objectsProblem'>> {
  try {
    const {etcd, etcdPrefix} = await openEtcd();
    const entries = ['secrets', ...configurations.flatMap(({rules}) => rules.flatMap(({resources}) => resources))];
    const resources = await expand([...new Set(entries)]);
    const parts = resources.map((resource) => ({resource, path: etcdPathOf(resource, etcdPrefix)}));
    const found = await audit(etcd, parts, {readers: []}, signal);
    const objects = found.resources.map(({resource, total, byKey}) => ({resource, total, byKey}));
    return {objects, objectsProblem: null};
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof Problem) return {objects: [], objectsProblem: words(error)};
    throw error;
  }
}

const words = ({message, why}: Problem): string => [message, why?.split('\n')[0]].filter(Boolean).join(': ');

function nextStep(status: Pick<EncryptionStatus, 'configured' | 'servers' | 'transaction' | 'objects'>): string | null {
  if (status.transaction !== null) return 'kops encrypt-at-rest resume, or kops encrypt-at-rest abort';
  const without = status.servers.find(({flag, configHash}) => flag !== null && configHash === null);
  if (without) return `kops encrypt-at-rest sync ${without.node}`;
  if (!status.configured && status.servers.every(({configured}) => configured === false)) return 'kops encrypt-at-rest setup';
  const isPlain = status.objects.some(({byKey}) => (byKey.identity ?? 0) > 0);
  return isPlain && status.configured ? 'kops encrypt-at-rest verify' : null;
}
