import {appendFileSync, mkdtempSync, realpathSync, rmSync, truncateSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, expect, test, vi} from 'vitest';
import {findProcesses, hasEnded, isRunning, lastLines, startProcess, stopProcesses} from '../../../src/lab/embedded/processes.ts';

let lab = '';
beforeEach(() => {
  lab = mkdtempSync(join(realpathSync(tmpdir()), 'kops-lab '));
});
afterEach(async () => {
  await stopProcesses(lab, findProcesses(lab), 0);
  rmSync(lab, {recursive: true});
});

const shell = (program: string, script: string) =>
  startProcess(lab, {program, node: 'n', executable: '/bin/sh', args: ['-c', script], log: join(lab, 'logs', `${program}.log`)});

test('a process is found by the lab, node and program it carries, not by a number', async () => {
  const child = shell('etcd', 'exec sleep 60');
  await vi.waitFor(() => expect(findProcesses(lab)).toEqual([{program: 'etcd', node: 'n', pid: child.pid}]));
  expect(findProcesses(`${lab}-2`)).toEqual([]);
  expect(findProcesses(lab.slice(0, -1))).toEqual([]);
});

test('it is in a session of its own, so that Ctrl-C does not reach it', async () => {
  const child = shell('etcd', 'ps -o sid= -p $$');
  await vi.waitFor(() => expect(lastLines(join(lab, 'logs/etcd.log'), 1)).toEqual([expect.stringMatching(`^ *${child.pid}$`)]));
});

test('it gets no proxy: everything is on loopback', async () => {
  vi.stubEnv('HTTPS_PROXY', 'http://proxy.example');
  shell('etcd', 'echo "proxy=$HTTPS_PROXY"');
  await vi.waitFor(() => expect(lastLines(join(lab, 'logs/etcd.log'), 1)).toEqual(['proxy=']));
  vi.unstubAllEnvs();
});

test('what ended is not found any more, and its last lines are', async () => {
  const child = shell('etcd', 'echo one; echo two; echo three >&2; exit 1');
  await vi.waitFor(() => expect(hasEnded(child)).toBe(true));
  expect(findProcesses(lab)).toEqual([]);
  expect(lastLines(join(lab, 'logs/etcd.log'), 2)).toEqual(['two', 'three']);
});

test('an executable that is not there counts as ended', () => {
  const child = startProcess(lab, {program: 'etcd', node: 'n', executable: join(lab, 'none'), args: [], log: join(lab, 'log')});
  expect(hasEnded(child)).toBe(true);
});

test('stopping asks first', async () => {
  shell('etcd', 'trap "echo asked; exit" TERM; echo ready; while :; do :; done');
  await vi.waitFor(() => expect(lastLines(join(lab, 'logs/etcd.log'), 1)).toEqual(['ready']));
  await stopProcesses(lab, findProcesses(lab), 10_000);
  expect(findProcesses(lab)).toEqual([]);
  expect(lastLines(join(lab, 'logs/etcd.log'), 1)).toEqual(['asked']);
});

test('who does not listen is killed after the grace', async () => {
  shell('etcd', 'trap "" TERM; echo ready; exec sleep 60');
  await vi.waitFor(() => expect(lastLines(join(lab, 'logs/etcd.log'), 1)).toEqual(['ready']));
  await stopProcesses(lab, findProcesses(lab), 100);
  expect(findProcesses(lab)).toEqual([]);
});

test('a process is found while it becomes another program: the kernel shows no environment for that moment', () => {
  const again = join(lab, 'again.sh');
  writeFileSync(again, 'exec /bin/sh "$0"\n');
  const child = startProcess(lab, {program: 'etcd', node: 'n', executable: '/bin/sh', args: [again], log: join(lab, 'log')});
  for (let i = 0; i < 300; i++) expect(isRunning(lab, {program: 'etcd', node: 'n', pid: child.pid ?? 0})).toBe(true);
});

test('a process that has another’s pid is never signalled', async () => {
  const child = shell('etcd', 'exec sleep 60');
  await vi.waitFor(() => expect(findProcesses(lab)).toHaveLength(1));
  await stopProcesses(lab, [{program: 'kwok', node: 'n', pid: child.pid ?? 0}], 100);
  expect(findProcesses(lab)).toHaveLength(1);
});

test('of a log of gigabytes only the end is read', () => {
  const log = join(lab, 'etcd.log');
  writeFileSync(log, '');
  truncateSync(log, 8 * 2 ** 30); // more than a string can hold
  appendFileSync(log, '\none\ntwo\n');
  expect(lastLines(log, 2)).toEqual(['one', 'two']);
});
