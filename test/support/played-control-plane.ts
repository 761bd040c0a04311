import {chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import {onTestFinished} from 'vitest';
import {type EncryptionConfiguration, hashOf} from '../../src/encryption/configuration/configuration.ts';
import {providersFor, readKeysOf, writeKeyOf} from '../../src/encryption/configuration/coverage.ts';
import {parseConfiguration} from '../../src/encryption/configuration/parse.ts';
import {API_SERVER_MANIFEST, type ControlPlane} from '../../src/encryption/control-plane.ts';
import {CONFIG_FLAG, readManifest} from '../../src/encryption/manifest/manifest.ts';
import {prefixOfWriteKey} from '../../src/encryption/stored/audit.ts';
import {envelopeOf} from '../../src/encryption/stored/envelope.ts';
import type {RawRequest} from '../../src/kube/api.ts';
import {localNode} from '../../src/nodes/local.ts';
import {kubeadm} from './api-server-manifests.ts';
import {type FakeAnswer, FakeCluster} from './fake-cluster.ts';
import {type MemoryEtcd, memoryEtcd} from './memory-etcd.ts';

/** What an API server does now. */
interface Running {
  /** Seconds since the epoch. */
  readonly startTime: number;
  readonly manifest: string;
  readonly configuration: EncryptionConfiguration | undefined;
  readonly hash: string | undefined;
}

/** How one API server goes wrong. */
export interface Fault {
  /** What it answers instead; undefined where it answers as it should. Throws where there is no answer. */
  readonly answer?: (request: RawRequest, running: Running) => FakeAnswer | undefined;
  /** What it takes the text of its configuration for, while it reports the hash of the file. */
  readonly reads?: (text: string) => string;
  /** Files that it does not notice while it runs. */
  readonly ignores?: (text: string) => boolean;
}

export interface PlayedControlPlane {
  readonly plane: ControlPlane;
  readonly etcd: MemoryEtcd;
  /** Manifest and configuration of each node. */
  files(): (string | undefined)[];
  configuration(node: number): string | undefined;
}

/** Where kops puts it. */
export const CONFIGURATION = '/etc/kubernetes/enc/encryption.yaml';
const OBJECTS = /^\/api\/v1\/namespaces\/([^/]+)\/(secrets|configmaps)(?:\/([^/?]+))?(?:\?|$)/;

/**
 * Control planes of this machine: folders that play the nodes, with kops' own guard at work in them, and API servers that read them as a kubelet
 * and a real one do, all at the next request. Values are stored in the clear behind the prefix of their key. `given`: what all have before.
 */
export function playControlPlane(
  faults: readonly (Fault | undefined)[],
  given: Readonly<Record<string, string>> = {},
): PlayedControlPlane {
  const home = mkdtempSync(join(tmpdir(), 'kops-plane-'));
  onTestFinished(() => rmSync(home, {recursive: true, force: true, maxRetries: 5}));
  const etcd = memoryEtcd({'/registry/secrets/shop/db': '{"data":{}}'});
  const servers = faults.map((fault = {}, i) => playServer(join(home, `cp-${i + 1}`), fault, etcd));
  for (const [i, {write}] of servers.entries()) {
    for (const [path, content] of Object.entries({[API_SERVER_MANIFEST]: kubeadm, ...given}))
      write(path, content.replaceAll('172.18.0.3', `10.0.0.${i + 1}`)); // the fixture's address
  }
  const cluster = new FakeCluster([], {
    answer: (request, url) => servers[Number(/10\.0\.0\.(\d+)/.exec(url)?.[1] ?? 1) - 1]?.answer(request) ?? {status: 404},
  });
  const nodes = servers.map(({root}, i) => ({
    name: `cp-${i + 1}`,
    node: localNode(`cp-${i + 1}`, {root}),
    manifestPath: API_SERVER_MANIFEST,
    address: `10.0.0.${i + 1}`,
  }));
  return {
    plane: {context: 'x', nodes, etcd, etcdPrefix: '/registry', elsewhere: [], cluster},
    etcd,
    files: () => servers.flatMap(({read}) => [read(API_SERVER_MANIFEST), read(CONFIGURATION)]),
    configuration: (node) => servers[node]?.read(CONFIGURATION),
  };
}

function playServer(root: string, {answer: faulty, reads = (text) => text, ignores = () => false}: Fault, etcd: MemoryEtcd) {
  let running: Running | undefined;
  const read = (path: string) => (existsSync(join(root, path)) ? readFileSync(join(root, path), 'utf8') : undefined);
  const write = (path: string, content: string) => {
    mkdirSync(dirname(join(root, path)), {recursive: true});
    writeFileSync(join(root, path), content);
    chmodSync(join(root, path), 0o600);
  };

  /** What the kubelet and the server's own reload have made of the files. */
  function present(): Running {
    const manifest = read(API_SERVER_MANIFEST) ?? '';
    const path = readManifest(manifest, API_SERVER_MANIFEST).flags.get(CONFIG_FLAG);
    const text = path === undefined ? undefined : read(path);
    const restarted = running?.manifest !== manifest;
    if (running && !restarted && text !== undefined && ignores(text)) return running;
    running = {
      manifest,
      startTime: (running?.startTime ?? 1_795_000_000) + Number(restarted),
      configuration: text === undefined ? undefined : parseConfiguration(reads(text), 'the file'),
      hash: text === undefined ? undefined : hashOf(Buffer.from(text)),
    };
    return running;
  }

  function answer(request: RawRequest): FakeAnswer {
    const now = present();
    return faulty?.(request, now) ?? asItShould(request, now);
  }

  function asItShould({method, path, body}: RawRequest, now: Running): FakeAnswer {
    if (path.endsWith('/selfsubjectaccessreviews')) return {status: 201, body: {status: {allowed: true}}};
    if (path === '/metrics') return {body: metricsOf(now)};
    if (path === '/api/v1/secrets?limit=1') return {body: {items: [{metadata: {namespace: 'shop', name: 'db'}}]}};
    const [, namespace = '', resource = '', name = ''] = OBJECTS.exec(path) ?? [];
    const key = `/registry/${resource}/${namespace}/${name}`;
    if (namespace === '') return {};
    if (method === 'POST' && path.endsWith('?dryRun=All')) return {status: 201};
    if (method === 'POST') return created(resource, key, JSON.parse(body?.toString() ?? '{}'), now);
    if (method === 'DELETE') etcd.remove(key);
    return method === 'GET' ? found(resource, key, now) : {};
  }

  function created(resource: string, path: string, object: {metadata: {name: string}}, {configuration}: Running): FakeAnswer {
    const key = (configuration && writeKeyOf(configuration, resource)) ?? {provider: 'identity'};
    const prefix = key.provider === 'identity' ? '' : prefixOfWriteKey(key);
    etcd.put(`${path}${object.metadata.name}`, `${prefix}${JSON.stringify(object)}`);
    return {status: 201, body: object};
  }

  function found(resource: string, key: string, {configuration}: Running): FakeAnswer {
    const value = etcd.at(key);
    if (value === undefined) return {status: 404, body: {reason: 'NotFound'}};
    const {provider, keyName, prefixLength} = envelopeOf(value);
    const providers = configuration ? providersFor(configuration, resource) : [];
    const keys = providers.length > 0 ? readKeysOf(providers) : [{provider: 'identity'}];
    const opens = keys.some((candidate) => candidate.provider === provider && candidate.keyName === keyName);
    return opens ? {body: value.toString('utf8', prefixLength)} : {status: 500, body: {reason: 'InternalError'}};
  }

  return {root, read, write, answer};
}

const metricsOf = ({startTime, hash}: Running): string =>
  [
    `process_start_time_seconds ${startTime}`,
    ...(hash === undefined ? [] : [`apiserver_encryption_config_controller_last_config_info{hash="${hash}"} 1`]),
    '',
  ].join('\n');
