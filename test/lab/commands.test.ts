import {existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, describe, expect, test, vi} from 'vitest';
import type {LabList} from '../../src/lab/report.ts';
import {runKops, startKops} from '../support/process.ts';
import {record} from './embedded/record.ts';

vi.setConfig({testTimeout: 60_000}); // kops runs as a process of its own, several times, on a machine with other work

let root: string;
let env: Record<string, string>;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'kops-labs-'));
  env = {XDG_STATE_HOME: root, KUBECONFIG: join(root, 'kubeconfig')};
});
afterEach(() => rmSync(root, {recursive: true}));

/** Puts down what a lab is remembered by: none of its processes runs. */
function remember(folder: string, file: string, record: object): string {
  const path = join(root, 'kops', folder);
  mkdirSync(path, {recursive: true});
  writeFileSync(join(path, file), JSON.stringify(record));
  return path;
}

describe('a kind lab while no Docker engine answers', () => {
  let folder: string;
  beforeEach(() => {
    folder = remember('kind/x', 'cluster.json', {name: 'x', createdAt: '2026-01-01T00:00:00Z', controlPlanes: 1, workers: 0});
    env.PATH = join(root, 'nothing-here');
  });

  test.each(['down', 'up', 'kubeconfig', 'status'])('%s says that it cannot be reached', async (verb) => {
    const {code, stdout, stderr} = await runKops(['lab', verb, '--name', 'x'], {env});
    expect(stdout + stderr).toContain('lab x cannot be reached');
    expect(stdout + stderr).toContain('no Docker engine answers');
    expect(code).toBe(5);
    expect(existsSync(folder)).toBe(true);
  });

  test('list has it', async () => {
    const {labs} = JSON.parse((await runKops(['lab', 'list', '-o', 'json'], {env})).stdout) as LabList;
    expect(labs).toMatchObject([{name: 'x', driver: 'kind', state: 'unknown', reason: 'no Docker engine answers'}]);
  });
});

describe('down', () => {
  const tty = {columns: 80, rows: 24};
  let folder: string;
  beforeEach(() => {
    folder = remember('labs/x', 'lab.json', record);
  });

  test('asks on a terminal; after a no the lab is as it was', async () => {
    const running = startKops(['lab', 'down', '--name', 'x'], {env, tty});
    await running.saw(/Remove lab x \(embedded\) and all that is in it\?/);
    running.type('n\r');
    expect((await running.ended).code).toBe(2);
    expect(existsSync(folder)).toBe(true);
  });

  test.each([
    ['on a terminal with --yes', ['--yes'], {tty}],
    ['off a terminal', [], {}],
  ])('does not ask %s', async (_case, flags, terminal) => {
    const {code, stdout} = await runKops(['lab', 'down', '--name', 'x', ...flags], {env, ...terminal});
    expect(stdout).toContain('lab x is gone');
    expect(code).toBe(0);
    expect(existsSync(folder)).toBe(false);
  });

  test('takes the contexts out of the kubeconfig that up wrote them to, whichever is in use now', async () => {
    const own = `clusters: [{name: kops-x, cluster: {certificate-authority-data: QQ==}}]
contexts: [{name: kops-x, context: {cluster: kops-x, user: kops-x}}]
users: [{name: kops-x}]
current-context: kops-x
`;
    const written = join(root, 'earlier');
    writeFileSync(written, own);
    writeFileSync(join(folder, 'kubeconfig'), own);
    remember('labs/x', 'lab.json', {...record, kubeconfigs: [written]});
    const {code, stdout} = await runKops(['lab', 'down', '--name', 'x'], {env});
    expect({code, stdout}).toEqual({code: 0, stdout: `✓ lab x is gone, and its contexts from ${written}\n`});
    expect(readFileSync(written, 'utf8')).not.toContain('kops-x');
  });

  test('a name that no lab has is a problem', async () => {
    const {code, stderr} = await runKops(['lab', 'down', '--name', 'xy'], {env});
    expect({code, stderr}).toEqual({code: 5, stderr: '✗ lab xy not found\n  there is x\n  try: kops lab down --name x\n'});
    expect(existsSync(folder)).toBe(true);
  });

  test('without a name, where there is no lab at all, it ends well', async () => {
    rmSync(folder, {recursive: true});
    expect(await runKops(['lab', 'down'], {env})).toMatchObject({code: 0});
    expect(await runKops(['lab', 'down', '--name', 'x'], {env})).toMatchObject({code: 5});
    expect(await runKops(['lab', 'down', '--name', 'x', '--ignore-not-found'], {env})).toMatchObject({code: 0});
  });
});
