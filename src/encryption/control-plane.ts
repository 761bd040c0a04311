import {posix} from 'node:path';
import type {Etcd} from '../etcd/etcd.ts';
import type {Api, ApiResponse} from '../kube/api.ts';
import type {Cluster} from '../kube/cluster.ts';
import {type KubeObject, parseObject} from '../kube/json.ts';
import {listFiles, type NodeFile, readFile} from '../nodes/files.ts';
import type {Node} from '../nodes/node.ts';
import {ExitCode, Problem} from '../problem.ts';
import {type EncryptionConfiguration, hashOf, parseConfiguration} from './configuration/configuration.ts';
import {type ApiServerManifest, CONFIG_FLAG, hostPathOf, RELOAD_FLAG, readManifest} from './manifest/manifest.ts';
import type {Keyspace} from './stored/etcd-path.ts';

/** Where kubeadm puts the API server's static pod. */
export const API_SERVER_MANIFEST = '/etc/kubernetes/manifests/kube-apiserver.yaml';

/** All that encryption at rest has to do with. */
export interface ControlPlane extends Keyspace {
  /** The kubeconfig context's name. */
  readonly context: string;
  /** Sorted by name. */
  readonly nodes: readonly ControlPlaneNode[];
  readonly etcd: Etcd;
  readonly cluster: Cluster;
}

export interface ControlPlaneNode {
  readonly name: string;
  readonly node: Node;
  /** On the node. */
  readonly manifestPath: string;
  /** Of the node, as the cluster knows it: where its API server is, if its manifest does not say. */
  readonly address?: string;
}

/** One observation of one node: what its files ask for. What runs is another matter: `probe`. */
export interface ServerState {
  readonly manifest: NodeFile;
  /** Without their dashes. */
  readonly flags: ReadonlyMap<string, string>;
  /** The configuration's path on the node, through the container's mounts; undefined without the flag, and where no mount leads to it. */
  readonly configPath: string | undefined;
  readonly configFile: NodeFile | undefined;
  /** Undefined without a file, and where the file is none: see `configProblem`. */
  readonly configuration: EncryptionConfiguration | undefined;
  /** Why an API server that is asked to encrypt could not start, or not encrypt, with what is there. */
  readonly configProblem: Problem | undefined;
  /** What the API server reports of itself once it has read the file. */
  readonly configHash: string | undefined;
  readonly automaticReload: boolean;
  /** `https://` advertise address and secure port. */
  readonly endpoint: URL;
}

/** Reads a node's manifest, and the configuration it points to. Rejects with a Problem where the manifest is missing or none. */
export async function observe(server: ControlPlaneNode, signal: AbortSignal): Promise<ServerState> {
  const {name, node, manifestPath} = server;
  const manifest = await readManifestFile(server, signal);
  if (manifest === undefined) {
    throw new Problem(`${name} has no ${manifestPath}`, {
      why: 'its API server does not run as a static pod of kubeadm, and kops knows no other way to change its flags',
      next: `set --${CONFIG_FLAG} by whatever made this control plane`,
      exitCode: ExitCode.negative,
    });
  }
  const text = manifest.content.toString('utf8');
  const {flags} = readManifest(text, `${manifestPath} on ${name}`);
  const own = {
    manifest,
    flags,
    automaticReload: isTrue(flags.get(RELOAD_FLAG)),
    endpoint: endpointOf(flags, server),
  };
  const inContainer = flags.get(CONFIG_FLAG);
  const configPath = inContainer === undefined ? undefined : hostPathOf(text, inContainer);
  const configFile = configPath === undefined ? undefined : await readFile(node, configPath, signal);
  const configuration = configFile && understood(configFile, `${configPath} on ${name}`);
  return {
    ...own,
    configPath,
    configFile,
    configuration: configuration instanceof Problem ? undefined : configuration,
    configProblem:
      configuration instanceof Problem ? configuration : inContainer === undefined ? undefined : missing(inContainer, configPath),
    configHash: configFile && hashOf(configFile.content),
  };

  function missing(path: string, onNode: string | undefined): Problem | undefined {
    if (configFile !== undefined) return undefined;
    return new Problem(`${name} has no encryption configuration at ${onNode ?? path}`, {
      why:
        onNode === undefined
          ? `--encryption-provider-config is ${path}, and no volume of the pod is mounted there`
          : 'the manifest points to it, so the API server cannot start anew',
      next: `kops encrypt-at-rest sync ${name}`,
      exitCode: ExitCode.negative,
    });
  }
}

/** While a guard swaps it, the file is away for some seconds, and its old content beside it. */
async function readManifestFile({node, manifestPath}: ControlPlaneNode, signal: AbortSignal): Promise<NodeFile | undefined> {
  const present = await readFile(node, manifestPath, signal);
  if (present) return present;
  const folder = posix.dirname(manifestPath);
  const away = (await listFiles(node, folder, signal)).find((file) => /^\.kops-guard-\d+\.out$/.test(file));
  const before = away === undefined ? undefined : await readFile(node, `${folder}/${away}`, signal);
  return before ?? readFile(node, manifestPath, signal);
}

function understood(file: NodeFile, where: string): EncryptionConfiguration | Problem {
  try {
    return parseConfiguration(file.content.toString('utf8'), where);
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
}

/** kube-apiserver takes the address to advertise, else the one it binds to, else one of the machine's own. */
function endpointOf(flags: ApiServerManifest['flags'], {name, address}: ControlPlaneNode): URL {
  const isAnyAddress = (host: string | undefined) => host === undefined || host === '0.0.0.0' || host === '::';
  const candidates = [flags.get('advertise-address'), flags.get('bind-address'), address];
  const host = candidates.find((candidate) => !isAnyAddress(candidate)) ?? name;
  return new URL(`https://${host.includes(':') ? `[${host}]` : host}:${flags.get('secure-port') ?? 6443}`);
}

/** Source: strconv.ParseBool. */
const isTrue = (value = 'false'): boolean => ['1', 't', 'T', 'TRUE', 'true', 'True'].includes(value);

/** What one API server, asked directly, tells of itself. */
export interface RunningServer {
  /** Whether it answers at all. */
  readonly answers: boolean;
  /** Seconds since the epoch; another one is another process. Undefined where its metrics could not be read. */
  readonly startTime: number | undefined;
  /** Of the configuration it encrypts with; undefined where it has none, or could not be asked. */
  readonly configHash: string | undefined;
  /** Whether it lists Secrets and can decrypt one that is in etcd now. */
  readonly listsSecrets: boolean;
  /** Checks that it says have failed: `kms-providers`. Empty where it is ready, and where nobody may ask. */
  readonly notReady: readonly string[];
  /** What is wrong, in a few words. */
  readonly why?: string;
  /** The right that the user lacks, or that a server which starts does not know of yet: `list secrets in all namespaces`. */
  readonly denied?: string;
}

const METADATA_LIST = 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io';
const METADATA = 'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io';
/** Those of a busy API server are some 10 MB. */
const MOST_METRICS = 128 * 1024 * 1024;
/** Milliseconds. A server waits as long for a KMS plugin as its configuration says: 3 s unless that says otherwise. */
const READY_TIMEOUT = 4_000;

/** Of a server that says nothing. */
export const silent = (why: string): RunningServer => ({
  answers: false,
  startTime: undefined,
  configHash: undefined,
  listsSecrets: false,
  notReady: [],
  why,
});

/**
 * Asks one API server whether it serves Secrets, with which configuration, and whether it is ready: where a KMS plugin is missing it does all
 * the rest. A LIST may be answered from memory, so a Secret that it names is also read by GET without a resourceVersion, which always goes to
 * etcd. Never rejects for a server that does not answer, or refuses; only with the signal's reason.
 */
export async function probe(api: Api, signal: AbortSignal): Promise<RunningServer> {
  const secrets = await ask('/api/v1/secrets?limit=1', METADATA_LIST, 16 * 1024 * 1024);
  if (secrets instanceof Error) return silent(secrets.message);
  const [why, metrics, readiness] = await Promise.all([
    secrets.status === 200 ? unreadable(secrets.body) : refusalOf('list secrets', secrets),
    ask('/metrics', 'text/plain', MOST_METRICS),
    ask('/readyz?verbose', 'text/plain', 1024 * 1024, READY_TIMEOUT),
  ]);
  const text = metrics instanceof Error || metrics.status !== 200 ? '' : metrics.body.toString('latin1');
  const trouble =
    why ?? (text !== '' ? undefined : metrics instanceof Error ? metrics.message : refusalOf('read its metrics', metrics));
  return {
    answers: true,
    ...readMetrics(text),
    listsSecrets: why === undefined,
    notReady: failedChecks(readiness),
    ...(trouble !== undefined && {why: trouble}),
    ...deniedBy(secrets, metrics),
  };

  async function unreadable(list: Buffer): Promise<string | undefined> {
    const {items} = (parseObject(list.toString('utf8')) ?? {}) as {items?: readonly KubeObject[] | null};
    const {namespace = '', name} = items?.[0]?.metadata ?? {};
    if (name === undefined) return undefined;
    const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/secrets/${encodeURIComponent(name)}`;
    const secret = await ask(path, METADATA, 16 * 1024 * 1024);
    if (secret instanceof Error) return secret.message;
    return secret.status === 200 || secret.status === 404 ? undefined : refusalOf(`read secret ${namespace}/${name}`, secret);
  }

  async function ask(path: string, accept: string, maxBytes: number, timeout?: number): Promise<ApiResponse | Error> {
    try {
      const request = {method: 'GET', path, accept, maxBytes, retry: false, ...(timeout !== undefined && {timeout})} as const;
      return await api.send(request, signal);
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof Error) return error;
      throw error;
    }
  }
}

/** `[-]kms-providers failed: reason withheld`. A server that takes no such question, or not from this user, is not called unready. */
function failedChecks(answer: ApiResponse | Error): readonly string[] {
  if (answer instanceof Error) return ['readyz'];
  if (answer.status < 500) return [];
  const names = [...answer.body.toString('utf8').matchAll(/\[-\]([\w./-]+) failed/g)].map(([, name = '']) => name);
  return names.length > 0 ? names : ['readyz'];
}

function deniedBy(secrets: ApiResponse, metrics: ApiResponse | Error): Pick<RunningServer, 'denied'> {
  if (secrets.status === 403) return {denied: 'list secrets in all namespaces'};
  return 'status' in metrics && metrics.status === 403 ? {denied: 'get the path /metrics'} : {};
}

/** Of the exposition format: what `probe` wants to know. */
export function readMetrics(text: string): Pick<RunningServer, 'startTime' | 'configHash'> {
  const start = /^process_start_time_seconds (\S+)$/m.exec(text)?.[1];
  const hash = /^apiserver_encryption_config_controller_last_config_info\{[^}\n]*\bhash="([^"]*)"[^}\n]*\} 1$/m.exec(text)?.[1];
  return {startTime: start === undefined ? undefined : Number(start), configHash: hash};
}

/** The server's own message names objects, never what is in them; that of a storage error may quote bytes, so its status alone is told. */
function refusalOf(what: string, {status, body}: ApiResponse): string {
  const {reason} = (parseObject(body.toString('utf8')) ?? {}) as {reason?: unknown};
  return `it could not ${what}: ${status}${typeof reason === 'string' && /^\w+$/.test(reason) ? ` ${reason}` : ''}`;
}
