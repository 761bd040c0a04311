import type {Etcd} from '../etcd/etcd.ts';
import {memberFiles, type ResidueFile, traced} from './residue-files.ts';
import type {MemberOnNode} from './stacked-etcd.ts';
import type {AuditedResource} from './stored/audit.ts';
import {type OldRevisions, oldPlaintext} from './stored/old-revisions.ts';

/** Plaintext that is left besides the present values: what a rewrite cannot reach. */
export interface Residue {
  readonly revisions: OldRevisions;
  readonly files: readonly ResidueFile[];
  /** Snapshots that were left alone: nothing says that they are this cluster's. */
  readonly skipped: readonly string[];
  /** Whether none was found, and everything could be looked at. */
  readonly ok: boolean;
  /** Whether the rest is in etcd's write-ahead log alone: nobody but etcd takes it out of there, in time. */
  readonly onlyLog: boolean;
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
  for (const member of members) files.push(...(await memberFiles(member, resources, signal)));
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
  const isClean = ({plaintext, problem}: ResidueFile) => plaintext === 0 && problem === null;
  const isCleanHistory = revisions.plaintext === 0 && revisions.complete;
  const ok = isCleanHistory && files.every(isClean);
  const isKept = (file: ResidueFile) => file.kind === 'write-ahead log' && file.problem === null && file.log?.keeps !== 0;
  const onlyLog = !ok && present.plaintext === 0 && isCleanHistory && files.every((file) => isClean(file) || isKept(file));
  return {revisions, files, skipped, ok, onlyLog, next: nextStep(revisions, files, present)};
}

function nextStep(revisions: OldRevisions, files: readonly ResidueFile[], present: Present): string | null {
  const isIn = (kind: ResidueFile['kind']) => files.some((file) => file.kind === kind && file.plaintext > 0);
  if (present.plaintext > 0) return 'encrypt what is plaintext now: it is in these files too';
  if (revisions.plaintext > 0 || isIn('database')) return 'kops encrypt-at-rest scrub';
  if (isIn('snapshot')) return 'delete the snapshots that nobody needs any more';
  if (!revisions.complete)
    return 'look again in ten minutes, when API servers have made etcd forget the older versions; sooner: kops encrypt-at-rest scrub';
  return isIn('write-ahead log')
    ? 'until then guard these disks; sooner: give what was plaintext new values, or one member after the other a new data folder'
    : null;
}
