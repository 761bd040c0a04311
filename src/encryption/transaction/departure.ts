import type {JournalEntry} from './journal.ts';
import {ABSENT, type Digest, type NodeRecord, type Transaction} from './record.ts';

/** What a node has now. */
export interface NodeFiles {
  readonly name: string;
  readonly manifest: Digest;
  readonly configuration: Digest;
}

export type Step = Pick<JournalEntry, 'step' | 'node' | 'state'>;

/** The same change without one of its nodes; where that was the lead, the first of the others is. */
export function withoutNode(transaction: Transaction, name: string): Transaction {
  const {[name]: _, ...nodes} = transaction.nodes;
  const lead = transaction.lead === name ? (Object.keys(nodes).sort()[0] ?? '') : transaction.lead;
  return {...transaction, nodes, lead};
}

/**
 * What a journal that is gone with its node has had at least, by the files of the other nodes. No server is told to write with the new key
 * before all of them can read it; so that one which has its files of before says that none was. In all other cases one may have been,
 * the one that is gone too.
 */
export function journalFrom({operation, stages, nodes}: Transaction, files: readonly NodeFiles[]): Step[] {
  const known = files.flatMap(({name, ...now}) => (nodes[name] ? [{name, now, record: nodes[name]}] : []));
  const staged: readonly (Digest | undefined)[] = [stages.read, stages.write, stages.final];
  const begun: Step[] = [{step: 'begin', state: 'done'}];
  if (known.some(({now, record}) => now.configuration === record.configuration && !staged.includes(record.configuration)))
    return begun;

  const past = known.filter(({now, record}) => hasPassedWrite(now, record));
  const enabled = known.filter((node) => past.includes(node) || node.now.manifest === node.record.manifest.enabled);
  const canRead = known.every((node) => past.includes(node) || staged.includes(node.now.configuration));
  const before: Step[] = [
    ...begun,
    ...enabled.map(({name}): Step => ({step: 'enable', node: name, state: 'done'})),
    ...(canRead ? [{step: 'read', state: 'done'} as const] : []),
  ];
  if (past.length === 0) return [...before, {step: 'write', state: 'begun'}];
  return [
    ...before,
    ...['write', 'canary'].map((step): Step => ({step, state: 'done'})),
    ...(operation === 'disable'
      ? past.map(({name}): Step => ({step: 'remove', node: name, state: 'begun'}))
      : [{step: 'final', state: 'begun'} as const]),
  ];

  /** Whether it may have dropped something already. */
  function hasPassedWrite({manifest, configuration}: Omit<NodeFiles, 'name'>, record: NodeRecord): boolean {
    if (operation !== 'disable') return configuration === stages.final && ![stages.read, stages.write].includes(configuration);
    const {original, enabled, final} = record.manifest;
    return (
      (manifest === final && ![original, enabled].includes(final)) ||
      (configuration === ABSENT && record.configuration !== ABSENT)
    );
  }
}
