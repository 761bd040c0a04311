import {expect, test} from 'vitest';
import {journalFrom, type NodeFiles, withoutNode} from '../../../src/encryption/transaction/departure.ts';
import {hasDropped, isPromoted, type JournalEntry} from '../../../src/encryption/transaction/journal.ts';
import {ABSENT, type NodeRecord, type Operation, type Transaction} from '../../../src/encryption/transaction/record.ts';

const records: Readonly<Record<Operation, NodeRecord>> = {
  setup: {manifest: {original: 'plain', enabled: 'flag', final: 'flag'}, configuration: ABSENT},
  rotate: {manifest: {original: 'flag', enabled: 'flag', final: 'flag'}, configuration: 'old'},
  disable: {manifest: {original: 'flag', enabled: 'flag', final: 'plain'}, configuration: 'old'},
};

const transaction = (operation: Operation, configuration = records[operation].configuration): Transaction => {
  const record = {...records[operation], configuration};
  return {
    version: 1,
    id: 't',
    operation,
    startedAt: '',
    startedBy: '',
    lead: 'cp-1',
    resources: ['secrets'],
    writeKey: {provider: 'secretbox', keyName: 'new'},
    retires: [],
    configurationFile: '/c',
    stages: {read: 'read', write: 'write', final: operation === 'rotate' ? 'final' : undefined},
    rewrite: true,
    clusterConfiguration: undefined,
    snapshot: undefined,
    confirmWithin: 90,
    nodes: {'cp-1': record, 'cp-2': record, 'cp-3': record},
  };
};
const files = (...all: readonly (readonly [manifest: string, configuration: string])[]): NodeFiles[] =>
  all.map(([manifest, configuration], i) => ({name: `cp-${i + 2}`, manifest, configuration}));

test.each<[string, Operation, NodeFiles[], string, {promoted: boolean; dropped: boolean}]>([
  ['nothing was done yet', 'setup', files(['plain', ABSENT], ['plain', ABSENT]), 'begin', {promoted: false, dropped: false}],
  [
    'one cannot read the new key yet, so none was told to write with it',
    'setup',
    files(['flag', 'read'], ['plain', ABSENT]),
    'begin',
    {promoted: false, dropped: false},
  ],
  [
    'all can read it: the one that is gone may have written with it',
    'setup',
    files(['flag', 'read'], ['flag', 'read']),
    'begin, enable cp-2, enable cp-3, read, (write)',
    {promoted: true, dropped: false},
  ],
  [
    'one writes with it',
    'rotate',
    files(['flag', 'write'], ['flag', 'read']),
    'begin, enable cp-2, enable cp-3, read, (write)',
    {promoted: true, dropped: false},
  ],
  [
    'one no longer reads the old key',
    'rotate',
    files(['flag', 'final'], ['flag', 'write']),
    'begin, enable cp-2, enable cp-3, read, write, canary, (final)',
    {promoted: true, dropped: true},
  ],
  [
    'one has no flag any more',
    'disable',
    files(['plain', ABSENT], ['flag', 'write']),
    'begin, enable cp-2, enable cp-3, read, write, canary, (remove cp-2)',
    {promoted: true, dropped: true},
  ],
  [
    'a file is of somebody else: nobody knows what was before it',
    'rotate',
    files(['flag', 'strange'], ['flag', 'read']),
    'begin, enable cp-2, enable cp-3, (write)',
    {promoted: true, dropped: false},
  ],
])('a journal that is lost with its node, where %s', (_case, operation, now, expected, {promoted, dropped}) => {
  const journal = journalFrom(transaction(operation), now);
  const words = journal.map(({step, node, state}) => {
    const name = [step, node].filter(Boolean).join(' ');
    return state === 'done' ? name : `(${name})`;
  });
  expect(words.join(', ')).toBe(expected);
  expect({promoted: isPromoted(journal), dropped: hasDropped(journal as JournalEntry[])}).toEqual({promoted, dropped});
});

test('files of before that are those of a stage too say nothing of the past', () => {
  expect(isPromoted(journalFrom(transaction('setup', 'read'), files(['flag', 'read'])))).toBe(true);
});

test('where the lead is gone, another node leads', () => {
  expect(withoutNode(transaction('rotate'), 'cp-1')).toMatchObject({lead: 'cp-2', nodes: {'cp-2': {}, 'cp-3': {}}});
  expect(Object.keys(withoutNode(transaction('rotate'), 'cp-3').nodes)).toEqual(['cp-1', 'cp-2']);
  expect(withoutNode(transaction('rotate'), 'cp-3').lead).toBe('cp-1');
});
