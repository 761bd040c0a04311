import type {Api, ApiResponse, RawRequest} from '../../src/kube/api.ts';
import type {KubeObject} from '../../src/kube/json.ts';

type Answer = {readonly status?: number; readonly body?: string | object; readonly headers?: ApiResponse['headers']};

interface Stored {
  /** As it was sent, less its resourceVersion. */
  body: string;
  uid: string;
  version: number;
  /** Stored with the key of yesterday: a write of the same content is a write. */
  stale: boolean;
}

/** The secrets of an API server that encrypts: versions, preconditions and the writes that are none, as the real one has them. */
export class FakeStore implements Api {
  readonly context = 'kind-kops';
  readonly server = 'https://fake.example';
  readonly requests: string[] = [];
  /** Before each request is answered; what it returns is the answer instead, what it throws was the network. */
  before: (request: RawRequest, n: number) => Answer | undefined | Promise<Answer | undefined> = () => undefined;
  /** Requests under way now, and at most so far. */
  underWay = 0;
  most = 0;
  private readonly objects = new Map<string, Stored>();
  private version = 100;

  constructor(count: number) {
    for (let i = 0; i < count; i++) this.create(`shop/s-${String(i).padStart(5, '0')}`);
  }

  create(key: string, stale = true, data = `"data":{"password":"${Buffer.from(key).toString('base64')}"}`): void {
    this.objects.set(key, {body: data, uid: crypto.randomUUID(), version: ++this.version, stale});
  }
  /** Somebody else writes it. */
  touch(key: string): void {
    const stored = this.get(key);
    Object.assign(stored, {version: ++this.version, stale: false, body: `${stored.body},"touched":${this.version}`});
  }
  remove(key: string): void {
    this.objects.delete(key);
  }
  get(key: string): Stored {
    const stored = this.objects.get(key);
    if (!stored) throw new Error(`no ${key}`);
    return stored;
  }
  get keys(): string[] {
    return [...this.objects.keys()].sort();
  }
  get stale(): string[] {
    return this.keys.filter((key) => this.get(key).stale);
  }

  async send(request: RawRequest, signal: AbortSignal): Promise<ApiResponse> {
    signal.throwIfAborted();
    this.requests.push(`${request.method} ${request.path.replace('/api/v1/', '')}`);
    this.most = Math.max(this.most, ++this.underWay);
    try {
      const instead = await this.before(request, this.requests.length);
      await new Promise(setImmediate);
      const {status = 200, body = '', headers = {}} = instead ?? this.answer(request);
      return {status, headers, body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))};
    } finally {
      this.underWay--;
    }
  }

  private answer({method, path, body}: RawRequest): Answer {
    const url = new URL(path, this.server);
    const [, namespace, name] = /^\/api\/v1\/namespaces\/([^/]+)\/secrets\/([^/]+)$/.exec(url.pathname) ?? [];
    if (name === undefined) return this.page(url.searchParams);
    const key = `${namespace}/${name}`;
    const stored = this.objects.get(key);
    if (stored === undefined) return status(404, 'NotFound', {name});
    if (method === 'GET') return {body: this.textOf(key)};
    const sent = JSON.parse(String(body)) as KubeObject & Record<string, unknown>;
    if (sent.metadata?.resourceVersion !== String(stored.version)) return status(409, 'Conflict', {name});
    const text = String(body);
    const data = text.slice(text.indexOf('},') + 2, -1);
    if (url.searchParams.get('dryRun') === null && (stored.stale || data !== stored.body))
      Object.assign(stored, {version: ++this.version, stale: false, body: data});
    return {body: {kind: 'PartialObjectMetadata', metadata: {name, resourceVersion: String(stored.version)}}};
  }

  private page(query: URLSearchParams): Answer {
    const from = query.get('continue') ?? '';
    const rest = this.keys.filter((key) => key > from);
    const items = rest.slice(0, Number(query.get('limit')));
    const more = rest.length - items.length;
    const metadata = more > 0 ? {continue: items.at(-1), remainingItemCount: more} : {};
    return {
      body: `{"kind":"SecretList","metadata":${JSON.stringify(metadata)},"items":[${items.map((key) => this.textOf(key)).join(',')}]}`,
    };
  }

  private textOf(key: string): string {
    const {body, uid, version} = this.get(key);
    const [namespace, name] = key.split('/');
    return `{"metadata":${JSON.stringify({namespace, name, uid, resourceVersion: String(version)})},${body}}`;
  }
}

/** A metav1.Status. */
export function status(code: number, reason: string, details: object = {}, message = ''): Answer {
  return {status: code, body: {kind: 'Status', status: 'Failure', code, reason, details, message}};
}
