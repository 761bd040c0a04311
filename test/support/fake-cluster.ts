import type {Api, ApiResponse, RawRequest} from '../../src/kube/api.ts';
import type {
  Change,
  Cluster,
  ExecOptions,
  ExecResult,
  Followed,
  JsonPatch,
  ObjectRef,
  PodRef,
  PortForward,
  Query,
} from '../../src/kube/cluster.ts';
import {ApiProblem, Conflict} from '../../src/kube/errors.ts';
import type {KubeObject} from '../../src/kube/json.ts';
import {type ResourceName, resources} from '../../src/kube/resources.ts';
import type {Problem} from '../../src/problem.ts';
import {FakeFollower} from './fake-follower.ts';
import {applyJsonPatch} from './json-patch.ts';

export interface FakeOptions {
  readonly context?: string;
  readonly namespace?: string;
  /** Refused with Forbidden: `get secrets`, `list pods`. */
  readonly forbidden?: readonly string[];
  /** What controllers make of a write: called with each object after it is stored. */
  readonly controllers?: (object: KubeObject, cluster: FakeCluster) => void;
  /** Answers what is asked of an API server directly; without it, 404. */
  readonly answer?: (request: RawRequest, server: string) => FakeAnswer | Promise<FakeAnswer>;
  /** What a program does in a container; without it, a bug of the test. */
  readonly exec?: (
    pod: PodRef,
    container: string,
    command: readonly string[],
    options: ExecOptions,
  ) => ExecResult | Promise<ExecResult>;
  /** The port of this machine that stands for a pod's; without it, one that nothing listens on. */
  readonly ports?: (pod: PodRef, port: number) => number;
}

export interface FakeAnswer {
  readonly status?: number;
  readonly headers?: ApiResponse['headers'];
  /** An object is sent as JSON. */
  readonly body?: string | object;
}

/** A cluster in memory: objects, resourceVersions, preconditions and dry runs as the API server has them. No admission, no defaults. */
export class FakeCluster implements Cluster {
  readonly context: string;
  readonly namespace: string;
  readonly server = 'https://fake.example';
  readonly api: Api;
  /** What was asked for, in order: `patch deployments/web`, and ` (dry run)` behind those; `list secrets (metadata)`; `GET /livez`. */
  readonly requests: string[] = [];
  /** Called once before the next patch is tried: what someone else does in between. */
  meanwhile: (() => void) | undefined;
  private readonly objects = new Map<string, KubeObject>();
  private readonly followers = new Set<FakeFollower>();
  private trouble: Problem | undefined;
  private readonly options: FakeOptions;
  private version = 1000;

  constructor(objects: readonly KubeObject[] = [], options: FakeOptions = {}) {
    this.options = options;
    this.context = options.context ?? 'kind-kops';
    this.namespace = options.namespace ?? 'shop';
    for (const object of objects) this.put(object);
    this.api = this.apiOf(this.server);
  }

  /** Stores an object as a controller or another user would: no request, a new resourceVersion. */
  put<T extends KubeObject>(object: T): T {
    const resource = resourceOf(object);
    const stored = {...object, metadata: {...object.metadata, resourceVersion: String(++this.version)}};
    this.objects.set(keyOf(resource, object.metadata ?? {}), stored);
    this.tellFollowers('stored', stored);
    return stored;
  }
  /** Takes an object away as a controller or another user would. */
  remove(object: KubeObject): void {
    this.objects.delete(keyOf(resourceOf(object), object.metadata ?? {}));
    this.tellFollowers('deleted', object);
  }
  /** Followers (of one resource where told) hear nothing until `recover`, which makes them list again, as after an API server's restart. */
  lose(trouble: Problem, resource?: ResourceName): void {
    if (resource === undefined) this.trouble = trouble;
    for (const follower of this.followers) {
      if (resource === undefined || follower.options.resource === resource) follower.trouble = trouble;
    }
  }
  recover(): void {
    this.trouble = undefined;
    for (const follower of this.followers) {
      follower.trouble = undefined;
      follower.relist();
    }
  }
  /** What is followed now: `pods app=web`. */
  get followed(): string[] {
    return [...this.followers].map(({options: {resource, query}}) =>
      [resource, query.labelSelector ?? query.fieldSelector].filter(Boolean).join(' '),
    );
  }
  /** What is stored now. */
  read<T extends KubeObject>(resource: ResourceName, name: string, namespace = this.namespace): T {
    return this.objects.get(keyOf(resource, {name, namespace})) as T;
  }

  async get(resource: ResourceName, ref: ObjectRef): Promise<never> {
    this.note('get', resource, ref.name);
    const found = this.objects.get(keyOf(resource, ref));
    if (!found) throw new ApiProblem(`${resource}/${ref.name} not found`, {status: 404, reason: 'NotFound'});
    return structuredClone(found) as never;
  }
  async find(resource: ResourceName, ref: ObjectRef): Promise<undefined> {
    this.note('get', resource, ref.name);
    return structuredClone(this.objects.get(keyOf(resource, ref))) as undefined;
  }
  async list(
    resource: ResourceName,
    query: Query,
    _signal: AbortSignal,
    keep: (object: never) => never = (object) => object,
  ): Promise<never[]> {
    this.note('list', resource);
    return (structuredClone(this.select(resource, query)) as never[]).map((object) => keep(object));
  }
  async listMetadata(resource: ResourceName, query: Query): Promise<KubeObject[]> {
    this.note('list', resource, undefined, 'metadata');
    return this.select(resource, query).map(({kind = '', metadata = {}}) => structuredClone({kind, metadata}));
  }
  follow(resource: ResourceName, query: Query, onChange: (change: Change<never>) => void, signal: AbortSignal): Followed<never> {
    const {forbidden = []} = this.options;
    const refused = new Set((['list', 'watch'] as const).filter((verb) => forbidden.includes(`${verb} ${resource}`)));
    const select = () => structuredClone(this.select(resource, query));
    const tell = onChange as (change: Change<KubeObject>) => void;
    const follower = new FakeFollower({resource, query, onChange: tell, select, refused, signal}, this.trouble);
    this.followers.add(follower);
    signal.addEventListener('abort', () => this.followers.delete(follower));
    return follower as unknown as Followed<never>;
  }
  async create(
    resource: ResourceName,
    namespace: string | undefined,
    object: KubeObject,
    {dryRun}: {dryRun?: boolean},
  ): Promise<never> {
    this.note('create', resource, object.metadata?.name, dryRun && 'dry run');
    const metadata = {uid: crypto.randomUUID(), ...object.metadata, ...(namespace !== undefined && {namespace})};
    const made: KubeObject = {...object, kind: resources[resource].kind, metadata};
    if (this.objects.has(keyOf(resource, metadata)))
      throw new ApiProblem(`${resource}/${object.metadata?.name} already exists`, {status: 409, reason: 'AlreadyExists'});
    return (dryRun ? made : this.store(made)) as never;
  }
  async patch(resource: ResourceName, ref: ObjectRef, patch: JsonPatch, {dryRun}: {dryRun?: boolean}): Promise<never> {
    this.note('patch', resource, ref.name, dryRun && 'dry run');
    const meanwhile = this.meanwhile;
    this.meanwhile = undefined;
    meanwhile?.();
    const before = this.objects.get(keyOf(resource, ref));
    if (!before) throw new ApiProblem(`${resource}/${ref.name} not found`, {status: 404, reason: 'NotFound'});
    const after = applyJsonPatch(before, patch);
    if (!after) throw new Conflict(`${resource}/${ref.name} is not as it was expected`, {status: 409, reason: 'Conflict'});
    const isChanged = JSON.stringify((after as {spec?: unknown}).spec) !== JSON.stringify((before as {spec?: unknown}).spec);
    const generation = (before.metadata?.generation ?? 0) + (isChanged ? 1 : 0);
    const written = {...after, metadata: {...after.metadata, ...(before.metadata?.generation && {generation})}};
    return structuredClone(dryRun ? written : this.store(written)) as never;
  }
  async delete(resource: ResourceName, ref: ObjectRef, uid: string, {dryRun}: {dryRun?: boolean}): Promise<void> {
    this.note('delete', resource, ref.name, dryRun && 'dry run');
    const found = this.objects.get(keyOf(resource, ref));
    if (!found) throw new ApiProblem(`${resource}/${ref.name} not found`, {status: 404, reason: 'NotFound'});
    if (found.metadata?.uid !== uid)
      throw new Conflict(`${resource}/${ref.name} is another one`, {status: 409, reason: 'Conflict'});
    if (dryRun) return;
    this.remove(found);
  }
  async logs(pod: ObjectRef): Promise<string> {
    this.note('get', 'pods', `${pod.name}/log`);
    return '';
  }

  async exec(pod: PodRef, container: string, command: readonly string[], options: ExecOptions): Promise<ExecResult> {
    this.note('create', 'pods', `${pod.name}/exec`);
    const {exec} = this.options;
    if (exec === undefined) throw new Error('nothing runs in the pods of this cluster');
    return exec(pod, container, command, options);
  }
  async portForward(pod: PodRef, port: number): Promise<PortForward> {
    this.note('create', 'pods', `${pod.name}/portforward`);
    return {host: '127.0.0.1', port: this.options.ports?.(pod, port) ?? 1, trouble: undefined, close: async () => {}};
  }
  async apiAt({href}: URL): Promise<Api> {
    return this.apiOf(href.replace(/\/$/, ''));
  }

  multiplex<T>(task: (api: Api) => Promise<T>): Promise<T> {
    return task(this.api);
  }
  private apiOf(server: string): Api {
    return {
      context: this.context,
      server,
      send: async (request, signal) => {
        signal.throwIfAborted();
        this.requests.push(`${request.method} ${request.path}`);
        const {status = 200, headers = {}, body = ''} = (await this.options.answer?.(request, server)) ?? {status: 404};
        return {status, headers, body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))};
      },
    };
  }
  private tellFollowers(type: 'stored' | 'deleted', object: KubeObject): void {
    for (const follower of this.followers) {
      const {resource, query} = follower.options;
      if (resourceOf(object) === resource && matches(object, query)) follower.changed(type, structuredClone(object));
    }
  }
  private note(verb: string, resource: ResourceName, name?: string, how?: string | false): void {
    this.requests.push(`${verb} ${resource}${name ? `/${name}` : ''}${how ? ` (${how})` : ''}`);
    if (this.options.forbidden?.includes(`${verb} ${resource}`))
      throw new ApiProblem(`may not ${verb} ${resource}`, {status: 403, reason: 'Forbidden'});
  }
  private store(object: KubeObject): KubeObject {
    const stored = this.put(object);
    this.options.controllers?.(stored, this);
    return stored;
  }
  private select(resource: ResourceName, query: Query): KubeObject[] {
    const prefix = `${resource}/`;
    return [...this.objects].flatMap(([key, object]) => (key.startsWith(prefix) && matches(object, query) ? [object] : []));
  }
}

function resourceOf({kind}: KubeObject): ResourceName {
  const found = Object.entries(resources).find(([, resource]) => resource.kind === kind);
  if (!found) throw new Error(`no resource of kind ${kind}`);
  return found[0] as ResourceName;
}

const keyOf = (resource: ResourceName, {namespace, name}: {namespace?: string; name?: string}): string =>
  `${resource}/${resources[resource].namespaced ? namespace : ''}/${name}`;

/** Equalities only, of labels and of fields. */
function matches(object: KubeObject, {namespace, labelSelector = '', fieldSelector = ''}: Query): boolean {
  if (namespace !== undefined && object.metadata?.namespace !== namespace) return false;
  const field = (path: string) =>
    path.split('.').reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], object);
  return holds(labelSelector, (key) => object.metadata?.labels?.[key]) && holds(fieldSelector, field);
}

const holds = (selector: string, read: (key: string) => unknown): boolean =>
  selector
    .split(',')
    .filter((term) => term !== '')
    .every((term) => {
      const [key = '', value] = term.split(/!?==?/, 2);
      return (read(key) === value) !== term.includes('!=');
    });
