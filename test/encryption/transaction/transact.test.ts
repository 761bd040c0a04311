import {describe, expect, test} from 'vitest';
import {isPromoted, type JournalEntry, parseJournal} from '../../../src/encryption/transaction/journal.ts';
import {newTransactionId, parseTransaction} from '../../../src/encryption/transaction/record.ts';
import {disagreement, waiting} from '../../../src/encryption/transaction/servers.ts';
import type {TransactionStep} from '../../../src/encryption/transaction/steps.ts';
import {openOf} from '../../../src/encryption/transaction/store.ts';
import {notDone} from '../../../src/encryption/transaction/transact.ts';

const step = (name: string, node?: string): TransactionStep => ({
  name,
  ...(node && {node}),
  title: name,
  onFailure: 'stay',
  run: async () => {},
});
const entry = (name: string, state: JournalEntry['state'] = 'done', node?: string): JournalEntry => ({
  transaction: 'a',
  at: '',
  step: name,
  state,
  ...(node && {node}),
});

describe('what a resumed change still does', () => {
  const steps = [
    step('enable', 'n1'),
    step('enable', 'n2'),
    step('read'),
    step('write'),
    step('rewrite'),
    step('verify'),
    step('final'),
    step('finish'),
  ];

  test.each<[string, JournalEntry[], string]>([
    ['nothing was done', [], 'enable enable read write rewrite verify final finish'],
    [
      'a step was begun and not ended',
      [entry('enable', 'done', 'n1'), entry('enable', 'begun', 'n2')],
      'enable read write rewrite verify final finish',
    ],
    [
      'the scan failed: rewriting mends what it found',
      [
        entry('enable', 'done', 'n1'),
        entry('enable', 'done', 'n2'),
        entry('read'),
        entry('write'),
        entry('rewrite'),
        entry('verify', 'failed'),
      ],
      'write rewrite verify final finish',
    ],
    [
      'a scan of before counts for nothing where a key is to be dropped now',
      [
        entry('enable', 'done', 'n1'),
        entry('enable', 'done', 'n2'),
        entry('read'),
        entry('write'),
        entry('rewrite'),
        entry('verify'),
      ],
      'write rewrite verify final finish',
    ],
    [
      'all but the end',
      [
        entry('enable', 'done', 'n1'),
        entry('enable', 'done', 'n2'),
        entry('read'),
        entry('write'),
        entry('rewrite'),
        entry('verify'),
        entry('final'),
      ],
      'finish',
    ],
  ])('%s', (_case, journal, expected) => {
    expect(
      notDone(steps, journal)
        .map(({name}) => name)
        .join(' '),
    ).toBe(expected);
  });
});

test('a server may have written with the new key from the moment on when one was told to', () => {
  expect(isPromoted([entry('read')])).toBe(false);
  expect(isPromoted([entry('read'), entry('write', 'begun')])).toBe(true);
});

test('of a journal whose last line was cut off by a crash, the whole lines count', () => {
  const lines = [entry('begin'), {...entry('begin'), transaction: 'other'}, entry('read')].map((line) => JSON.stringify(line));
  const content = Buffer.from(`${lines.join('\n')}\n{"transaction":"a","at":"20`);
  expect(parseJournal(content, 'a').map((found) => found.step)).toEqual(['begin', 'read']);
});

describe('whether a server runs as wanted', () => {
  const fine = {answers: true, startTime: 2, configHash: 'sha256:new', listsSecrets: true, notReady: []};

  test.each([
    ['it does', fine, undefined],
    ['no answer', {...fine, answers: false, why: 'connection refused'}, 'does not answer (connection refused)'],
    ['the process of before', {...fine, startTime: 1}, 'the old process still answers'],
    ['it cannot read', {...fine, listsSecrets: false, why: 'it could not list secrets: 500'}, 'it could not list secrets: 500'],
    ['it waits for a KMS plugin', {...fine, notReady: ['kms-providers', 'etcd']}, 'is not ready: kms-providers and etcd'],
    ['the file of before', {...fine, configHash: 'sha256:old'}, 'has not read its new configuration yet'],
  ])('%s', (_case, running, expected) => {
    expect(disagreement(running, {hash: 'sha256:new', notSince: 1})).toBe(expected);
  });

  test('without a configuration it must not have one, and must say so', () => {
    expect(disagreement(fine, {hash: undefined, notSince: 1})).toBe('still runs with an encryption configuration');
    const mute = {...fine, startTime: undefined, configHash: undefined};
    expect(disagreement(mute, {hash: undefined, notSince: 1})).toBe('does not tell its metrics');
    expect(disagreement(mute, {hash: undefined})).toBe('does not tell its metrics');
  });

  test.each([
    [3, 'the old process still answers'],
    [2, undefined],
  ])('where nobody knows since when the old process ran, it must have started at %s or later', (notBefore, expected) => {
    expect(disagreement(fine, {hash: 'sha256:new', notBefore})).toBe(expected);
  });
});

test('ids sort by time', () => {
  const id = (time: string) => newTransactionId(new Date(time), () => Buffer.from([0x3f, 0x9c]));
  expect(id('2026-11-23T14:30:12.5Z')).toBe('20261123-143012-3f9c');
});

describe('the records of nodes', () => {
  const record = (name: string, id: string) => {
    const content = {version: 1, id, operation: 'setup', startedBy: 'ann@desk', lead: 'cp-1', nodes: {'cp-1': {}}};
    return {name, content: Buffer.from(JSON.stringify(content))};
  };

  test('are of one transaction, whoever has it', () => {
    expect(openOf([])).toBeUndefined();
    expect(openOf([record('cp-1', 'a'), record('cp-3', 'a')])).toMatchObject({transaction: {id: 'a'}, nodes: ['cp-1', 'cp-3']});
  });

  test('of two transactions are not chosen from', () => {
    expect(() => openOf([record('cp-1', 'a'), record('cp-2', 'b')])).toThrow('two transactions are open at once');
  });

  test('must have their lead among their nodes', () => {
    const {content} = record('cp-1', 'a');
    const without = Buffer.from(content.toString().replace('"lead":"cp-1"', '"lead":"cp-9"'));
    expect(() => openOf([{name: 'cp-1', content: without}])).toThrow('is not a transaction that this kops understands');
  });
});

test('a record that another kops wrote is not guessed at', () => {
  expect(() => parseTransaction(Buffer.from('{"version": 2, "id": "a", "nodes": {}}'), 'transaction.json on a')).toThrow(
    'transaction.json on a is not a transaction that this kops understands',
  );
});

test.each([
  [
    'has not read its new configuration yet',
    '23 s: waits for cp-1 to read its new configuration (an API server looks once a minute)',
  ],
  ['does not answer (connection refused)', '23 s: cp-1 does not answer (connection refused)'],
])('a wait says for how long, and for what: %s', (missing, text) => {
  expect(waiting('cp-1', missing, 23_900)).toBe(text);
});
