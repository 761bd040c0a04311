import {parseObject} from '../../kube/json.ts';
import type {Node} from '../../nodes/node.ts';
import {ExitCode, Problem} from '../../problem.ts';
import type {Lock} from './lock.ts';
import {JOURNAL_FILE, LOCK_FOLDER} from './record.ts';

/** One line of the journal on the lead node. */
export interface JournalEntry {
  readonly transaction: string;
  /** RFC 3339, by the clock of the machine that kops runs on. */
  readonly at: string;
  /** `snapshot`, `enable` … */
  readonly step: string;
  /** Where the step is about one node. */
  readonly node?: string;
  readonly state: 'begun' | 'done' | 'failed';
  /** Why it failed. */
  readonly why?: string;
}

/** Exit code 9: another one holds the lock. A line that a crash cut off is ended first, so that it does not take the next one with it. */
const APPEND = `set -eu
umask 077
file=$1$2
[ "$(cat "$1$3/holder" 2>/dev/null || true)" = "$4" ] || exit 9
mkdir -p "\${file%/*}"
if [ -s "$file" ] && [ -n "$(tail -c 1 "$file")" ]; then echo >> "$file"; fi
cat >> "$file"
sync "$file" "\${file%/*}" 2>/dev/null || sync`;

/**
 * Resolves once the line is on the node's disk. Rejects with exit code 3, and writes nothing, where the lock is no longer this one: whoever
 * slept for too long must not go on with what another has ended.
 */
export async function appendToJournal(
  lead: Node,
  entry: JournalEntry,
  {holder}: Pick<Lock, 'holder'>,
  signal: AbortSignal,
): Promise<void> {
  const input = Buffer.from(`${JSON.stringify(entry)}\n`);
  const {code, stderr} = await lead.run(APPEND, [lead.root, JOURNAL_FILE, LOCK_FOLDER, holder], {input}, signal);
  if (code === 0) return;
  if (code === 9) {
    throw new Problem('another kops has taken this change over', {
      why: `this one gave ${lead.name} no sign of life for too long, and lost its lock there`,
      next: 'kops encrypt-at-rest status tells what became of it',
      exitCode: ExitCode.negative,
    });
  }
  throw new Problem(`the journal on ${lead.name} cannot be written`, {
    why: stderr.trim(),
    next: `look at ${JOURNAL_FILE} there, and whether its disk is full`,
    exitCode: ExitCode.negative,
  });
}

/** All entries, or those of one transaction. A last line that was cut off by a crash counts as never written. */
export function parseJournal(content: Buffer, transaction?: string): JournalEntry[] {
  return content
    .toString('utf8')
    .split('\n')
    .slice(0, -1)
    .flatMap((line) => (parseObject(line) as JournalEntry | undefined) ?? [])
    .filter((entry) => transaction === undefined || entry.transaction === transaction);
}

/** Whether a server may no longer know what the `read` stage writes. */
export const hasDropped = (journal: readonly JournalEntry[]): boolean =>
  journal.some(({step}) => step === 'final' || step === 'remove');

/** Whether a server may have written with the new key: from the moment on when one was told to. */
export const isPromoted = (journal: readonly Pick<JournalEntry, 'step'>[]): boolean => journal.some(({step}) => step === 'write');

/** Whether the change is on its way back: then it goes nowhere else. */
export const isGoingBack = (journal: readonly Pick<JournalEntry, 'step'>[]): boolean =>
  journal.some(({step}) => step === 'restore' || step === 'retreat');
