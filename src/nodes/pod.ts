import {randomBytes} from 'node:crypto';
import {setTimeout as sleep} from 'node:timers/promises';
import {ExitCode, Problem} from '../problem.ts';
import {printable} from '../text/printable.ts';
import type {Ending} from './execute.ts';
import type {Node} from './node.ts';
import {Unreachable} from './problems.ts';
import {runThrough, type Transport} from './transport.ts';

/** Milliseconds: between two looks at the pod, until it must run, until a script must have begun, and for its removal. */
const PAUSE = 300;
const START = 90_000;
const BEGIN = 20_000;
const FAREWELL = 10_000;
/** Seconds after which the kubelet ends a pod that was left behind, and until a new one takes its place: a script has the time in between. */
const LIFETIME = 1_800;
const RENEWAL = 900;
const PREFIX = 'kops-node-';
const LABELS = {'app.kubernetes.io/managed-by': 'kops'};

/** In the pod: join the host, by the image's nsenter or else through its first process. */
const ENTER =
  'if command -v nsenter >/dev/null; then exec nsenter -t 1 -m -u -i -n -- "$@"; else exec chroot /proc/1/root "$@"; fi';

export interface PodExec {
  readonly input?: Buffer | undefined;
  /** The next piece waits for its promise. */
  readonly onStdout: (chunk: Buffer) => void | Promise<void>;
  readonly onStderr: (chunk: Buffer) => void;
}

/** Runs a command in a container; resolves when it has ended, whatever its exit code, and rejects where the connection failed. */
export type ExecInPod = (
  pod: {readonly namespace: string; readonly name: string; readonly container: string},
  command: readonly string[],
  exec: PodExec,
  signal: AbortSignal,
) => Promise<unknown>;

/** What is needed of a pod's status. */
export interface PodStatus {
  readonly phase?: string | undefined;
  readonly reason?: string | undefined;
  readonly message?: string | undefined;
  readonly containerStatuses?:
    | readonly {
        readonly state?: {readonly waiting?: {readonly reason?: string; readonly message?: string} | undefined} | undefined;
      }[]
    | undefined;
}

/** What is needed of the API server to work in a pod. Methods reject with Problems. */
export interface PodApi {
  /** `pod`: a v1 Pod. */
  create(namespace: string, pod: object, signal: AbortSignal): Promise<unknown>;
  /** Undefined where there is none. */
  status(namespace: string, name: string, signal: AbortSignal): Promise<PodStatus | undefined>;
  /** Names of those with these labels that have ended. */
  ended(namespace: string, labels: Readonly<Record<string, string>>, signal: AbortSignal): Promise<readonly string[]>;
  /** Harmless where there is none. */
  delete(namespace: string, name: string, signal: AbortSignal): Promise<unknown>;
  readonly exec: ExecInPod;
}

interface PodNodeOptions {
  readonly api: PodApi;
  /** One with sh, sleep, and nsenter or chroot. */
  readonly image: string;
  /** One that lets privileged pods in. Default: kube-system. */
  readonly namespace?: string;
  /** Milliseconds of a clock that never goes back; for tests. */
  readonly now?: () => number;
}

/**
 * A node reached through a privileged pod on it, which is made at the first script, and again where it is gone or old, and deleted by
 * `close`. One that a killed kops left ends by itself, and is deleted by the next that makes one. Where the change takes the API server down, this way is closed meanwhile.
 */
export function podNode(
  name: string,
  {api, image, namespace = 'kube-system', now = () => performance.now()}: PodNodeOptions,
): Node {
  let current: Promise<string> | undefined;
  let since = 0;
  let scripts = 0;
  const remove = async (pod: Promise<string>) => {
    const made = await pod.catch(() => undefined);
    if (made !== undefined) await api.delete(namespace, made, AbortSignal.timeout(FAREWELL));
  };

  const start = async (signal: AbortSignal): Promise<string> => {
    const pod = `${PREFIX}${randomBytes(5).toString('hex')}`;
    await removeEnded(api, namespace, signal).catch(() => signal.throwIfAborted()); // they hurt nobody
    since = now();
    try {
      await api.create(namespace, podOn(name, pod, image), signal);
      await running(api, {namespace, pod, node: name, image}, signal);
      return pod;
    } catch (error) {
      await api.delete(namespace, pod, AbortSignal.timeout(FAREWELL)).catch(() => {});
      throw error;
    }
  };
  const ready = (signal: AbortSignal): Promise<string> => {
    current ??= start(signal).catch((error: unknown) => {
      current = undefined;
      throw error;
    });
    return current;
  };
  const renounce = async () => {
    const former = current;
    current = undefined;
    if (former) await remove(former).catch(() => {}); // it may be gone already
  };
  const run: Node['run'] = async (script, args, options, signal) => {
    try {
      const isOld = current !== undefined && now() - since > RENEWAL * 1000;
      if (scripts++ === 0 && isOld) await renounce();
      const pod = await ready(signal);
      return await runThrough(podTransport(api, {namespace, name: pod, container: 'node'}), script, args, options, signal);
    } finally {
      scripts--;
    }
  };

  return {
    name,
    access: 'pod',
    root: '',
    async run(script, args, options, signal) {
      try {
        return await run(script, args, options, signal);
      } catch (error) {
        if (!(error instanceof Unreachable) || error.started || !current) throw error;
        const status = await api.status(namespace, await current, signal).catch(() => ({phase: 'Running'}));
        if (status?.phase === 'Running') throw error;
        await renounce(); // its time was up, or the node started anew
        return run(script, args, options, signal);
      }
    },
    async close() {
      if (current) await remove(current);
      current = undefined;
    },
  };
}

async function removeEnded(api: PodApi, namespace: string, signal: AbortSignal): Promise<void> {
  for (const pod of await api.ended(namespace, LABELS, signal))
    if (pod.startsWith(PREFIX)) await api.delete(namespace, pod, signal);
}

function podOn(node: string, name: string, image: string): object {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {name, labels: LABELS},
    spec: {
      nodeName: node,
      hostPID: true,
      hostNetwork: true,
      restartPolicy: 'Never',
      activeDeadlineSeconds: LIFETIME,
      terminationGracePeriodSeconds: 0,
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      tolerations: [{operator: 'Exists'}],
      priorityClassName: 'system-node-critical',
      containers: [
        {
          name: 'node',
          image,
          imagePullPolicy: 'IfNotPresent',
          command: ['sh', '-c', `sleep ${LIFETIME}`],
          securityContext: {privileged: true, runAsUser: 0},
        },
      ],
    },
  };
}

async function running(
  api: PodApi,
  {namespace, pod, node, image}: {namespace: string; pod: string; node: string; image: string},
  signal: AbortSignal,
): Promise<void> {
  const fail = (why: string) =>
    new Problem(`the pod that was to reach ${node} does not run`, {
      why: printable(why),
      next: 'name an image that the node has, or can pull, and that has sh, with --node-pod-image',
      exitCode: ExitCode.noAccess,
    });
  const deadline = performance.now() + START;
  for (;;) {
    const status = await api.status(namespace, pod, signal);
    const waiting = status?.containerStatuses?.[0]?.state?.waiting;
    if (status?.phase === 'Running') return;
    if (!status) throw fail('someone deleted it');
    if (status.phase === 'Failed' || status.phase === 'Succeeded')
      throw fail(status.message ?? status.reason ?? 'it ended at once');
    if (/^(ErrImage|ImagePull|InvalidImage|CreateContainer|RunContainer)/.test(waiting?.reason ?? ''))
      throw fail(`${image}: ${waiting?.message ?? waiting?.reason}`);
    if (performance.now() > deadline)
      throw fail(`it is still ${waiting?.reason ?? status.phase ?? 'waiting'} after ${START / 1000} s`);
    await sleep(PAUSE, undefined, {signal});
  }
}

function podTransport(api: PodApi, target: Parameters<ExecInPod>[0]): Transport {
  return {
    title: `pod ${target.namespace}/${target.name}`,
    async run(words, {input, output}, signal) {
      const ending = Promise.withResolvers<Ending>();
      const stopped = new AbortController();
      const onStdout = async (chunk: Buffer) => {
        if ((await output.onStdout(chunk)) === false) ending.resolve('size');
      };
      const silence = setTimeout(() => output.begun || ending.resolve('silence'), BEGIN);
      const command = ['sh', '-c', ENTER, 'kops', ...words];
      const ended = api
        .exec(target, command, {input, onStdout, onStderr: output.onStderr}, AbortSignal.any([signal, stopped.signal]))
        .catch((error: unknown) => {
          signal.throwIfAborted();
          if (!stopped.signal.aborted) output.onStderr(Buffer.from(`\n${error instanceof Error ? error.message : error}\n`));
        });
      try {
        return await Promise.race([ended.then((): Ending => 'exit'), ending.promise]);
      } finally {
        clearTimeout(silence);
        stopped.abort();
      }
    },
    explain: () => undefined,
  };
}
