import {readFileSync} from 'node:fs';
import {Agent, request} from 'node:https';
import {createInterface} from 'node:readline';
import {parse, parseAllDocuments} from 'yaml';
import type {KubeObject} from '../../src/kube/json.ts';
import {type Resource, resources} from '../../src/kube/resources.ts';

/** The least that a test needs to prepare a cluster: independent of the code under test, and of kubectl, which may be missing. */
export interface Api {
  /** Any request; rejects on a status of 400 and more with the server's message. */
  send(method: string, path: string, body?: unknown, contentType?: string): Promise<unknown>;
  /** A watch: calls back with each line as it comes, until the function it returns is called. */
  stream(path: string, onLine: (line: string) => void): () => void;
  /** Server-side apply of YAML documents or objects, into `namespace` where they name none. */
  apply(namespace: string | undefined, ...manifests: readonly (string | KubeObject)[]): Promise<KubeObject[]>;
}

interface Kubeconfig {
  'current-context': string;
  contexts: {name: string; context: {cluster: string; user: string}}[];
  clusters: {name: string; cluster: {server: string; 'certificate-authority-data': string}}[];
  users: {name: string; user: {'client-certificate-data': string; 'client-key-data': string}}[];
}

/**
 * Connects as a context of a lab's kubeconfig, which holds its certificates: the current one, unless one is named. `manager` owns the fields
 * it applies; `server` is one of the cluster's API servers, where it is not the one of the kubeconfig.
 */
export function connectApi(
  kubeconfig: string,
  manager = 'kops-test',
  {context: contextName, server: other}: {readonly context?: string; readonly server?: string} = {},
): Api {
  const config = parse(readFileSync(kubeconfig, 'utf8')) as Kubeconfig;
  const context = byName(config.contexts, contextName ?? config['current-context']).context;
  const {server: usual, 'certificate-authority-data': ca} = byName(config.clusters, context.cluster).cluster;
  const server = other ?? usual;
  const user = byName(config.users, context.user).user;
  const decode = (base64: string) => Buffer.from(base64, 'base64');
  const agent = new Agent({
    keepAlive: true,
    ca: decode(ca),
    cert: decode(user['client-certificate-data']),
    key: decode(user['client-key-data']),
  });

  const send: Api['send'] = (method, path, body, contentType = 'application/json') =>
    new Promise((resolve, reject) => {
      const headers = body === undefined ? {} : {'content-type': contentType};
      const sent = request(new URL(path, server), {method, agent, headers}, async (response) => {
        const chunks: Buffer[] = [];
        for await (const chunk of response) chunks.push(chunk);
        const text = Buffer.concat(chunks).toString();
        if ((response.statusCode ?? 500) >= 400) reject(new Error(`${method} ${path}: ${response.statusCode} ${text}`));
        else resolve(response.headers['content-type']?.startsWith('application/json') ? JSON.parse(text) : text);
      });
      sent.on('error', reject);
      sent.end(body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body));
    });

  return {
    send,
    stream(path, onLine) {
      const sent = request(new URL(path, server), {agent}, (response) => {
        createInterface({input: response})
          .on('line', onLine)
          .on('error', () => {});
      });
      sent.on('error', () => {}); // its end, when asked for
      sent.end();
      return () => void sent.destroy();
    },
    async apply(namespace, ...manifests) {
      const applied: KubeObject[] = [];
      for (const object of manifests.flatMap(objectsIn)) {
        const path = `${pathOf(object, namespace)}?fieldManager=${manager}&force=true`;
        applied.push((await send('PATCH', path, object, 'application/apply-patch+yaml')) as KubeObject);
      }
      return applied;
    },
  };
}

/** `/apis/apps/v1/namespaces/shop/deployments/web`. Without a name: the collection. */
export function pathTo(resource: Pick<Resource<unknown>, 'apiVersion' | 'plural'>, namespace?: string, name?: string): string {
  const group = resource.apiVersion.includes('/') ? `/apis/${resource.apiVersion}` : `/api/${resource.apiVersion}`;
  return `${group}${namespace === undefined ? '' : `/namespaces/${namespace}`}/${resource.plural}${name === undefined ? '' : `/${name}`}`;
}

const objectsIn = (manifest: string | KubeObject): KubeObject[] =>
  typeof manifest === 'string'
    ? parseAllDocuments(manifest)
        .map((document) => document.toJS() as KubeObject | null)
        .filter((object) => object !== null)
    : [manifest];

const clusterWide = new Set([
  'ClusterRole',
  'ClusterRoleBinding',
  'Namespace',
  'PersistentVolume',
  'PriorityClass',
  'StorageClass',
  'ValidatingAdmissionPolicy',
  'ValidatingAdmissionPolicyBinding',
  'ValidatingWebhookConfiguration',
]);

function pathOf({apiVersion = '', kind = '', metadata}: KubeObject, namespace: string | undefined): string {
  const known = Object.values(resources).find((resource) => resource.apiVersion === apiVersion && resource.kind === kind);
  const {namespaced, plural} = known ?? {
    namespaced: !clusterWide.has(kind),
    plural: `${kind.toLowerCase().replace(/y$/, 'ie').replace(/ss$/, 'sse')}s`,
  };
  return pathTo({apiVersion, plural}, namespaced ? (metadata?.namespace ?? namespace) : undefined, metadata?.name);
}

function byName<T extends {name: string}>(list: readonly T[], name: string): T {
  const found = list.find((entry) => entry.name === name);
  if (!found) throw new Error(`the kubeconfig has no ${name}`);
  return found;
}
