import {existsSync, mkdtempSync, readdirSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, describe, expect, test} from 'vitest';
import {createKind} from '../../src/lab/kind/engine.ts';
import {isOurs, type KindRecord} from '../../src/lab/kind/record.ts';
import type {LabList, LabUp} from '../../src/lab/report.ts';
import {connectApi} from '../support/api.ts';
import {liveCluster} from '../support/live.ts';
import {type Result, runKops, start, startKops} from '../support/process.ts';

/** Labs of these tests alone: those of the test run are somebody else's here. */
const root = mkdtempSync(join(tmpdir(), 'kops-kind-'));
const kubeconfig = join(root, 'kubeconfig');
const env = {XDG_STATE_HOME: join(root, 'state'), KUBECONFIG: kubeconfig};
const name = `kops-lab-${process.pid}`;
const lab = (verb: string, ...args: string[]): Promise<Result> => runKops(['lab', verb, ...args], {env});

afterAll(async () => {
  await lab('down', '--name', name);
  rmSync(root, {recursive: true, force: true});
});

async function containersOf(cluster: string): Promise<string[]> {
  const filter = `label=io.x-k8s.kind.cluster=${cluster}`;
  const {stdout} = await start('docker', ['ps', '--all', '--filter', filter, '--format', '{{.Names}}']).ended;
  return stdout.split('\n').filter((line) => line !== '');
}

describe('the life of a kind lab', () => {
  test('it comes up, and takes pods at once', async () => {
    const {code, stdout, stderr} = await lab('up', '--driver', 'kind', '--name', name, '-o', 'json');
    expect(code, stderr).toBe(0);
    const created = JSON.parse(stdout) as LabUp;
    expect(created).toMatchObject({outcome: 'created', driver: 'kind', state: 'up', context: `kind-${name}`, kubeconfig});
    expect(created.nodes).toEqual(await containersOf(name));
    const record = JSON.parse(readFileSync(join(env.XDG_STATE_HOME, 'kops/kind', name, 'cluster.json'), 'utf8')) as KindRecord;
    const made = (await createKind(process.env).containers(new AbortController().signal)).filter(({cluster}) => cluster === name);
    const {containers: _known, ...killed} = record;
    expect(isOurs(killed, made), `by the time alone: ${JSON.stringify({killed, made})}`).toBe(true);
    const pod = {metadata: {name: 'first'}, spec: {containers: [{name: 'web', image: 'web'}]}};
    await connectApi(kubeconfig).send('POST', '/api/v1/namespaces/default/pods', pod);
  });

  test('bringing it up again changes nothing', async () => {
    const {stdout} = await lab('up', '--name', name, '-o', 'json');
    expect(JSON.parse(stdout)).toMatchObject({outcome: 'unchanged'});
  });

  test('clusters that were not made here are neither listed nor taken down', async () => {
    const {labs} = JSON.parse((await lab('list', '-o', 'json')).stdout) as LabList;
    expect(labs.map((found) => found.name)).toEqual([name]);
    const other = liveCluster().name;
    expect((await lab('down', '--name', other)).stderr).toContain(`lab ${other} not found`);
    expect(await containersOf(other)).not.toEqual([]);
    const {code, stderr} = await lab('up', '--driver', 'kind', '--name', other);
    expect(stderr).toContain(`there is a kind cluster ${other} that kops did not make`);
    expect(code).toBe(2);
  });

  test('taken down, nothing is left of it', async () => {
    expect((await lab('down', '--name', name)).code).toBe(0);
    expect(await containersOf(name)).toEqual([]);
    expect(readdirSync(join(env.XDG_STATE_HOME, 'kops/kind'))).toEqual([]);
  });
});

test('Ctrl-C while it comes up leaves nothing running', async () => {
  const running = startKops(['lab', 'up', '--driver', 'kind', '--name', name], {env});
  await running.saw(/kind create cluster/);
  running.process.kill('SIGINT');
  expect((await running.ended).code).toBe(130);
  expect(await containersOf(name)).toEqual([]);
  expect(existsSync(join(env.XDG_STATE_HOME, 'kops/kind', name))).toBe(false);
});
