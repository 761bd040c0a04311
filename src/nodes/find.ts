import {existsSync} from 'node:fs';
import {hostname} from 'node:os';
import {ExitCode, Problem} from '../problem.ts';
import {type ContainerEngine, dockerNode, explainEngine} from './docker.ts';
import {execute} from './execute.ts';
import {localNode} from './local.ts';
import type {Node, NodeAccess} from './node.ts';
import {Output} from './output.ts';
import {type PodApi, podNode} from './pod.ts';
import {sshNode} from './ssh.ts';

export interface Ways {
  readonly access: NodeAccess | 'auto';
  /** The folder that stands for `/` of a lab's node. Nothing else is tried then. */
  readonly root?: string | undefined;
  /** `user@host`, `ssh://user@host:port`; `{node}` in it stands for the node's name. */
  readonly sshHost?: string | undefined;
  /** For `pod`. */
  readonly api?: PodApi | undefined;
  readonly podImage?: string | undefined;
  /** `status.nodeInfo.machineID` of the node: a machine with another one is not it, whatever its name. Not checked where it is empty. */
  readonly machineId?: string | undefined;
}

export interface FoundNode {
  readonly node: Node;
  /** How it is reached and why so, for people: `docker: a node of kind in a container of this machine`. */
  readonly chosen: string;
}

/** What `find` looks at on this machine; for tests. */
export interface Machine {
  readonly hostname: string;
  readonly isControlPlane: boolean;
  /** Of all kinds of engines, the one that runs a node of kind by this name, or why none does. */
  kindNode(name: string, signal: AbortSignal): Promise<ContainerEngine | {readonly why: string}>;
  /** Of the cluster of kind whose API server this machine publishes there, the names of all control planes; empty where it is none. */
  kindControlPlanes(server: URL, signal: AbortSignal): Promise<string[]>;
}

const KIND_LABEL = 'io.x-k8s.kind.role';
const KIND_CLUSTER = 'io.x-k8s.kind.cluster';
/** Milliseconds in which an engine must have answered. */
const PROBE = 10_000;

export const thisMachine: Machine = {
  hostname: hostname(),
  isControlPlane: existsSync('/etc/kubernetes/manifests'),
  kindNode,
  kindControlPlanes,
};

/**
 * The way to a node that works: the one that is asked for, or the first of local, docker, ssh and pod. Proves that it leads to root on the
 * machine with that machine id. Rejects with a Problem that says of every way why it does not work.
 */
export async function findNode(
  name: string,
  ways: Ways,
  signal: AbortSignal,
  machine: Machine = thisMachine,
): Promise<FoundNode> {
  if (ways.root !== undefined) return {node: localNode(name, {root: ways.root}), chosen: 'local: a node of a lab'};
  const failures: string[] = [];
  let next: string | undefined;
  for (const access of orderOf(ways)) {
    const candidate = await candidates[access](name, ways, signal, machine);
    if ('why' in candidate) {
      failures.push(`${access}: ${candidate.why}`);
      continue;
    }
    const close = () => candidate.node.close().catch(() => {});
    const failure = await prove(candidate.node, ways, signal).catch(async (error: unknown) => {
      await close(); // after Ctrl-C too
      throw error;
    });
    if (!failure) return candidate;
    await close();
    signal.throwIfAborted();
    failures.push(`${access}: ${failure.why || failure.message}`);
    next ??= failure.next;
  }
  throw new Problem(`no way to the node ${name}`, {
    why: failures.join('\n'),
    next: (ways.access !== 'auto' && next) || 'choose one with --node-access local, docker, ssh or pod (with --node-pod-image)',
    exitCode: ExitCode.noAccess,
  });
}

function orderOf({access, sshHost}: Ways): readonly NodeAccess[] {
  if (access !== 'auto') return [access];
  return sshHost === undefined ? ['local', 'docker', 'ssh', 'pod'] : ['ssh'];
}

type Candidate = FoundNode | {readonly why: string};
type FindCandidate = (name: string, ways: Ways, signal: AbortSignal, machine: Machine) => Promise<Candidate>;

const candidates: Readonly<Record<NodeAccess, FindCandidate>> = {
  async local(name, {access}, _signal, {hostname, isControlPlane}) {
    if (access === 'auto' && hostname.toLowerCase() !== name.toLowerCase()) return {why: `this machine is ${hostname}`};
    if (!isControlPlane) return {why: 'this machine has no /etc/kubernetes/manifests'};
    return {node: localNode(name), chosen: 'local: this machine'};
  },
  async docker(name, _ways, signal, machine) {
    const engine = await machine.kindNode(name, signal);
    if (typeof engine !== 'string') return engine;
    return {node: dockerNode(name, engine), chosen: `${engine}: a node of kind in a container of this machine`};
  },
  async ssh(name, {sshHost}) {
    return {node: sshNode(name, sshHost), chosen: `ssh: ${(sshHost ?? '{node}').replaceAll('{node}', name)}`};
  },
  async pod(name, {api, podImage}) {
    if (!api || podImage === undefined) return {why: 'no image was named'};
    return {node: podNode(name, {api, image: podImage}), chosen: `pod: a privileged pod of ${podImage} on it`};
  },
};

const WHO = 'id -u; cat /etc/machine-id 2>/dev/null || cat /var/lib/dbus/machine-id 2>/dev/null || :';

/** Why it is not a way to root on that machine; undefined where it is. */
async function prove(node: Node, {machineId = ''}: Ways, signal: AbortSignal): Promise<Problem | undefined> {
  try {
    const {stdout} = await node.run(WHO, [], {}, signal);
    const [uid, id = ''] = stdout.toString().trim().split('\n');
    const refuse = (why: string, next: string) => new Problem('not a way to the node', {why, next, exitCode: ExitCode.noAccess});
    if (uid !== '0') return refuse('it does not lead to root', 'go in as root, or as a user for whom sudo asks for no password');
    if (machineId === '' || id === machineId) return undefined;
    return refuse(
      `another machine answers there: its machine id is ${id || 'unknown'}, that of the node ${machineId}`,
      'see that the kubeconfig is that of the cluster you mean, or name the host',
    );
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
}

/** Stopped ones too. */
const LIST_NODES = [
  'container',
  'ls',
  '--all',
  '--filter',
  `label=${KIND_LABEL}`,
  '--format',
  `{{.Names}}|{{.Label "${KIND_CLUSTER}"}}|{{.Label "${KIND_LABEL}"}}|{{.Ports}}`,
];
const LOOPBACK = ['127.0.0.1', 'localhost', '[::1]'];

async function kindControlPlanes({hostname, port}: URL, signal: AbortSignal): Promise<string[]> {
  if (!LOOPBACK.includes(hostname)) return [];
  for (const engine of ['docker', 'podman'] as const) {
    const output = new Output({onData: undefined, maxBytes: 1024 * 1024, sign: ''});
    await execute(engine, LIST_NODES, {input: undefined, output, within: PROBE}, signal);
    const lines = output.stdout.toString().split('\n');
    const containers = lines
      .map((line) => line.split('|'))
      .map(([name = '', cluster, role, ports]) => ({name, cluster, role, ports}));
    const published = containers.find(({ports}) => ports?.includes(`:${port}->6443/tcp`));
    if (published === undefined) continue;
    return containers.flatMap(({name, cluster, role}) =>
      cluster === published.cluster && role === 'control-plane' ? [name] : [],
    );
  }
  return [];
}

async function kindNode(name: string, signal: AbortSignal): Promise<ContainerEngine | {readonly why: string}> {
  const reasons: string[] = [];
  for (const engine of ['docker', 'podman'] as const) {
    const output = new Output({onData: undefined, maxBytes: 4096, sign: ''});
    const args = ['container', 'inspect', '--format', `{{.State.Running}} {{index .Config.Labels "${KIND_LABEL}"}}`, name];
    const ending = await execute(engine, args, {input: undefined, output, within: PROBE}, signal);
    const [running, role = ''] = output.stdout.toString().trim().split(' ');
    if (running === 'true' && ['control-plane', 'worker'].includes(role)) return engine;
    if (running === 'true') reasons.push(`the container ${name} is not a node that kind made`);
    else if (running === 'false') reasons.push(`the container ${name} is stopped`);
    else if (ending === 'absence') reasons.push(`${engine} is not installed`);
    else reasons.push(explainEngine(engine, name, output.stderr)?.why ?? `${engine} does not answer`);
  }
  return {why: reasons.join(', ')};
}
