import {afterAll, inject, onTestFinished, vi} from 'vitest';
import type {KubeObject} from '../../src/kube/json.ts';
import {type ObjectOf, type ResourceName, resources} from '../../src/kube/resources.ts';
import {connectApi, pathTo} from './api.ts';
import {type Result, type Running, type RunOptions, start, startKops} from './process.ts';
import type {TestLab} from './test-lab.ts';

/** The cluster of this project (live: embedded, kind: kind). */
export const liveCluster = (): TestLab => inject('lab');

/** Runs kops from its sources on the test's cluster, to its end. */
export const kops = (args: readonly string[], options: RunOptions = {}): Promise<Result> =>
  startKops(args, onCluster(options)).ended;

/** The same, while the test looks on. It is killed when the test ends. */
function watchKops(args: readonly string[], options: RunOptions = {}): Running {
  const running = startKops(args, onCluster(options));
  after(async () => void running.process.kill('SIGKILL'));
  return running;
}

const onCluster = (options: RunOptions): RunOptions => ({
  ...options,
  env: {KUBECONFIG: liveCluster().kubeconfig, ...options.env},
});

/**
 * Runs kubectl as the cluster's administrator and returns its standard output; rejects with its standard error. On kind it is the node's
 * own, so files go in through `stdin`. An embedded lab has none of its own: tests there that need one compare kops with it, all else
 * goes through `namespace()`.
 */
export async function kubectl(args: readonly string[], stdin = ''): Promise<string> {
  const {driver, name, kubeconfig} = liveCluster();
  const inNode = ['exec', '-i', `${name}-control-plane`, 'kubectl', '--kubeconfig', '/etc/kubernetes/admin.conf'];
  const [program, words] = driver === 'kind' ? ['docker', inNode] : ['kubectl', ['--kubeconfig', kubeconfig]];
  const {code, stdout, stderr} = await start(program, [...words, ...args], {stdin}).ended;
  if (code !== 0) throw new Error(`kubectl ${args.join(' ')} ended with ${code}\n${stderr}`);
  return stdout;
}

/** A namespace of a test's own, and what a test does in it. */
export interface TestNamespace {
  readonly name: string;
  /** Server-side apply of YAML documents or objects. */
  apply(...manifests: readonly (string | KubeObject)[]): Promise<KubeObject[]>;
  get<N extends ResourceName>(resource: N, name: string): Promise<ObjectOf<N>>;
  list<N extends ResourceName>(resource: N, labelSelector?: string): Promise<ObjectOf<N>[]>;
  /** JSON merge patch, RFC 7396. */
  patch<N extends ResourceName>(resource: N, name: string, patch: object): Promise<ObjectOf<N>>;
  /** Sets the image of a workload's first container, as a user who ships a version does. */
  setImage(resource: 'deployments' | 'statefulsets' | 'daemonsets', name: string, image: string): Promise<void>;
  /** Harmless where it is gone already. */
  delete(resource: ResourceName, name: string): Promise<void>;
  /** Asks until the object is as the test wants it. */
  until<N extends ResourceName>(
    resource: N,
    name: string,
    isSo: (object: ObjectOf<N>) => boolean,
    within?: number,
  ): Promise<ObjectOf<N>>;
  /** kops with `-n` this namespace. */
  kops(args: readonly string[], options?: RunOptions): Promise<Result>;
  watchKops(args: readonly string[], options?: RunOptions): Running;
}

/**
 * Creates a namespace for a test, or, at the top of a file or a `describe`, for all tests below it; deleted after them. Not for
 * hooks: vitest has no `after` for those. Its default service account is there when this resolves, so that pods can be made.
 */
export async function namespace(prefix = 'kops-test-'): Promise<TestNamespace> {
  const api = connectApi(liveCluster().kubeconfig);
  // On a busy machine an API server may be started anew by its kubelet.
  const made = (await vi.waitFor(() => api.send('POST', '/api/v1/namespaces', {metadata: {generateName: prefix}}))) as KubeObject;
  const name = made.metadata?.name ?? '';
  after(async () => void (await api.send('DELETE', pathTo(resources.namespaces, undefined, name))));

  const path = (resource: ResourceName, object?: string) => pathTo(resources[resource], name, object);
  const patch = (type: string, resource: ResourceName, object: string, body: unknown) =>
    api.send('PATCH', path(resource, object), body, `application/${type}+json`);
  const get: TestNamespace['get'] = (resource, object) => api.send('GET', path(resource, object)) as Promise<never>;
  const until: TestNamespace['until'] = (resource, object, isSo, within = 60_000) =>
    vi.waitFor(
      async () => {
        const found = await get(resource, object);
        if (!isSo(found)) throw new Error(`${resource}/${object} is not so yet: ${JSON.stringify(found)}`);
        return found;
      },
      {timeout: within, interval: 100},
    );

  await until('serviceaccounts', 'default', () => true);
  return {
    name,
    apply: (...manifests) => api.apply(name, ...manifests),
    get,
    until,
    list: async (resource, labelSelector = '') => {
      const {items} = (await api.send('GET', `${path(resource)}?labelSelector=${encodeURIComponent(labelSelector)}`)) as {
        items: never[];
      };
      return items;
    },
    patch: (resource, object, body) => patch('merge-patch', resource, object, body) as Promise<never>,
    setImage: async (resource, object, image) => {
      await patch('json-patch', resource, object, [
        {op: 'replace', path: '/spec/template/spec/containers/0/image', value: image},
      ]);
    },
    delete: async (resource, object) => {
      await api.send('DELETE', path(resource, object)).catch((error: Error) => {
        if (!error.message.includes('"code":404')) throw error;
      });
    },
    kops: (args, options) => kops([...args, '-n', name], options),
    watchKops: (args, options) => watchKops([...args, '-n', name], options),
  };
}

/** After the test that runs, or after all tests of the file or `describe` that is being read. */
function after(task: () => Promise<void>): void {
  try {
    onTestFinished(task);
  } catch {
    afterAll(task);
  }
}
