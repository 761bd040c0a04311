import {ExitCode, Problem} from '../../problem.ts';
import {run} from './run.ts';
import {type Usable, waitUntilUsable} from './usable.ts';

/** A container that kind made: a node, or the load balancer of several control planes. */
export interface NodeContainer {
  readonly id: string;
  readonly name: string;
  readonly cluster: string;
  /** `control-plane`, `worker` or `external-load-balancer`. */
  readonly role: string;
  readonly running: boolean;
  /** Epoch milliseconds, by the engine's clock, to the second. */
  readonly createdAt: number;
}

/** What kops asks of kind and of the Docker engine that kind uses. Methods reject with a `Problem`. */
export interface Kind {
  /** Why it cannot be used on this machine; undefined where it can. */
  whyNot(signal: AbortSignal): Promise<string | undefined>;
  /** The containers of all kind clusters on the engine, stopped ones too. */
  containers(signal: AbortSignal): Promise<NodeContainer[]>;
  /** Whether it was made: not where there is one of this name. Where kind fails it rejects, and what it made may still be there. */
  create(request: CreateRequest, detail: (text: string) => void, signal: AbortSignal): Promise<boolean>;
  start(containers: readonly NodeContainer[], signal: AbortSignal): Promise<void>;
  /** Resolves once as many nodes are Ready and pods can be made; rejects where that takes too long. `kubeconfig`: YAML. */
  usable(kubeconfig: string, nodes: number, detail: (text: string) => void, signal: AbortSignal): Promise<Usable>;
  /** Harmless where there is no such cluster. */
  delete(cluster: string, kubeconfig: string, signal: AbortSignal): Promise<void>;
}

export interface CreateRequest {
  readonly cluster: string;
  /** Paths: of a kind configuration, and of the kubeconfig file to write. */
  readonly config: string;
  readonly kubeconfig: string;
  readonly image: string | undefined;
}

/** kind's own words, behind which it makes containers: it has seen by then that the name is free. */
export const MAKING_NODES = 'Preparing nodes';

const CLUSTER_LABEL = 'io.x-k8s.kind.cluster';
const ROLE_LABEL = 'io.x-k8s.kind.role';
const FORMAT = `{{.ID}} {{.Names}} {{.Label "${CLUSTER_LABEL}"}} {{.Label "${ROLE_LABEL}"}} {{.State}} {{.CreatedAt}}`;
/** Milliseconds. */
const PROBE_TIMEOUT = 5_000;

/** The `kind` and `docker` on the PATH. */
export function createKind(environment: NodeJS.ProcessEnv): Kind {
  const env = {...environment, KIND_EXPERIMENTAL_PROVIDER: 'docker'};

  async function must(program: string, args: readonly string[], signal: AbortSignal): Promise<string> {
    const {code, stdout, stderr} = await run(program, args, {env, signal});
    if (code === 0) return stdout;
    throw new Problem(`${program} ${args[0]} failed`, {
      why: code === undefined ? `${program} is not installed` : stderr.slice(-3).join('\n'),
      exitCode: ExitCode.negative,
    });
  }

  return {
    async whyNot(signal) {
      const within = AbortSignal.any([signal, AbortSignal.timeout(PROBE_TIMEOUT)]);
      const answers = async (program: string, ...args: string[]) => {
        try {
          return (await run(program, args, {env, signal: within})).code === 0;
        } catch {
          signal.throwIfAborted();
          return false;
        }
      };
      const [docker, kind] = await Promise.all([
        answers('docker', 'version', '--format', '{{.Server.Version}}'),
        answers('kind', 'version'),
      ]);
      return docker ? (kind ? undefined : 'kind is not installed') : 'no Docker engine answers';
    },

    async containers(signal) {
      const list = ['ps', '--all', '--no-trunc', '--filter', `label=${CLUSTER_LABEL}`, '--format', FORMAT];
      const lines = (await must('docker', list, signal)).split('\n').filter((line) => line !== '');
      return lines.map((line) => {
        const [id = '', name = '', cluster = '', role = '', state = '', day, time, zone] = line.split(' ');
        return {id, name, cluster, role, running: state === 'running', createdAt: Date.parse(`${day} ${time} ${zone}`)};
      });
    },

    async create({cluster, config, kubeconfig, image}, detail, signal) {
      const args = ['create', 'cluster', '--name', cluster, '--config', config, '--kubeconfig', kubeconfig];
      const {code, stderr} = await run('kind', [...args, ...(image === undefined ? [] : ['--image', image])], {
        env,
        signal,
        onLine: (line) => {
          const action = actionIn(line);
          if (action !== undefined) detail(action);
        },
      });
      if (stderr.some((line) => line.includes('already exist for a cluster with the name'))) return false;
      if (code !== 0) throw createFailed(cluster, stderr);
      return true;
    },

    async start(containers, signal) {
      await must('docker', ['start', ...containers.map((container) => container.name)], signal);
    },

    usable: waitUntilUsable,

    async delete(cluster, kubeconfig, signal) {
      await must('kind', ['delete', 'cluster', '--name', cluster, '--kubeconfig', kubeconfig], signal);
    },
  };
}

/** ` • Preparing nodes 📦 📦  ...` is the beginning of an action: `Preparing nodes`. */
export function actionIn(line: string): string | undefined {
  const action = /^ • (.*)$/.exec(line)?.[1];
  return action
    ?.replace(/\.\.\.$/, '')
    .replace(/\p{Extended_Pictographic}|\p{Emoji_Modifier}|[\u200d\ufe0f]/gu, '')
    .replace(/\s+/g, ' ')
    .trim();
}

function createFailed(cluster: string, stderr: readonly string[]): Problem {
  const errors = stderr.filter((line) => line.startsWith('ERROR: ')).map((line) => line.slice('ERROR: '.length));
  const image = errors.some((line) => /failed to pull image/.test(line));
  return new Problem(`kind could not make the cluster ${cluster}`, {
    why: (errors.length > 0 ? errors : stderr.slice(-3)).join('\n'),
    next: image ? 'name a node image that the engine has, by --image or KOPS_KIND_IMAGE' : undefined,
    exitCode: ExitCode.negative,
  });
}
