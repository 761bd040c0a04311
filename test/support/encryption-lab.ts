import {execFileSync, spawnSync} from 'node:child_process';
import {existsSync, readFileSync} from 'node:fs';
import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, beforeAll, expect, vi} from 'vitest';
import {type JournalEntry, parseJournal} from '../../src/encryption/transaction/journal.ts';
import {
  ARCHIVE_FOLDER,
  backupFolder,
  CONFIGURATION_FILE,
  JOURNAL_FILE,
  RECORD_FILE,
  type Transaction,
} from '../../src/encryption/transaction/record.ts';
import {findProcesses, type RunningProcess} from '../../src/lab/embedded/processes.ts';
import {type Api, connectApi} from './api.ts';
import {type Result, type Running, type RunOptions, runKops, startKops} from './process.ts';

/** A cluster of a test file's own, because its control plane is changed. */
export interface EncryptionLab {
  readonly driver: 'embedded' | 'kind';
  readonly nodes: readonly string[];
  /** Where kops runs: what it writes without a path is there. */
  folder(): string;
  /** Of a node's file, on this machine; only of an embedded lab. */
  path(node: string, path: string): string;
  /** The file of a node as bytes in a string, or undefined where there is none. */
  file(node: string, path: string): string | undefined;
  kops(args: readonly string[], options?: RunOptions): Promise<Result>;
  /** `encrypt-at-rest` with these words, `-o json`; what it reports. It must end with `code`. */
  report<T>(args: readonly string[], code?: number): Promise<T>;
  start(args: readonly string[], options?: RunOptions): Running;
  /** Of the newest transaction, or of one of them. */
  journal(transaction?: string): JournalEntry[];
  /** Of all transactions. */
  allJournals(): JournalEntry[];
  openTransaction(): Transaction | undefined;
  /** What runs of an embedded lab. */
  processes(): RunningProcess[];
  /** `name: value` of all Secrets that `seed` made, read through each API server; they must agree. */
  secrets(): Promise<Readonly<Record<string, string>>>;
  /** Makes so many Secrets, with values of their own. */
  seed(count: number): Promise<Readonly<Record<string, string>>>;
  /** Through the first API server, or another one. */
  api(server?: number): Api;
}

const NAMESPACE = 'kops-encryption';

/** Prints every configuration of a node below `$1`: the one in use, those of an open change, and retired ones. */
const CONFIGURATIONS = [CONFIGURATION_FILE, `${backupFolder('*')}/*.yaml`, `${ARCHIVE_FOLDER}/*`];
const PRINT_CONFIGURATIONS = `cat ${CONFIGURATIONS.map((path) => `"$1"${path}`).join(' ')} 2>/dev/null`;

/** For the top of a file, or of a `describe`. Its cluster is there before the first test, and gone after the last. */
export function encryptionLab(controlPlanes: number, driver: 'embedded' | 'kind' = 'embedded'): EncryptionLab {
  const name = `kops-test-${driver}-${process.pid}-${controlPlanes}`;
  const nodes = Array.from({length: controlPlanes}, (_, i) => `${name}-control-plane${i === 0 ? '' : i + 1}`);
  let folder = '';
  let env: Record<string, string> = {};
  const lab = (verb: string, ...args: string[]) => runKops(['lab', verb, '--name', name, ...args], {env});

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kops-test-'));
    env = {KUBECONFIG: join(folder, 'kubeconfig'), XDG_STATE_HOME: join(folder, 'state')};
    const {code, stderr} = await lab('up', '--driver', driver, '--workers', '0', '--control-planes', `${controlPlanes}`);
    if (code !== 0) throw new Error(stderr);
    await api().send('POST', '/api/v1/namespaces', {metadata: {name: NAMESPACE}});
  }, 300_000);
  afterAll(async () => {
    await lab('down', '--yes');
    await rm(folder, {recursive: true, force: true});
  }, 120_000);

  const at = (node: string, path: string) => join(env.XDG_STATE_HOME ?? '', 'kops/labs', name, 'nodes', node, path);
  const file = (node: string, path: string): string | undefined => {
    try {
      if (driver === 'embedded') return readFileSync(at(node, path), 'latin1');
      const root = rootOf(node);
      if (root !== undefined) return readFileSync(join(root, path), 'latin1');
      return execFileSync('docker', ['exec', node, 'cat', path], {encoding: 'latin1', stdio: ['ignore', 'pipe', 'ignore']});
    } catch {
      return undefined;
    }
  };
  const configurations = (node: string): string => {
    const shell = (root: string) => ['sh', '-c', PRINT_CONFIGURATIONS, 'sh', root];
    const [program = '', ...args] = driver === 'embedded' ? shell(at(node, '')) : ['docker', 'exec', node, ...shell('')];
    return spawnSync(program, args, {encoding: 'latin1', maxBuffer: 64 * 1024 * 1024}).stdout ?? '';
  };
  const connections = new Map<number, Api>();
  const api = (server = 0): Api => {
    const connection = connections.get(server) ?? connect(server);
    connections.set(server, connection);
    return connection;
  };
  /** Past the load balancer, where there is one. */
  const connect = (server: number): Api => {
    if (driver === 'kind')
      return connectApi(env.KUBECONFIG ?? '', 'kops-test', {server: `https://${addressOf(nodes[server] ?? '')}:6443`});
    return connectApi(env.KUBECONFIG ?? '', 'kops-test', server === 0 ? {} : {context: `kops-${name}-${server + 1}`});
  };
  const secret = new Set<string>();
  const kops = async (args: readonly string[], options: RunOptions = {}) =>
    checked(await runKops(args, {cwd: folder, ...options, env: {...env, ...options.env}}));
  const path = (secret = '') => `/api/v1/namespaces/${NAMESPACE}/secrets${secret && `/${secret}`}`;

  const transactions = (): string[] => [
    ...new Set([...(file(nodes[0] ?? '', JOURNAL_FILE) ?? '').matchAll(/"transaction":"([^"]+)"/g)].map(([, id = '']) => id)),
  ];
  const journal = (transaction = transactions().at(-1) ?? ''): JournalEntry[] =>
    parseJournal(Buffer.from(file(nodes[0] ?? '', JOURNAL_FILE) ?? ''), transaction);

  /** Nothing that kops ever writes, to a terminal, a script or its journal, has a value or a key in it. */
  function checked(result: Result): Result {
    for (const node of nodes) {
      for (const [, key = ''] of configurations(node).matchAll(/secret: (\S+)/g)) secret.add(key);
    }
    const written = [result.stdout, result.stderr, ...nodes.map((node) => file(node, JOURNAL_FILE) ?? '')].join('\n');
    for (const text of secret) {
      const forms = [text, Buffer.from(text, 'base64').toString('hex'), Buffer.from(text).toString('base64')];
      for (const form of forms) expect(written.includes(form), 'kops wrote a secret').toBe(false);
    }
    return result;
  }

  return {
    driver,
    nodes,
    folder: () => folder,
    path: at,
    file,
    api,
    kops,
    start(args, options = {}) {
      const running = startKops(args, {cwd: folder, ...options, env: {...env, ...options.env}});
      return {...running, ended: running.ended.then(checked)};
    },
    async report(args, code = 0) {
      const result = await kops(['encrypt-at-rest', ...args, '-o', 'json']);
      expect(result, result.stderr).toMatchObject({code});
      return JSON.parse(result.stdout);
    },
    journal: (transaction) => journal(transaction),
    processes: () => findProcesses(join(env.XDG_STATE_HOME ?? '', 'kops/labs', name)),
    allJournals: () => parseJournal(Buffer.from(file(nodes[0] ?? '', JOURNAL_FILE) ?? '')),
    openTransaction() {
      const found = nodes.flatMap((node) => file(node, RECORD_FILE) ?? []);
      return found[0] === undefined ? undefined : JSON.parse(found[0]);
    },
    async seed(count) {
      const values: Record<string, string> = {};
      for (let i = 0; i < count; i += 1) {
        const value = `value-${i}-${Math.random()}`;
        // Names with dots, and one value near the limit of what etcd takes.
        const data = i === 0 ? `${value}${'x'.repeat(1_000_000)}` : value;
        values[`seed.${i}`] = data;
        secret.add(value);
        await api().send('POST', path(), {metadata: {name: `seed.${i}`}, stringData: {value: data}});
      }
      return values;
    },
    async secrets() {
      const seen = await Promise.all(nodes.map((_, server) => readAll(api(server))));
      for (const other of seen) expect(other).toEqual(seen[0]);
      return seen[0] ?? {};
    },
  };

  /** Right after a restart a server may refuse, or not be there. */
  async function readAll(server: Api): Promise<Record<string, string>> {
    const list = () => server.send('GET', path()) as Promise<{items: {metadata: {name: string}; data: {value: string}}[]}>;
    const {items} = await vi.waitFor(list, {timeout: 60_000, interval: 200});
    return Object.fromEntries(
      items.map(({metadata, data}) => [metadata.name, Buffer.from(data.value, 'base64').toString('utf8')]),
    );
  }
}

const roots = new Map<string, string>();

/**
 * Where a container's files are on this machine, for root where the engine runs here too: tests that look again and again would else start a
 * program in the container each time, which takes a tenth of a second of a processor. Undefined elsewhere.
 */
function rootOf(container: string): string | undefined {
  const isThere = (root: string) => existsSync(join(root, 'etc/kubernetes'));
  const known = roots.get(container);
  if (known !== undefined && isThere(known)) return known;
  const found = spawnSync('docker', ['inspect', '--format', '{{.State.Pid}}', container], {encoding: 'utf8'});
  const root = `/proc/${found.stdout.trim()}/root`;
  if (process.getuid?.() !== 0 || !isThere(root)) return undefined;
  roots.set(container, root);
  return root;
}

/** Of a container, on Docker's network. */
export const addressOf = (container: string): string =>
  execFileSync('docker', ['inspect', '--format', '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}', container], {
    encoding: 'utf8',
  }).trim();
