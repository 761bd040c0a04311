import {createApi} from './api.ts';
import type {Cluster, JsonPatch, LogQuery, ObjectRef, Query, WriteOptions} from './cluster.ts';
import {NotFound} from './errors.ts';
import {follow} from './follow.ts';
import type {KubeObject} from './json.ts';
import {listAll} from './list.ts';
import {collectionPath, objectPath} from './paths.ts';
import {type Connection, createSend, type Requester} from './request.ts';
import {type ObjectOf, type Resource, type ResourceName, resources} from './resources.ts';

/** Who kops is in an object's `managedFields`. */
const fieldManager = 'kops';
const parametersOf = ({dryRun}: WriteOptions) => ({fieldManager, dryRun: dryRun ? 'All' : undefined});

/** A `Cluster` whose methods are requests to the API server. */
export function createApiCluster(
  namespace: string,
  connection: Connection,
  requester: Requester,
  apiAt: Cluster['apiAt'],
): Cluster {
  const {context, server} = connection;
  async function get<N extends ResourceName>(name: N, ref: ObjectRef, signal: AbortSignal): Promise<ObjectOf<N>> {
    const resource = resources[name];
    const target = {verb: 'get', resource, ...ref} as const;
    return (await requester.json<ObjectOf<N>>({method: 'GET', path: objectPath(resource, ref), target}, signal)).value;
  }

  return {
    context,
    namespace,
    server,
    api: createApi(requester),
    apiAt,
    async multiplex(task) {
      const {createMultiplexer} = await import('./http/multiplex.ts');
      const {exchange, close} = createMultiplexer();
      try {
        return await task(createApi({place: connection, send: createSend(connection, exchange)}));
      } finally {
        close();
      }
    },
    get,

    async find(name, ref, signal) {
      try {
        return await get(name, ref, signal);
      } catch (error) {
        if (error instanceof NotFound) return undefined;
        throw error;
      }
    },

    async list<N extends ResourceName>(name: N, query: Query, signal: AbortSignal, keep?: (object: ObjectOf<N>) => ObjectOf<N>) {
      return (await listAll(requester, resourceOf(name), query, signal, {keep})).items;
    },

    async listMetadata(name, query, signal) {
      const resource: Resource<KubeObject> = resources[name];
      const keep = ({apiVersion = '', kind = '', metadata = {}}: KubeObject) => ({apiVersion, kind, metadata});
      return (await listAll(requester, resource, query, signal, {accept: METADATA_ONLY, keep})).items;
    },

    follow: (name, query, onChange, signal) => follow(requester, resourceOf(name), query, onChange, signal),

    async create<N extends ResourceName>(
      name: N,
      into: string | undefined,
      object: ObjectOf<N>,
      options: WriteOptions,
      signal: AbortSignal,
    ) {
      const resource = resourceOf(name);
      const path = collectionPath(resource, {namespace: into}, parametersOf(options));
      const target = {verb: 'create', resource, namespace: into, name: object.metadata?.name} as const;
      return (await requester.json<ObjectOf<N>>({method: 'POST', path, target, body: object}, signal)).value;
    },

    async patch<N extends ResourceName>(name: N, ref: ObjectRef, patch: JsonPatch, options: WriteOptions, signal: AbortSignal) {
      const resource = resourceOf(name);
      const path = objectPath(resource, ref, '', parametersOf(options));
      const target = {verb: 'patch', resource, ...ref, tested: patch.some(({op}) => op === 'test')} as const;
      const contentType = 'application/json-patch+json';
      return (await requester.json<ObjectOf<N>>({method: 'PATCH', path, target, body: patch, contentType}, signal)).value;
    },

    async delete(name, ref, uid, {dryRun}, signal) {
      const resource = resources[name];
      const body = {apiVersion: 'v1', kind: 'DeleteOptions', preconditions: {uid}, ...(dryRun && {dryRun: ['All']})};
      await requester.bytes(
        {method: 'DELETE', path: objectPath(resource, ref), target: {verb: 'delete', resource, ...ref}, body},
        signal,
      );
    },

    async logs(pod: ObjectRef, {container, previous, tailLines, limitBytes}: LogQuery, signal: AbortSignal) {
      const resource = resources.pods;
      const path = objectPath(resource, pod, 'log', {container, previous, tailLines, limitBytes});
      const target = {verb: 'get', resource, ...pod, subresource: 'log'} as const;
      return (await requester.bytes({method: 'GET', path, target, maxBytes: limitBytes + LOG_SLACK}, signal)).toString('utf8');
    },

    // What these two need is loaded only where it is used.
    async exec(...request) {
      const {execInPod} = await import('./exec.ts');
      return execInPod(connection, ...request);
    },

    async portForward(...request) {
      const {portForward} = await import('./port-forward.ts');
      return portForward(connection, ...request);
    },
  };
}

/** Metadata of whatever kind; from a server that cannot do that, the whole objects. */
const METADATA_ONLY = 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io,application/json';

/** The kubelet may end the text with a note of its own. */
const LOG_SLACK = 64 * 1024;

/** TypeScript cannot see that a name and the resource under that name belong together. */
const resourceOf = <N extends ResourceName>(name: N): Resource<ObjectOf<N>> => resources[name] as Resource<ObjectOf<N>>;
