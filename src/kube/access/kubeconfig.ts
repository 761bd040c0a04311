import {dirname, isAbsolute, join} from 'node:path';
import {isMap, isScalar, isSeq, LineCounter, type Node, type ParsedNode, parseDocument} from 'yaml';
import {ExitCode, Problem} from '../../problem.ts';

/** How to reach an API server. Field names are the file's own; see https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/ */
export interface ClusterEntry {
  readonly server?: string;
  readonly 'tls-server-name'?: string;
  readonly 'insecure-skip-tls-verify'?: boolean;
  readonly 'certificate-authority'?: string;
  readonly 'certificate-authority-data'?: string;
  readonly 'proxy-url'?: string;
  readonly extensions?: readonly {readonly name: string; readonly extension: unknown}[];
}

/** Who to be. */
export interface UserEntry {
  readonly 'client-certificate'?: string;
  readonly 'client-certificate-data'?: string;
  readonly 'client-key'?: string;
  readonly 'client-key-data'?: string;
  readonly token?: string;
  readonly tokenFile?: string;
  readonly username?: string;
  readonly password?: string;
  readonly as?: string;
  readonly 'as-uid'?: string;
  readonly 'as-groups'?: readonly string[];
  readonly 'as-user-extra'?: Readonly<Record<string, readonly string[]>>;
  readonly exec?: ExecEntry;
  readonly 'auth-provider'?: {readonly name: string; readonly config?: Readonly<Record<string, string>>};
}

/** A program that prints an ExecCredential. */
export interface ExecEntry {
  readonly apiVersion?: string;
  readonly command: string;
  readonly args?: readonly string[] | null;
  readonly env?: readonly {readonly name: string; readonly value: string}[] | null;
  readonly installHint?: string;
  readonly provideClusterInfo?: boolean;
  readonly interactiveMode?: 'Never' | 'IfAvailable' | 'Always';
}

export interface ContextEntry {
  readonly cluster?: string;
  readonly user?: string;
  readonly namespace?: string;
}

export interface Kubeconfig {
  readonly currentContext: string | undefined;
  readonly clusters: ReadonlyMap<string, ClusterEntry>;
  readonly users: ReadonlyMap<string, UserEntry>;
  readonly contexts: ReadonlyMap<string, ContextEntry>;
}

/** Reads one file's text. Relative paths in it count from the file's own folder. Rejects a garbled one, naming line and column. */
export function parseKubeconfig(text: string, file: string): Kubeconfig {
  const lines = new LineCounter();
  const document = parseDocument(text, {lineCounter: lines, schema: 'core', uniqueKeys: false});
  const fail = (what: string, offset: number | undefined): never => {
    const {line, col} = lines.linePos(offset ?? 0);
    throw new Problem(`the kubeconfig ${file} cannot be read`, {
      why: `line ${line}, column ${col}: ${what}`,
      next: 'mend the file, or name another with --kubeconfig',
      exitCode: ExitCode.usage,
    });
  };
  const [error] = document.errors;
  if (error) fail(firstSentence(error.message), error.pos[0]);

  const root = document.contents;
  if (root === null || (isScalar(root) && root.value === null)) return emptyKubeconfig;
  if (!isMap(root)) return fail('this is not a kubeconfig: expected a mapping', root.range[0]);

  const folder = dirname(file);
  const entries = <T extends object>(
    list: string,
    key: string,
    texts: readonly string[],
    resolve: (entry: T) => T,
  ): Map<string, T> => {
    const found = new Map<string, T>();
    const node = root.get(list, true) as ParsedNode | undefined;
    if (node === undefined || (isScalar(node) && node.value === null)) return found;
    if (!isSeq(node)) return fail(`${list} should be a list`, offsetOf(node));
    for (const item of node.items as Node[]) {
      const value: unknown = item.toJS(document);
      if (!isMap(item) || !isRecord(value)) return fail(`an entry of ${list} should be a mapping`, offsetOf(item));
      const {name, [key]: content = {}} = value;
      if (typeof name !== 'string') return fail(`an entry of ${list} has no name`, offsetOf(item));
      if (content !== null && !isRecord(content)) return fail(`${key} should be a mapping`, offsetOf(item));
      for (const field of texts) {
        const given = content?.[field];
        if (given !== undefined && given !== null && typeof given !== 'string') {
          return fail(`${field} should be a text`, offsetOf(item.getIn([key, field], true) as Node));
        }
      }
      const entry = resolve((content ?? {}) as T);
      const earlier = found.get(name);
      if (earlier !== undefined && JSON.stringify(earlier) !== JSON.stringify(entry)) {
        return fail(`${list} has a second, different entry named ${name}`, offsetOf(item));
      }
      found.set(name, entry);
    }
    return found;
  };

  const currentContext: unknown = root.get('current-context');
  return {
    currentContext: typeof currentContext === 'string' && currentContext !== '' ? currentContext : undefined,
    clusters: entries<ClusterEntry>('clusters', 'cluster', CLUSTER_TEXTS, (entry) =>
      withPaths(entry, ['certificate-authority'], folder),
    ),
    users: entries<UserEntry>('users', 'user', USER_TEXTS, (entry) => {
      const user = withPaths(entry, ['client-certificate', 'client-key', 'tokenFile'], folder);
      return user.exec ? {...user, exec: withCommandPath(user.exec, folder)} : user;
    }),
    contexts: entries<ContextEntry>('contexts', 'context', CONTEXT_TEXTS, (entry) => entry),
  };
}

const CLUSTER_TEXTS = ['server', 'tls-server-name', 'certificate-authority', 'certificate-authority-data', 'proxy-url'] as const;
const USER_TEXTS = [
  'client-certificate',
  'client-certificate-data',
  'client-key',
  'client-key-data',
  'token',
  'tokenFile',
  'username',
  'password',
  'as',
  'as-uid',
] as const;
const CONTEXT_TEXTS = ['cluster', 'user', 'namespace'] as const;

const emptyKubeconfig: Kubeconfig = {
  currentContext: undefined,
  clusters: new Map(),
  users: new Map(),
  contexts: new Map(),
};

/** As kubectl merges $KUBECONFIG: the first file to set a current context, and the first to name an entry, wins. */
export function mergeKubeconfigs(files: readonly Kubeconfig[]): Kubeconfig {
  return {
    currentContext: files.find((file) => file.currentContext !== undefined)?.currentContext,
    clusters: firstOf(files.map((file) => file.clusters)),
    users: firstOf(files.map((file) => file.users)),
    contexts: firstOf(files.map((file) => file.contexts)),
  };
}

const firstOf = <T>(maps: readonly ReadonlyMap<string, T>[]): Map<string, T> =>
  new Map(maps.toReversed().flatMap((map) => [...map]));

function withPaths<T extends object>(entry: T, keys: readonly (keyof T)[], folder: string): T {
  const resolved = {...entry};
  for (const key of keys) {
    const path = entry[key];
    if (typeof path === 'string' && path !== '' && !isAbsolute(path)) resolved[key] = join(folder, path) as T[keyof T];
  }
  return resolved;
}

/** A command without a slash is looked up in PATH; with one it counts from the file's folder. */
const withCommandPath = (exec: ExecEntry, folder: string): ExecEntry =>
  typeof exec.command === 'string' && exec.command.includes('/') ? withPaths(exec, ['command'], folder) : exec;

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const offsetOf = (node: Node): number | undefined => node.range?.[0];

const firstSentence = (message: string): string => message.split(' at line ', 1)[0] ?? message;
