import {appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {expect, onTestFinished, test} from 'vitest';
import {appendToJournal, type JournalEntry, parseJournal} from '../../../src/encryption/transaction/journal.ts';
import {takeLock} from '../../../src/encryption/transaction/lock.ts';
import {JOURNAL_FILE, LOCK_FOLDER} from '../../../src/encryption/transaction/record.ts';
import {localNode} from '../../../src/nodes/local.ts';

const {signal} = new AbortController();
const entry = (step: string): JournalEntry => ({transaction: 't', at: '2026-11-23T10:00:00Z', step, state: 'begun'});

function aNode() {
  const root = mkdtempSync(join(tmpdir(), 'kops-journal-'));
  onTestFinished(() => rmSync(root, {recursive: true, force: true}));
  const journal = join(root, JOURNAL_FILE);
  return {
    root,
    journal,
    node: localNode('cp-1', {root}),
    steps: () => parseJournal(readFileSync(journal), 't').map((line) => line.step),
  };
}

test('a line that a crash cut off does not take the next one with it', async () => {
  const {node, journal, steps} = aNode();
  const lock = await takeLock(node, signal);
  await appendToJournal(node, entry('read'), lock, signal);
  appendFileSync(journal, JSON.stringify(entry('write')).slice(0, 30));
  await appendToJournal(node, entry('write'), lock, signal);
  expect(steps()).toEqual(['read', 'write']);
  await lock.release();
});

test('whose lock another one has taken goes no further', async () => {
  const {root, node, steps} = aNode();
  const lock = await takeLock(node, signal);
  await appendToJournal(node, entry('write'), lock, signal);
  writeFileSync(join(root, LOCK_FOLDER, 'holder'), '{"host": "elsewhere"}');
  await expect(appendToJournal(node, entry('final'), lock, signal)).rejects.toMatchObject({
    message: 'another kops has taken this change over',
    exitCode: 3,
  });
  expect(steps()).toEqual(['write']);
});

test('a lock that is held is refused; one of a process that is gone is taken at once', async () => {
  const {root, node} = aNode();
  const lock = await takeLock(node, signal);
  await expect(takeLock(node, signal)).rejects.toThrow('another kops is changing the encryption of this cluster');
  const holder = join(root, LOCK_FOLDER, 'holder');
  writeFileSync(holder, JSON.stringify({...JSON.parse(lock.holder), pid: 2 ** 22 + 1}));
  await (await takeLock(node, signal)).release();
});

test.each([
  ['on another machine', {boot: 'another'}],
  ['in a container with the network of this one', {pids: 'pid:[1]'}],
  ['of a kops that does not say whose processes it sees', {pids: undefined}],
])('the same host name and process number %s prove nothing', async (_case, difference) => {
  const {root, node} = aNode();
  const lock = await takeLock(node, signal);
  const elsewhere = {...JSON.parse(lock.holder), pid: 2 ** 22 + 1, ...difference};
  writeFileSync(join(root, LOCK_FOLDER, 'holder'), JSON.stringify(elsewhere));
  await expect(takeLock(node, signal)).rejects.toThrow('another kops is changing the encryption of this cluster');
});
