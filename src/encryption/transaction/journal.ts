import {parseObject} from '../../kube/json.ts';
import type {Node} from '../../nodes/node.ts';
import {ExitCode, Problem} from '../../problem.ts';
import {JOURNAL_FILE} from './record.ts';

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

const APPEND = `set -eu
umask 077
file=$1$2
mkdir -p "\${file%/*}"
cat >> "$file"
sync "$file" 2>/dev/null || sync`;

/** Resolves once the line is on the node's disk. */
export async function appendToJournal(lead: Node, entry: JournalEntry, signal: AbortSignal): Promise<void> {
  const input = Buffer.from(`${JSON.stringify(entry)}\n`);
  const {code, stderr} = await lead.run(APPEND, [lead.root, JOURNAL_FILE], {input}, signal);
  if (code === 0) return;
  throw new Problem(`the journal on ${lead.name} cannot be written`, {
    why: stderr.trim(),
    next: `look at ${JOURNAL_FILE} there, then run kops encrypt-at-rest resume`,
    exitCode: ExitCode.negative,
  });
}

/** A last line that was cut off by a crash counts as never written. */
export function parseJournal(content: Buffer, transaction: string): JournalEntry[] {
  return content
    .toString('utf8')
    .split('\n')
    .slice(0, -1)
    .flatMap((line) => (parseObject(line) as JournalEntry | undefined) ?? [])
    .filter((entry) => entry.transaction === transaction);
}

/** Whether a server may have written with the new key: from the moment on when one was told to. */
export const isPromoted = (journal: readonly JournalEntry[]): boolean => journal.some(({step}) => step === 'write');
