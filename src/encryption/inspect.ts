import type {Etcd, KeyValue} from '../etcd/etcd.ts';
import type {Cluster} from '../kube/cluster.ts';
import {parseObject} from '../kube/json.ts';
import {objectPath} from '../kube/paths.ts';
import {ExitCode, Problem} from '../problem.ts';
import {enumerate} from '../text/enumerate.ts';
import {quoted} from '../text/kubectl.ts';
import {nearest} from '../text/nearest.ts';
import {nameOfKey, type Reader, rulesThatCover} from './stored/audit.ts';
import {etcdPathOf} from './stored/etcd-path.ts';
import {decodeStored, isKnownKind, maskSecret, readStored} from './stored/object.ts';
import {openValue} from './stored/open.ts';
import {describeValue, type StoredValue} from './stored/value.ts';

/** One raw key of etcd. */
export interface EtcdValue extends StoredValue {
  readonly kind: 'EtcdValue';
  /** Of the store. */
  readonly revision: number;
  readonly createRevision: number;
  /** How often it was written since it was made. */
  readonly version: number;
  /** Decoded; null where it cannot be opened, or its encoding is not known. Secrets are masked unless they were to be revealed. */
  readonly object: object | null;
  /** `etcd`: from the stored bytes alone; `api`: as the API server shows the same revision of it, because only that knows the kind's fields. */
  readonly decodedBy: 'etcd' | 'api' | null;
}

export interface InspectOptions {
  readonly etcdPrefix: string;
  readonly readers: readonly Reader[];
  readonly reveal: boolean;
}

/** Reads one key as it is stored. One that does not exist is a Problem that names the nearest. */
export async function inspect(
  etcd: Etcd,
  cluster: Cluster,
  key: string,
  {etcdPrefix, readers, reveal}: InspectOptions,
  signal: AbortSignal,
): Promise<EtcdValue> {
  const revision = await etcd.revision(signal);
  const found = await etcd.get(key, signal, revision);
  if (found === undefined) throw await unknownKey(etcd, etcdPrefix, key, revision, signal);
  const resource = resourceOfKey(key, etcdPrefix, readers);
  const {object, decodedBy} = await decoded(found, resource, readers, cluster, signal);
  return {
    kind: 'EtcdValue',
    revision,
    ...describeValue(found, {resource, readers, reveal}),
    createRevision: found.createRevision,
    version: found.version,
    object: object && !reveal ? maskSecret(object) : (object ?? null),
    decodedBy,
  };
}

/** What `-o raw` prints: the stored bytes. Rejects where they are a Secret's in plaintext and were not to be revealed. */
export function rawBytes({stored, key}: EtcdValue): Buffer {
  if (stored.hidden.length === 0) return Buffer.from(stored.base64, 'base64');
  throw new Problem(`${key} is a Secret in plaintext`, {
    why: 'its bytes as they are would print what is in it',
    next: `kops encrypt-at-rest inspect ${key} -o raw --reveal`,
    exitCode: ExitCode.usage,
  });
}

/** Which rule counts is decided by the resource: the one that the configurations or kops know with that path. */
function resourceOfKey(key: string, etcdPrefix: string, readers: readonly Reader[]): string {
  const named = readers.flatMap(({configuration}) => configuration.rules.flatMap(({resources}) => resources));
  const known = ['secrets', ...named].find((resource) => key.startsWith(etcdPathOf(resource, etcdPrefix)));
  if (known !== undefined) return known;
  const [first = '', second = ''] = key.slice(etcdPrefix.length + 1).split('/');
  return first.includes('.') ? `${second}.${first}` : first;
}

async function decoded(
  {key, value, modRevision}: KeyValue,
  resource: string,
  readers: readonly Reader[],
  cluster: Cluster,
  signal: AbortSignal,
): Promise<Pick<EtcdValue, 'object' | 'decodedBy'>> {
  const plain = readers
    .map(({configuration}) => openValue(value, key, rulesThatCover(configuration, resource)))
    .find(({ok}) => ok);
  const bytes = plain?.ok ? plain.plain : undefined;
  const stored = bytes && readStored(bytes);
  const object = bytes && decodeStored(bytes, stored);
  if (object === undefined || stored === undefined) return {object: null, decodedBy: null};
  const better = isKnownKind(stored) ? undefined : await asServed(object, nameOfKey(key), modRevision, cluster, signal);
  return better ? {object: better, decodedBy: 'api'} : {object, decodedBy: 'etcd'};
}

/** The object as the API server shows it in the version it is stored in; undefined where it has none, or another revision of it. */
async function asServed(
  stored: {apiVersion?: string; metadata?: {name?: string; namespace?: string}},
  key: string,
  revision: number,
  {api}: Cluster,
  signal: AbortSignal,
): Promise<object | undefined> {
  const {apiVersion, metadata: {name, namespace} = {}} = stored;
  const parts = key.split('/');
  const plural = parts.at(namespace === undefined ? -2 : -3);
  if (apiVersion === undefined || name === undefined || plural === undefined) return undefined;
  const resource = {apiVersion, kind: '', plural: PLURALS[plural] ?? plural, namespaced: namespace !== undefined};
  try {
    const path = objectPath(resource, {name, ...(namespace !== undefined && {namespace})});
    const {status, body} = await api.send({method: 'GET', path}, signal);
    const served = status === 200 ? (parseObject(body.toString('utf8')) as {metadata?: {resourceVersion?: string}}) : undefined;
    return served?.metadata?.resourceVersion === String(revision) ? served : undefined;
  } catch {
    signal.throwIfAborted();
    return undefined; // an API server that is down is a reason to look into etcd
  }
}

/** Of those whose path in etcd ends otherwise. */
const PLURALS: Readonly<Record<string, string>> = {
  minions: 'nodes',
  specs: 'services',
  controllers: 'replicationcontrollers',
  ingress: 'ingresses',
};

/** Says what there is in the innermost folder of its path that there is. */
async function unknownKey(etcd: Etcd, etcdPrefix: string, key: string, revision: number, signal: AbortSignal): Promise<Problem> {
  const problem = (what: string, why: string, near: string) =>
    new Problem(what, {why, next: `kops encrypt-at-rest inspect ${quoted(near)}`, exitCode: ExitCode.noAccess});
  const what = `etcd has no key ${key}`;
  if (!key.startsWith('/')) {
    const whole = `/${key}`.startsWith(`${etcdPrefix}/`) ? `/${key}` : `${etcdPrefix}/${key}`;
    return problem(what, 'keys are written whole, with their prefix', whole);
  }
  const path = key.replace(/\/+$/, '');
  for (let folder = path; folder !== ''; folder = folder.slice(0, folder.lastIndexOf('/'))) {
    const children = await childrenOf(etcd, `${folder}/`, revision, signal);
    if (children.length === 0) continue;
    const [wanted = '', ...rest] = path.slice(folder.length + 1).split('/');
    const stored = folder === etcdPrefix ? etcdPathOf(wanted, '').slice(1) : `${wanted}/`; // nodes are in minions/
    const isBelow = (child: string) => child.endsWith('/') && stored.startsWith(child);
    const near = wanted === '' ? children[0] : (children.find(isBelow) ?? nearest(wanted, children));
    const likeliest = near === undefined ? children : [near, ...children.filter((child) => child !== near)];
    const meant = near !== undefined && isBelow(near) ? stored : near;
    const isWhole = meant !== undefined && (!meant.endsWith('/') || rest.length > 0);
    const first = likeliest[0] ?? '';
    const next = isWhole ? [folder, meant.replace(/\/$/, ''), ...rest].join('/') : `${folder}/${first}`;
    return problem(what, `below ${folder}/ there is ${enumerate(likeliest)}`, next);
  }
  return problem(what, `nor any that begins like it: ${etcd.via}`, `${etcdPrefix}/`);
}

/** What follows a prefix, up to the next slash and with it. */
async function childrenOf(etcd: Etcd, prefix: string, revision: number, signal: AbortSignal): Promise<string[]> {
  const children = new Set<string>();
  for await (const {items} of etcd.range({prefix, revision, keysOnly: true}, signal)) {
    for (const {key} of items) {
      const rest = nameOfKey(key).slice(prefix.length);
      children.add(rest.slice(0, rest.indexOf('/') + 1) || rest);
    }
  }
  return [...children];
}
