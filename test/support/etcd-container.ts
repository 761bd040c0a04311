import {Readable} from 'node:stream';
import {buffer} from 'node:stream/consumers';
import {GenericContainer, type StartedTestContainer, Wait} from 'testcontainers';
import type {ContainerFiles, EtcdctlConnection, RunEtcdctl} from '../../src/etcd/etcdctl.ts';
import type {EtcdTls} from '../../src/etcd/grpc.ts';
import {createAuthority} from '../../src/lab/embedded/certificates.ts';
import {type EtcdWriter, openWriter} from './etcd-writer.ts';

/** kubeadm's own; it has no shell. */
const IMAGE = 'registry.k8s.io/etcd:3.7.0-0';
const DATA = '/var/lib/etcd';

/** An external etcd that takes only clients with a certificate of its authority. */
export interface EtcdContainer {
  /** Its certificate names `etcd.test` and loopback addresses, not this one. */
  readonly url: string;
  readonly serverName: string;
  /** What a client whose certificate has this common name connects with. */
  tls(commonName: string): Promise<EtcdTls>;
  /** The same of an authority that this etcd does not know. */
  strangersTls(): Promise<EtcdTls>;
  readonly strangersCa: Buffer;
  readonly connection: EtcdctlConnection;
  /** etcdctl in the container. */
  readonly run: RunEtcdctl;
  readonly files: ContainerFiles;
  /** etcdctl as `root`; its standard output. Rejects where it fails. */
  etcdctl(...args: string[]): Promise<string>;
  /** As `root`, by gRPC. */
  readonly writer: EtcdWriter;
  /** Another program in the image, with a file of this content at `/tmp/input`. */
  on(content: Buffer, ...command: string[]): Promise<string>;
  restart(): Promise<void>;
  stop(): Promise<void>;
}

export async function startEtcd(...flags: string[]): Promise<EtcdContainer> {
  process.env.TESTCONTAINERS_RYUK_DISABLED ??= 'true'; // its helper's image may not be here; `stop` removes the container
  const [ca, strangers] = await Promise.all([createAuthority('etcd-ca', Date.now()), createAuthority('strangers', Date.now())]);
  const server = await ca.issue({
    commonName: 'etcd',
    usages: ['server', 'client'],
    dnsNames: ['etcd.test', 'localhost'],
    addresses: ['127.0.0.1'],
  });
  const root = await ca.issue({commonName: 'root', usages: ['client']});
  const container = await new GenericContainer(IMAGE)
    .withCopyContentToContainer([
      {content: ca.certificate, target: '/pki/ca.crt'},
      {content: server.certificate, target: '/pki/server.crt'},
      {content: server.key, target: '/pki/server.key'},
      {content: root.certificate, target: '/pki/root.crt'},
      {content: root.key, target: '/pki/root.key'},
    ])
    .withCommand([
      'etcd',
      `--data-dir=${DATA}`,
      '--listen-client-urls=https://0.0.0.0:2379',
      '--advertise-client-urls=https://127.0.0.1:2379',
      '--cert-file=/pki/server.crt',
      '--key-file=/pki/server.key',
      '--trusted-ca-file=/pki/ca.crt',
      '--client-cert-auth=true',
      ...flags,
    ])
    .withWaitStrategy(Wait.forLogMessage('ready to serve client requests'))
    .start();

  const run: RunEtcdctl = async (command, onData, signal) => {
    const {exitCode, stdout, stderr} = await container.exec([...command]);
    signal.throwIfAborted();
    onData(Buffer.from(stdout));
    return {code: exitCode, stderr};
  };
  const must = async (...command: string[]) => {
    const {exitCode, stdout, stderr} = await container.exec(command);
    if (exitCode !== 0) throw new Error(`${command.join(' ')} ended with ${exitCode}\n${stderr}`);
    return stdout;
  };
  const connection = {endpoint: 'https://127.0.0.1:2379', cacert: '/pki/ca.crt', cert: '/pki/root.crt', key: '/pki/root.key'};

  const endpoint = {url: `https://${container.getIpAddress('bridge')}:2379`, serverName: 'etcd.test'};
  const writer = openWriter(endpoint, pem(ca.certificate, root));

  return {
    ...endpoint,
    tls: async (commonName) => pem(ca.certificate, await ca.issue({commonName, usages: ['client']})),
    strangersTls: async () => pem(ca.certificate, await strangers.issue({commonName: 'root', usages: ['client']})),
    strangersCa: Buffer.from(strangers.certificate),
    connection,
    run,
    files: filesOf(container),
    etcdctl: (...args) => {
      const {endpoint, cacert, cert, key} = connection;
      return must('etcdctl', `--endpoints=${endpoint}`, `--cacert=${cacert}`, `--cert=${cert}`, `--key=${key}`, ...args);
    },
    on: async (content, ...command) => {
      await container.copyContentToContainer([{content, target: '/tmp/input'}]);
      return must(...command);
    },
    restart: () => container.restart(),
    writer,
    stop: async () => {
      writer.close();
      await container.stop();
    },
  };
}

const pem = (ca: string, {certificate, key}: {certificate: string; key: string}): EtcdTls => ({
  ca: Buffer.from(ca),
  cert: Buffer.from(certificate),
  key: Buffer.from(key),
});

function filesOf(container: StartedTestContainer): ContainerFiles {
  return {
    path: `${DATA}/kops-snapshot.db`,
    read: async (path, onChunk) =>
      onChunk(contentOf(await buffer(Readable.from(await container.copyArchiveFromContainer(path))))),
    remove: async () => {}, // there is no program in the image that could; the container is removed as a whole
  };
}

/** Of the only file in a tar archive: a header of 512 bytes, the size in octal at 124. */
function contentOf(archive: Buffer): Buffer {
  const size = Number.parseInt(archive.toString('ascii', 124, 136), 8);
  return archive.subarray(512, 512 + size);
}
