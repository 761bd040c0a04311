import {setTimeout as sleep} from 'node:timers/promises';
import type {Etcd, EtcdMember} from '../etcd/etcd.ts';
import {Compacted} from '../etcd/problems.ts';
import {ExitCode, Problem} from '../problem.ts';
import type {Progress} from '../progress.ts';

export interface ScrubbedMember {
  readonly name: string;
  readonly isLeader: boolean;
  /** Bytes of its database file. */
  readonly before: number;
  /** Null where it was not defragmented: a dry run. */
  readonly after: number | null;
  /** Seconds in which it answered nothing. */
  readonly seconds: number | null;
}

export interface EtcdScrub {
  readonly kind: 'EtcdScrub';
  readonly context: string;
  readonly etcd: string;
  /** Nothing before it is kept. */
  readonly revision: number;
  readonly dryRun: boolean;
  readonly members: readonly ScrubbedMember[];
}

/** What would be done, in order: the leader last, because its pause makes the others elect another. Rejects where a member is not healthy. */
export async function planScrub(etcd: Etcd, context: string, signal: AbortSignal): Promise<EtcdScrub> {
  const members = await etcd.members(signal);
  const ill = members.filter(({errors}) => errors.length > 0);
  if (ill.length > 0) {
    throw new Problem('etcd is not healthy enough to be scrubbed', {
      why: ill.map(({name, errors}) => `${name}: ${errors.join('; ')}`).join('\n'),
      next: 'mend that first: a member answers nothing while it is defragmented, and the others must do without it',
      exitCode: ExitCode.negative,
    });
  }
  const planned = members.toSorted((a, b) => Number(a.isLeader) - Number(b.isLeader) || (a.name < b.name ? -1 : 1));
  return {
    kind: 'EtcdScrub',
    context,
    etcd: etcd.via,
    revision: await etcd.revision(signal),
    dryRun: true,
    members: planned.map(({name, isLeader, dbSize}) => ({name, isLeader, before: dbSize, after: null, seconds: null})),
  };
}

/** Makes etcd forget all earlier revisions, then gives the free pages of one member after the other back. */
export async function scrub(etcd: Etcd, plan: EtcdScrub, progress: Progress, signal: AbortSignal): Promise<EtcdScrub> {
  const revision = await etcd.revision(signal);
  const done: ScrubbedMember[] = [];
  await progress.run([
    {
      title: 'earlier revisions forgotten',
      async run(detail) {
        await etcd.compact(revision, signal).catch((error: unknown) => {
          if (!(error instanceof Compacted)) throw error; // it has forgotten them already
        });
        detail(`before ${revision}`);
      },
    },
    ...plan.members.map((planned) => ({
      title: `${planned.name} defragmented`,
      async run(detail: (text: string) => void) {
        const member = await healthy(etcd, planned.name, signal);
        const start = Date.now();
        await etcd.defragment(member, signal);
        const after = await healthy(etcd, planned.name, signal);
        done.push({...planned, before: member.dbSize, after: after.dbSize, seconds: (Date.now() - start) / 1000});
        detail(`${member.dbSize} → ${after.dbSize} bytes`);
      },
    })),
  ]);
  return {...plan, revision, dryRun: false, members: done};
}

/** Milliseconds. */
const PATIENCE = 60_000;
const POLL = 250;

/** Waits until every member is well again, and returns the one of that name. */
async function healthy(etcd: Etcd, name: string, signal: AbortSignal): Promise<EtcdMember> {
  for (const start = Date.now(); ; ) {
    const members = await etcd.members(signal);
    const ill = members.find(({errors}) => errors.length > 0);
    const wanted = members.find((member) => member.name === name);
    if (ill === undefined && wanted !== undefined && members.some(({isLeader}) => isLeader)) return wanted;
    if (Date.now() - start > PATIENCE) {
      throw new Problem(`etcd is not healthy: ${name} was not scrubbed`, {
        why: ill ? `${ill.name}: ${ill.errors.join('; ')}` : wanted ? 'it has no leader' : `it has no member ${name} any more`,
        next: 'kops encrypt-at-rest scrub, once it is well again: what is done already costs nothing a second time',
        exitCode: ExitCode.negative,
      });
    }
    await sleep(POLL, undefined, {signal});
  }
}
