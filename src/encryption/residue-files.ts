import {listFiles} from '../nodes/files.ts';
import type {Node} from '../nodes/node.ts';
import {ExitCode, Problem} from '../problem.ts';
import {copiesOn, type MemberOnNode} from './stacked-etcd.ts';
import type {AuditedResource} from './stored/audit.ts';
import {findTraces, type Traces} from './stored/traces.ts';

/** One file of etcd's, or several of one log. */
export interface ResidueFile extends Traces {
  readonly kind: 'database' | 'write-ahead log' | 'snapshot';
  /** `/var/lib/etcd/member/snap/db on control-plane`, `./kops-snapshot-20261123.db` */
  readonly where: string;
  /** Why it could not be looked at. */
  readonly problem: string | null;
  /** Of a log alone. */
  readonly log?: LogFiles;
}

/** etcd drops the oldest file of its log when there are more than it keeps, and when it needs it no more. Each is of 64 MB. */
export interface LogFiles {
  readonly files: number;
  /** How many are newer than the last one that holds plaintext; all where none does. */
  readonly later: number;
  /** How many etcd keeps (--max-wals); 0 for all. */
  readonly keeps: number;
}

const MAX_WALS = 5;
const MOST_KEYS = 10_000;

/** The database, the log, and copies that a killed run left, on the node of a member. */
export async function memberFiles(
  found: MemberOnNode,
  resources: readonly AuditedResource[],
  signal: AbortSignal,
): Promise<ResidueFile[]> {
  const {node, member} = found;
  const copies = await orProblem(copiesOn(found, signal)); // where not even names are to be had, the others say so
  const files = [await fileOn(node, 'database', `${member.dataDir}/member/snap/db`, resources, signal)];
  files.push(await logOn(found, resources, signal));
  for (const path of copies instanceof Problem ? [] : copies) files.push(await fileOn(node, 'snapshot', path, resources, signal));
  return files;
}

const fileOn = (
  node: Node,
  kind: ResidueFile['kind'],
  path: string,
  resources: readonly AuditedResource[],
  signal: AbortSignal,
): Promise<ResidueFile> =>
  traced(
    kind,
    `${path} on ${node.name}`,
    resources,
    async (push) => {
      const {code} = await node.run('[ -e "$1" ] || exit 2; cat -- "$1"', [`${node.root}${path}`], {onData: push}, signal);
      if (code === 2) throw new Problem('there is no such file', {exitCode: ExitCode.noAccess});
      if (code !== 0) throw new Problem('it cannot be read', {exitCode: ExitCode.noAccess});
    },
    signal,
  );

async function logOn(
  {node, member: {dataDir, command}}: MemberOnNode,
  resources: readonly AuditedResource[],
  signal: AbortSignal,
): Promise<ResidueFile> {
  const folder = `${dataDir}/member/wal`;
  const found = await orProblem(listFiles(node, folder, signal));
  const names = found instanceof Problem ? [] : found.filter((name) => name.endsWith('.wal')); // by their sequence
  const files: ResidueFile[] = [];
  for (const name of names) files.push(await fileOn(node, 'write-ahead log', `${folder}/${name}`, resources, signal));
  const sum = (count: 'bytes' | 'plaintext') => files.reduce((total, file) => total + file[count], 0);
  const flag = command.find((word) => word.startsWith('--max-wals='))?.slice('--max-wals='.length);
  return {
    kind: 'write-ahead log',
    where: `${folder} on ${node.name}`,
    bytes: sum('bytes'),
    plaintext: sum('plaintext'),
    keys: [...new Set(files.flatMap(({keys}) => keys))].sort().slice(0, MOST_KEYS),
    problem: found instanceof Problem ? wordsOf(found) : names.length === 0 ? 'there is no such file' : first(files),
    log: {
      files: names.length,
      later: names.length - 1 - files.findLastIndex(({plaintext}) => plaintext > 0),
      keeps: flag === undefined ? MAX_WALS : Number(flag),
    },
  };
}

const first = (files: readonly ResidueFile[]): string | null => files.find(({problem}) => problem !== null)?.problem ?? null;

const orProblem = <T>(found: Promise<T>): Promise<T | Problem> =>
  found.catch((error: unknown) => {
    if (error instanceof Problem) return error;
    throw error;
  });

const wordsOf = (error: Error): string =>
  error instanceof Problem && error.why !== undefined ? `${error.message}: ${error.why}` : error.message;

/** A file that cannot be looked at is part of the result: nobody can say that nothing is in it. */
export async function traced(
  kind: ResidueFile['kind'],
  where: string,
  resources: readonly AuditedResource[],
  read: (push: (chunk: Buffer) => void) => Promise<void>,
  signal: AbortSignal,
): Promise<ResidueFile> {
  const finder = findTraces(resources);
  try {
    await read((chunk) => finder.push(chunk));
    return {kind, where, ...finder.end(), problem: null};
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof Error)) throw error;
    return {kind, where, ...finder.end(), problem: wordsOf(error)};
  }
}
