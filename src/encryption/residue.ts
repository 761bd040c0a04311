import type {Etcd} from '../etcd/etcd.ts';
import {listFiles} from '../nodes/files.ts';
import type {Node} from '../nodes/node.ts';
import {ExitCode, Problem} from '../problem.ts';
import {copiesOn, type MemberOnNode} from './stacked-etcd.ts';
import type {AuditedResource} from './stored/audit.ts';
import {type OldRevisions, oldPlaintext} from './stored/old-revisions.ts';
import {findTraces, type Traces} from './stored/traces.ts';

/** One file of etcd's, or several of one log. */
export interface ResidueFile extends Traces {
  readonly kind: 'database' | 'write-ahead log' | 'snapshot';
  /** `/var/lib/etcd/member/snap/db on control-plane`, `./kops-snapshot-20261123.db` */
  readonly where: string;
  /** Why it could not be looked at. */
  readonly problem: string | null;
}

/** Plaintext that is left besides the present values: what a rewrite cannot reach. */
export interface Residue {
  readonly revisions: OldRevisions;
  readonly files: readonly ResidueFile[];
  /** Snapshots that were left alone: nothing says that they are this cluster's. */
  readonly skipped: readonly string[];
  /** Whether none was found, and everything could be looked at. */
  readonly ok: boolean;
  readonly next: string | null;
}

/** A file of this machine, piece by piece. */
export interface LocalFile {
  readonly path: string;
  read(): AsyncIterable<Buffer>;
}

export interface ResidueSources {
  readonly etcd: Etcd;
  readonly members: readonly MemberOnNode[];
  readonly snapshots: readonly LocalFile[];
  /** Paths of snapshots that are not looked into: nothing says that they are this cluster's. */
  readonly skipped: readonly string[];
}

/** What is in etcd now. */
export interface Present {
  readonly revision: number;
  readonly plaintext: number;
}

/**
 * Looks for plaintext of these resources in earlier revisions, in the database file and the write-ahead log of every member whose node can be
 * reached (else in the copy of the database that etcd hands out), and in snapshots.
 */
export async function findResidue(
  {etcd, members, snapshots, skipped}: ResidueSources,
  resources: readonly AuditedResource[],
  present: Present,
  signal: AbortSignal,
): Promise<Residue> {
  const revisions = await oldPlaintext(etcd, resources, present.revision, signal);
  const files: ResidueFile[] = [];
  for (const found of members) {
    const {node, member} = found;
    const [snap, wal] = [`${member.dataDir}/member/snap`, `${member.dataDir}/member/wal`];
    files.push(await onNode(node, 'database', `${snap}/db`, () => filesIn(node, snap, isDatabase, signal), resources, signal));
    files.push(await onNode(node, 'write-ahead log', wal, () => filesIn(node, wal, isLog, signal), resources, signal));
    for (const path of await copiesOn(found, signal))
      files.push(await onNode(node, 'snapshot', path, async () => [path], resources, signal));
  }
  if (members.length === 0) {
    const where = `the database of ${etcd.via}`;
    files.push(await traced('database', where, resources, (push) => etcd.snapshot(push, signal), signal));
  }
  for (const {path, read} of snapshots) {
    const push = async (take: (chunk: Buffer) => void) => {
      for await (const chunk of read()) take(chunk);
    };
    files.push(await traced('snapshot', path, resources, push, signal));
  }
  const ok = revisions.plaintext === 0 && files.every(({plaintext, problem}) => plaintext === 0 && problem === null);
  return {revisions, files, skipped, ok, next: nextStep(revisions, files, present)};
}

const isDatabase = (name: string): boolean => name === 'db';
const isLog = (name: string): boolean => name.endsWith('.wal');

async function filesIn(node: Node, folder: string, isMeant: (name: string) => boolean, signal: AbortSignal): Promise<string[]> {
  const names = (await listFiles(node, folder, signal)).filter(isMeant);
  if (names.length === 0) throw new Problem('there is no such file', {exitCode: ExitCode.noAccess});
  return names.map((name) => `${folder}/${name}`);
}

async function onNode(
  node: Node,
  kind: ResidueFile['kind'],
  where: string,
  find: () => Promise<string[]>,
  resources: readonly AuditedResource[],
  signal: AbortSignal,
): Promise<ResidueFile> {
  return traced(
    kind,
    `${where} on ${node.name}`,
    resources,
    async (push) => {
      for (const path of await find()) {
        const {code} = await node.run('cat -- "$1"', [`${node.root}${path}`], {onData: push}, signal);
        if (code !== 0) throw new Problem(`${path} on ${node.name} cannot be read`, {exitCode: ExitCode.noAccess});
      }
    },
    signal,
  );
}

/** A file that cannot be looked at is part of the result: nobody can say that nothing is in it. */
async function traced(
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
    const why = error instanceof Problem && error.why !== undefined ? `${error.message}: ${error.why}` : error.message;
    return {kind, where, ...finder.end(), problem: why};
  }
}

function nextStep(revisions: OldRevisions, files: readonly ResidueFile[], present: Present): string | null {
  if (present.plaintext > 0) return 'encrypt what is plaintext now: it is in these files too';
  if (revisions.plaintext > 0 || files.some(({kind, plaintext}) => kind === 'database' && plaintext > 0))
    return 'kops encrypt-at-rest scrub';
  if (files.some(({kind, plaintext}) => kind === 'snapshot' && plaintext > 0))
    return 'delete the snapshots that nobody needs any more';
  return files.some(({plaintext}) => plaintext > 0)
    ? 'etcd cuts its log by itself: it drops the oldest files once later ones and its own snapshots hold all it needs'
    : null;
}
