import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import type {IncomingMessage, ServerResponse} from 'node:http';
import {createSecureServer} from 'node:http2';
import {createServer} from 'node:https';
import type {AddressInfo, Socket} from 'node:net';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {onTestFinished} from 'vitest';
import {type WebSocket, WebSocketServer} from 'ws';
import {stringify} from 'yaml';
import type {Cluster} from '../../src/kube/cluster.ts';
import {type ConnectOptions, connect} from '../../src/kube/connect.ts';
import {type Authority, type Certificate, createAuthority} from '../../src/lab/embedded/certificates.ts';

/** What a request to the fake was. */
export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headersDistinct'];
  readonly body: string;
}

/** Answers one request; the `n`th of all, from 1. */
export type Answer = (asked: Asked, response: ServerResponse, n: number) => void | Promise<void>;

export interface FakeApiServer {
  readonly url: string;
  readonly port: number;
  /** PEM. */
  readonly ca: string;
  /** All requests so far. */
  readonly asked: Asked[];
  /** TCP connections that were made so far. */
  connections(): number;
  /** Takes WebSockets from now on, without a word to `Answer`. */
  takeSockets(take: (socket: WebSocket, url: URL, request: IncomingMessage) => void): void;
  /** Cuts all connections, as a server that dies does. */
  cut(): void;
  /** Writes a kubeconfig file for it; `cluster` and `user` go over the defaults. */
  kubeconfig(entries?: {cluster?: object; user?: object}): Promise<string>;
  /** kops' own connection to it, by such a file. */
  connect(options?: ConnectOptions): Promise<Cluster>;
}

/** An HTTPS server on a real socket that answers as the test says. Closed when the test ends. */
export async function fakeApiServer(
  answer: Answer,
  certificate?: Certificate & {ca: string},
  protocol: 'http/1.1' | 'h2' = 'http/1.1',
): Promise<FakeApiServer> {
  const {ca, ...own} = certificate ?? (await servingCertificate());
  const asked: Asked[] = [];
  const sockets = new Set<Socket>();
  let connections = 0;
  const tls = {cert: own.certificate, key: own.key, requestCert: true, rejectUnauthorized: false};
  const listener = async (request: IncomingMessage, response: ServerResponse) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const {pathname, searchParams} = new URL(request.url ?? '/', 'https://fake');
    const one = {
      method: request.method ?? '',
      path: pathname,
      query: searchParams,
      headers: request.headersDistinct,
      body: Buffer.concat(chunks).toString(),
    };
    asked.push(one);
    await answer(one, response, asked.length);
  };
  // Node gives a listener for HTTP/1.1 the same requests and answers over HTTP/2.
  const server = protocol === 'h2' ? createSecureServer(tls, listener as never) : createServer(tls, listener);
  server.on('connection', (socket) => {
    connections++;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => {});
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const {port} = server.address() as AddressInfo;
  const url = `https://127.0.0.1:${port}`;
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  onTestFinished(() => {
    server.close();
    cut();
  });

  const kubeconfig: FakeApiServer['kubeconfig'] = ({cluster, user} = {}) =>
    writeKubeconfig({server: url, 'certificate-authority-data': base64(ca), ...cluster}, {token: 'secret', ...user});
  return {
    url,
    port,
    ca,
    asked,
    connections: () => connections,
    takeSockets(take) {
      const upgrades = new WebSocketServer({noServer: true});
      server.on('upgrade', (request, socket, head) =>
        upgrades.handleUpgrade(request, socket, head, (accepted) => take(accepted, new URL(request.url ?? '/', url), request)),
      );
    },
    cut,
    kubeconfig,
    connect: async (options) => connect({kubeconfig: await kubeconfig(), ...options}),
  };
}

/** A kubeconfig file with one context, `test`, in a folder that goes when the test ends. */
export async function writeKubeconfig(cluster: object, user: object, context: object = {}): Promise<string> {
  return temporaryFile(
    'kubeconfig',
    stringify({
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'test',
      clusters: [{name: 'test', cluster}],
      users: [{name: 'test', user}],
      contexts: [{name: 'test', context: {cluster: 'test', user: 'test', ...context}}],
    }),
  );
}

/** Writes a file in a folder of its own that goes when the test ends. */
export async function temporaryFile(name: string, text: string, mode = 0o600): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'kops-test-'));
  onTestFinished(() => rm(folder, {recursive: true, force: true}));
  const file = join(folder, name);
  await writeFile(file, text, {mode});
  return file;
}

const base64 = (text: string): string => Buffer.from(text).toString('base64');

let authority: Promise<Authority> | undefined;

/** For 127.0.0.1; `now` in the past makes one that has expired. */
export async function servingCertificate({
  now = Date.now(),
  addresses = ['127.0.0.1'],
  dnsNames = ['localhost'],
} = {}): Promise<Certificate & {ca: string}> {
  authority ??= createAuthority('fake-ca', Date.now());
  const issuer = now < Date.now() - 60_000 ? await createAuthority('fake-ca-of-old', now) : await authority;
  const leaf = await issuer.issue({commonName: 'fake', usages: ['server'], dnsNames, addresses});
  return {...leaf, ca: issuer.certificate};
}

/** A JSON answer. */
export function json(response: ServerResponse, body: unknown, status = 200, headers: Record<string, string> = {}): void {
  response.writeHead(status, {'content-type': 'application/json', ...headers}).end(JSON.stringify(body));
}

/** A metav1.Status, as an API server refuses. */
export function refuse(response: ServerResponse, code: number, reason: string, message: string, details: object = {}): void {
  json(response, {kind: 'Status', apiVersion: 'v1', status: 'Failure', code, reason, message, details}, code);
}

/** A list of objects; `metadata` may hold `continue`. */
export function list(response: ServerResponse, items: readonly object[], metadata: object = {}): void {
  json(response, {kind: 'List', apiVersion: 'v1', metadata: {resourceVersion: '100', ...metadata}, items});
}

/** One line of a watch. */
export function event(response: ServerResponse, type: string, object: object): void {
  response.write(`${JSON.stringify({type, object})}\n`);
}

export function pod(name: string, resourceVersion = '1', more: object = {}): object {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {name, namespace: 'shop', uid: `uid-${name}`, resourceVersion},
    ...more,
  };
}
