import type {EtcdMember} from '../etcd/etcd.ts';
import {ExitCode, Problem} from '../problem.ts';
import {bytes} from '../text/bytes.ts';
import type {MemberOnNode} from './stacked-etcd.ts';
import type {ResourceAudit} from './stored/audit.ts';

/** What etcd keeps of a value besides its key and its bytes, and an envelope adds to it. */
const PER_VALUE = 256;

/** Each write is a revision more until the API server has the old ones compacted, so all of it may be there twice for some minutes. */
export const bytesToRewrite = (stored: number, counts: readonly Pick<ResourceAudit, 'total'>[]): number =>
  counts.reduce((sum, {total}) => sum + total * PER_VALUE, stored);

/** Bytes. Source: DefaultQuotaBytes in etcd's server/storage/quota.go, which also has it for 0, and no quota for what is below. */
const DEFAULT_QUOTA = 2 * 1024 ** 3;

/** Bytes that the database file of a member with this command line may have; undefined without a limit. */
export function quotaOf(command: readonly string[]): number | undefined {
  const given = command.flatMap((word, i) => {
    const [flag, value] = word.split('=');
    return flag === '--quota-backend-bytes' ? [Number(value ?? command[i + 1])] : [];
  });
  const quota = given.at(-1) || DEFAULT_QUOTA;
  return quota < 0 ? undefined : quota;
}

/**
 * Rejects where a rewrite of so many bytes could bring etcd to its quota, at which it takes no writes at all. Pages that are free in a database
 * file are used before it grows. An etcd whose manifest is on none of the nodes says nothing of its quota.
 */
export function refuseWithoutRoom(
  members: readonly EtcdMember[],
  stacked: readonly Pick<MemberOnNode, 'member'>[],
  more: number,
): void {
  const quota = Math.min(...stacked.map(({member}) => quotaOf(member.command) ?? Number.POSITIVE_INFINITY));
  const tight = members.find(({dbSize, dbSizeInUse}) => Math.max(dbSize, dbSizeInUse + more) >= quota);
  if (more === 0 || tight === undefined) return;
  throw new Problem('etcd has no room for the rewrite', {
    why: `the database of ${tight.name || tight.id} has ${bytes(tight.dbSize)}, ${bytes(tight.dbSizeInUse)} of them in use, the rewrite may add ${bytes(more)}, and at ${bytes(quota)} (--quota-backend-bytes) etcd takes no writes any more`,
    next: 'compact and defragment it: kops encrypt-at-rest scrub; or raise the quota; nothing was changed',
    exitCode: ExitCode.negative,
  });
}
