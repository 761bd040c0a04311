import {hostname, userInfo} from 'node:os';
import {readFile} from '../../nodes/files.ts';
import {ExitCode, Problem} from '../../problem.ts';
import {enumerate} from '../../text/enumerate.ts';
import {type EncryptionConfiguration, renderConfiguration} from '../configuration/configuration.ts';
import {socketsOf} from '../configuration/kms.ts';
import {type ControlPlane, observe, type ServerState} from '../control-plane.ts';
import {disableEncryption, enableEncryption, hostPathOf} from '../manifest/manifest.ts';
import {serverApi} from '../server-api.ts';
import {flagHint} from '../server-status.ts';
import {CONFIGURATION_FILE, type NodeRecord, newTransactionId, type Operation, type Transaction} from './record.ts';
import type {Server} from './servers.ts';
import type {Stages} from './stages.ts';
import {digestOf, type Originals, type StageFiles} from './store.ts';

/** What the control plane is before a change. */
export interface Observed {
  readonly servers: readonly Server[];
  readonly states: ReadonlyMap<string, ServerState>;
  /** What all servers have; undefined where none encrypts. */
  readonly base: EncryptionConfiguration | undefined;
  /** On the nodes and in the containers. */
  readonly configurationFile: string;
}

/** Reads every control-plane node, whatever it finds there. */
export async function observeServers(
  plane: ControlPlane,
  signal: AbortSignal,
): Promise<{readonly servers: readonly Server[]; readonly states: ReadonlyMap<string, ServerState>}> {
  const servers: Server[] = [];
  const states = new Map<string, ServerState>();
  for (const node of plane.nodes) {
    const state = await observe(node, signal);
    states.set(node.name, state);
    servers.push({...node, api: await serverApi(plane.cluster, node, state)});
  }
  return {servers, states};
}

/** Rejects where the nodes do not agree: a change can only begin where all servers have the same. */
export async function observeAll(plane: ControlPlane, signal: AbortSignal): Promise<Observed> {
  const {servers, states} = await observeServers(plane, signal);
  for (const {configProblem} of states.values()) if (configProblem) throw configProblem;
  const bases = servers.map(({name}) => states.get(name)?.configFile?.content.toString('utf8'));
  if (new Set(bases).size > 1) throw disagree(servers, states, bases);
  const paths = new Set([...states.values()].flatMap(({configPath}) => configPath ?? []));
  const inContainers = new Set([...states.values()].flatMap(({flags}) => flags.get('encryption-provider-config') ?? []));
  const [path = CONFIGURATION_FILE] = paths;
  const [inContainer = CONFIGURATION_FILE] = inContainers;
  if (paths.size > 1 || path !== inContainer) throw elsewhere([...paths, ...inContainers]);
  return {servers, states, base: states.get(servers[0]?.name ?? '')?.configuration, configurationFile: path};
}

function disagree(servers: readonly Server[], states: Observed['states'], bases: readonly (string | undefined)[]): Problem {
  const without = servers.flatMap(({name}, i) => (bases[i] === undefined ? [name] : []));
  const [source] = servers.flatMap(({name}, i) => (bases[i] === undefined ? [] : [name]));
  const path = states.get(source ?? '')?.configPath ?? CONFIGURATION_FILE;
  return new Problem('the API servers do not have the same encryption configuration', {
    why:
      without.length > 0
        ? `${enumerate(without)} ${without.length === 1 ? 'has' : 'have'} none, others do`
        : 'their files differ',
    next: without.length > 0 ? flagHint(without, source ?? '', path) : 'kops encrypt-at-rest status tells who has what',
    exitCode: ExitCode.negative,
  });
}

const elsewhere = (paths: readonly string[]): Problem =>
  new Problem('the encryption configuration is mounted in a way that kops does not change', {
    why: `its path on the nodes and in the containers is not one and the same: ${[...new Set(paths)].join(', ')}`,
    next: `move it to ${CONFIGURATION_FILE} by hand, mounted as /etc/kubernetes/enc, and try again`,
    exitCode: ExitCode.negative,
  });

/** All that a transaction needs, before anything is touched. */
export interface Draft {
  readonly transaction: Transaction;
  readonly servers: readonly Server[];
  readonly originals: ReadonlyMap<string, Originals>;
  readonly stages: StageFiles;
  /** Of KMS plugins, as paths of the API servers' containers. */
  readonly sockets: readonly string[];
  /** The same as paths of each node; without those that lead elsewhere. */
  readonly socketsOnNodes: ReadonlyMap<string, readonly string[]>;
}

export interface DraftOptions {
  readonly rewrite: boolean;
  /** Absolute path; undefined for none. */
  readonly snapshot: string | undefined;
  /** Seconds. */
  readonly confirmWithin: number;
  /** kubeadm's; undefined where there is none. */
  readonly clusterConfiguration: string | undefined;
  readonly now: Date;
  readonly random: (bytes: number) => Buffer;
}

export async function draftTransaction(
  {servers, states, configurationFile}: Observed,
  operation: Operation,
  resources: readonly string[],
  stages: Stages,
  options: DraftOptions,
  signal: AbortSignal,
): Promise<Draft> {
  const originals = new Map<string, Originals>();
  const sockets = socketsOf(stages.read);
  const socketsOnNodes = new Map<string, readonly string[]>();
  const nodes: Record<string, NodeRecord> = {};
  for (const {name, node} of servers) {
    const manifest = states.get(name)?.manifest.content ?? Buffer.alloc(0);
    const configuration = (await readFile(node, configurationFile, signal))?.content;
    const {enabled, final} = manifestsOf(manifest, operation, configurationFile, sockets);
    socketsOnNodes.set(
      name,
      sockets.flatMap((socket) => hostPathOf(enabled.toString('utf8'), socket) ?? []),
    );
    originals.set(name, {manifest, configuration});
    nodes[name] = {
      manifest: {original: digestOf(manifest), enabled: digestOf(enabled), final: digestOf(final)},
      configuration: digestOf(configuration),
    };
  }
  const files: StageFiles = {
    read: fileOf(stages.read),
    write: fileOf(stages.write),
    final: stages.final && fileOf(stages.final),
  };
  return {
    servers,
    originals,
    stages: files,
    sockets,
    socketsOnNodes,
    transaction: {
      version: 1,
      id: newTransactionId(options.now, options.random),
      operation,
      startedAt: options.now.toISOString(),
      startedBy: `${userInfo().username}@${hostname()}`,
      lead: servers[0]?.name ?? '',
      resources,
      writeKey: stages.writeKey,
      retires: stages.retires,
      configurationFile,
      stages: {read: digestOf(files.read), write: digestOf(files.write), final: files.final && digestOf(files.final)},
      rewrite: options.rewrite,
      clusterConfiguration: options.clusterConfiguration,
      snapshot: options.snapshot,
      confirmWithin: options.confirmWithin,
      nodes,
    },
  };
}

/** The manifests that an original one becomes: while encryption is on, and in the end. */
export function manifestsOf(
  original: Buffer,
  operation: Operation,
  configurationFile: string,
  sockets: readonly string[],
): {readonly enabled: Buffer; readonly final: Buffer} {
  const text = original.toString('utf8');
  const enabled = Buffer.from(enableEncryption(text, configurationFile, sockets));
  return {enabled, final: operation === 'disable' ? Buffer.from(disableEncryption(text)) : enabled};
}

const fileOf = (configuration: EncryptionConfiguration): Buffer => Buffer.from(renderConfiguration(configuration));
