import {ExitCode, Problem} from '../problem.ts';
import type {EtcdctlConnection} from './etcdctl.ts';
import type {GrpcEndpoint} from './grpc/channel.ts';

/** Where an API server keeps objects, by its own flags. Paths are those of its container. */
export interface Store {
  /** URLs of etcd. */
  readonly servers: readonly string[];
  /** What all its keys begin with, without a slash at the end. */
  readonly prefix: string;
  /** Resources that are not in it, because they have etcd servers of their own. */
  readonly elsewhere: readonly StoredResource[];
  readonly caFile: string | undefined;
  readonly certFile: string | undefined;
  readonly keyFile: string | undefined;
}

/** `{group: '', resource: 'secrets'}`. */
export interface StoredResource {
  readonly group: string;
  readonly resource: string;
}

/**
 * The store of one resource, which may have etcd servers of its own (--etcd-servers-overrides). `flags` are the kube-apiserver's, without
 * their dashes; `where` names it in a Problem.
 */
export function storeOf(flags: ReadonlyMap<string, string>, {group, resource}: StoredResource, where: string): Store {
  const overrides = overridesOf(flags);
  const usual = listOf(flags.get('etcd-servers'), ',');
  const servers = overrides.get(`${group}/${resource}`) ?? usual;
  if (servers.length === 0) {
    throw new Problem(`no etcd is known: ${where} has no --etcd-servers`, {
      why: 'without it nobody can tell where the API server keeps its objects',
      exitCode: ExitCode.noAccess,
    });
  }
  const prefix = flags.get('etcd-prefix') || '/registry';
  return {
    servers,
    elsewhere: [...overrides]
      .filter(([, others]) => others.toSorted().join() !== servers.toSorted().join())
      .map(([name]) => ({group: name.slice(0, name.lastIndexOf('/')), resource: name.slice(name.lastIndexOf('/') + 1)})),
    prefix: `/${prefix.replaceAll(/^\/+|\/+$/g, '')}`,
    caFile: flags.get('etcd-cafile') || undefined,
    certFile: flags.get('etcd-certfile') || undefined,
    keyFile: flags.get('etcd-keyfile') || undefined,
  };
}

/** `/events#https://a:2379;https://b:2379,apps/deployments#https://c:2379`: group/resource#servers. */
const overridesOf = (flags: ReadonlyMap<string, string>): Map<string, string[]> =>
  new Map(
    listOf(flags.get('etcd-servers-overrides'), ',').map((entry) => {
      const [name = '', servers = ''] = entry.split('#');
      return [name, listOf(servers, ';')];
    }),
  );

/** The node whose API server it is, as seen from here. */
export interface Place {
  /** The node's own, `172.18.0.2`; the one that leads there from here first. */
  readonly addresses: readonly string[];
  /** kops runs on that very node, so that its loopback addresses are the node's. */
  readonly isLocal: boolean;
  /** URLs that the stacked members advertise to clients. */
  readonly advertised: readonly string[];
}

/**
 * The URLs under which the store may be reached directly. A loopback address is the node's own, so from elsewhere it becomes the node's
 * address: here it might be another cluster's etcd. The name to expect in the certificate stays the one that the API server expects.
 */
export function directEndpoints(store: Store, {addresses, isLocal, advertised}: Place): GrpcEndpoint[] {
  const endpoints = [...store.servers, ...advertised].filter(isUrl).flatMap((url): GrpcEndpoint[] => {
    if (isLocal || !isLoopback(url)) return [{url: originOf(url)}];
    const {hostname: serverName} = new URL(url);
    return addresses.map((address) => ({url: withHost(url, address), serverName: withoutBrackets(serverName)}));
  });
  return [...new Map(endpoints.reverse().map((endpoint) => [endpoint.url, endpoint])).values()].reverse();
}

const isUrl = (text: string): boolean => /^https?:/.test(text) && URL.canParse(text);

function isLoopback(url: string): boolean {
  const host = withoutBrackets(new URL(url).hostname);
  return host === 'localhost' || host.startsWith('127.') || host === '::1';
}

/** How etcdctl in etcd's own container reaches it: by etcd's flags, and where it has none those of kubeadm. */
export function etcdctlConnection(command: readonly string[]): EtcdctlConnection {
  const flags = flagsOf(command);
  const urls = listOf(flags.get('listen-client-urls'), ',').filter(isUrl);
  const url = urls.find(isLoopback) ?? urls[0] ?? 'https://127.0.0.1:2379';
  const endpoint = withHost(url, new URL(url).hostname.replace(/^(0\.0\.0\.0|\[::\])$/, '127.0.0.1'));
  if (endpoint.startsWith('http:')) return {endpoint};
  return {
    endpoint,
    cacert: flags.get('trusted-ca-file') ?? `${PKI}/ca.crt`,
    cert: flags.get('cert-file') ?? `${PKI}/server.crt`,
    key: flags.get('key-file') ?? `${PKI}/server.key`,
  };
}

const PKI = '/etc/kubernetes/pki/etcd';

/** `--name=value` and `--name value`. */
function flagsOf(command: readonly string[]): Map<string, string> {
  const flags = new Map<string, string>();
  command.forEach((word, i) => {
    const [, name, value] = /^--?([^=]+)(?:=(.*))?$/s.exec(word) ?? [];
    const next = command[i + 1] ?? '';
    if (name !== undefined) flags.set(name, value ?? (next.startsWith('-') ? 'true' : next));
  });
  return flags;
}

const listOf = (text: string | undefined, separator: string): string[] =>
  (text ?? '')
    .split(separator)
    .map((item) => item.trim())
    .filter((item) => item !== '');

const originOf = (url: string): string => url.replace(/\/+$/, '');
const withoutBrackets = (host: string): string => host.replace(/^\[(.*)\]$/, '$1');

function withHost(url: string, host: string): string {
  const {protocol, port} = new URL(url);
  const bracketed = host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
  return `${protocol}//${bracketed}:${port || '2379'}`;
}
