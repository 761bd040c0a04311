import type {Etcd, EtcdMember} from './etcd.ts';
import {parseMembers, parseRange, parseStatus} from './etcdctl/parse.ts';
import {bounded, type Collected, type RunEtcdctl} from './etcdctl/run.ts';
import {etcdProblem} from './failure.ts';
import {rangeOf} from './keys.ts';
import {pagesOf} from './pages.ts';
import {Compacted, EtcdProblem} from './problems.ts';

export type {RunEtcdctl} from './etcdctl/run.ts';

export interface EtcdctlOptions {
  readonly run: RunEtcdctl;
  /** For people: `etcdctl in pod etcd-a`. */
  readonly via: string;
  /** How etcdctl reaches etcd from where it runs: paths of that container. */
  readonly connection: EtcdctlConnection;
  /** The API server's --etcd-prefix; `/registry` by default. */
  readonly prefix?: string;
  /** How a file comes out of the container; without it there are no snapshots. */
  readonly files?: ContainerFiles;
}

export interface EtcdctlConnection {
  readonly endpoint: string;
  readonly cacert?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
}

/** Files of the container in which etcdctl runs, which has no shell to do it with. */
export interface ContainerFiles {
  /** Where a snapshot may lie for a moment: on a volume with room for it, so in etcd's data directory. */
  readonly path: string;
  read(path: string, onChunk: (chunk: Buffer) => Promise<void> | void, signal: AbortSignal): Promise<void>;
  /** Fine where it is not there. */
  remove(path: string): Promise<void>;
}

/** An answer of etcdctl is at most this long: JSON, with everything in base64. */
const MAX_ANSWER = 24 * 1024 * 1024;

/** The store through etcdctl, wherever that can be run: slower than gRPC, a process for each page. Asks once whether it works. */
export async function openEtcdctl(options: EtcdctlOptions, signal: AbortSignal): Promise<Etcd> {
  const {run, via, connection, files, prefix = '/registry'} = options;

  /** What it printed. Rejects where it ended with anything but 0. */
  async function ask(
    words: readonly string[],
    aborted: AbortSignal,
    timeout = '20s',
    endpoint = connection.endpoint,
  ): Promise<Collected> {
    const answer = await bounded(run, [...flagsOf(connection, endpoint, timeout), ...words], MAX_ANSWER, via, aborted);
    if (answer.code !== 0) throw etcdProblem(wordsOf(answer.stderr), via);
    return answer;
  }

  const range = async (bounds: {key: Buffer; end?: Buffer}, more: readonly string[], aborted: AbortSignal) => {
    const {stdout} = await ask(['get', '--write-out=json', ...more, ...rangeWords(bounds, via)], aborted);
    return parseRange(stdout, via);
  };
  const revision = async (aborted: AbortSignal) =>
    (await range({key: Buffer.from(`${prefix}/`)}, ['--keys-only'], aborted)).revision;

  await revision(signal);

  return {
    via,
    get: async (key, aborted, at = 0) => (await range({key: Buffer.from(key)}, [`--rev=${at}`], aborted)).items[0],
    range: (query, aborted) => {
      const first = rangeOf(query.prefix).key;
      return pagesOf(query, async ({key, end, limit, revision: at, keysOnly}) => {
        // A process takes no NUL byte as an argument, so a page begins with the last key of the one before, which is left out of it.
        const repeated = key.equals(first) ? 0 : 1;
        const begin = repeated === 0 ? key : key.subarray(0, -1);
        const flags = [`--rev=${at}`, `--limit=${limit + repeated}`, ...(keysOnly ? ['--keys-only'] : [])];
        const answer = await range({key: begin, end}, flags, aborted);
        return {...answer, items: answer.items.slice(repeated)};
      });
    },
    revision,
    members: async (aborted) => {
      const members = parseMembers((await ask(['member', 'list', '--write-out=json'], aborted)).stdout, via);
      // It ends with 1 where one member does not answer, and tells of the others all the same.
      const words = [...flagsOf(connection, connection.endpoint, '20s'), 'endpoint', 'status', '--cluster', '--write-out=json'];
      const {stdout} = await bounded(run, words, MAX_ANSWER, via, aborted);
      return parseStatus(members, stdout, via);
    },
    snapshot: async (onChunk, aborted) => {
      if (files === undefined) {
        throw new EtcdProblem(`no snapshot can be taken: ${via}`, {
          kind: 'other',
          why: 'there is no way to get a file out of its container',
        });
      }
      try {
        await ask(['snapshot', 'save', files.path], aborted, '30m');
        await files.read(files.path, onChunk, aborted);
      } finally {
        await Promise.all([files.remove(files.path), files.remove(`${files.path}.part`)]);
      }
    },
    compact: async (upTo, aborted) => {
      await ask(['compact', '--physical', String(upTo)], aborted, '10m').catch((error: unknown) => {
        if (!(error instanceof Compacted)) throw error; // someone was faster
      });
    },
    defragment: async (member, aborted) => {
      await ask(['defrag'], aborted, '10m', endpointOf(member, via));
    },
    close: async () => {},
  };
}

function flagsOf({cacert, cert, key}: EtcdctlConnection, endpoint: string, timeout: string): string[] {
  return [
    'etcdctl',
    `--endpoints=${endpoint}`,
    ...(cacert === undefined ? [] : [`--cacert=${cacert}`]),
    ...(cert === undefined ? [] : [`--cert=${cert}`]),
    ...(key === undefined ? [] : [`--key=${key}`]),
    `--command-timeout=${timeout}`,
  ];
}

function rangeWords({key, end}: {key: Buffer; end?: Buffer | undefined}, via: string): string[] {
  // What etcd's API calls `\0` is an empty key here, and `--from-key` as an end.
  const begin = key.equals(NUL) ? '' : argument(key, via);
  if (end === undefined) return ['--', begin];
  return end.equals(NUL) ? ['--from-key', '--', begin] : ['--', begin, argument(end, via)];
}

function argument(key: Buffer, via: string): string {
  const text = key.toString('utf8');
  if (Buffer.from(text).equals(key) && !text.includes('\0')) return text;
  throw new EtcdProblem(`a key cannot be asked for: ${via}`, {
    kind: 'other',
    why: 'it holds bytes that no argument of a process can hold',
    next: 'reach etcd by gRPC',
  });
}

function endpointOf({name, clientUrls: [url]}: EtcdMember, via: string): string {
  if (url !== undefined) return url;
  throw new EtcdProblem(`cannot reach etcd's member ${name}: ${via}`, {
    kind: 'unreachable',
    why: 'it names no address for clients',
  });
}

/** etcdctl logs what happened as JSON lines, then ends with `Error: context deadline exceeded` for nearly everything. */
const wordsOf = (stderr: string): string => {
  const reason = [...stderr.matchAll(/"error":"(?:rpc error: )?(?:code = \w+ )?(?:desc = )?((?:[^"\\]|\\.)*)"/g)].at(-1)?.[1];
  const error = /^Error: (.*)$/m.exec(stderr)?.[1];
  return reason?.replaceAll('\\"', '"') ?? error ?? stderr;
};

const NUL = Buffer.from([0]);
