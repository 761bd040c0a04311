import {globSync, mkdtempSync, readFileSync, realpathSync, rmSync, statSync, writeFileSync} from 'node:fs';
import {createServer} from 'node:net';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, describe, expect, test, vi} from 'vitest';
import {parse} from 'yaml';
import type {LabStatus} from '../../src/lab/driver.ts';
import {isFree} from '../../src/lab/embedded/ports.ts';
import {findProcesses} from '../../src/lab/embedded/processes.ts';
import type {LabRecord} from '../../src/lab/embedded/record.ts';
import type {LabUp} from '../../src/lab/report.ts';
import {connectApi} from '../support/api.ts';
import {type Result, runKops, startKops} from '../support/process.ts';

vi.setConfig({testTimeout: 180_000, hookTimeout: 60_000}); // several starts of a control plane in one test, on a machine with other work

const root = mkdtempSync(join(realpathSync(tmpdir()), 'kops-labs-'));
const kubeconfig = join(root, 'kubeconfig');
const env = {XDG_STATE_HOME: join(root, 'state'), KUBECONFIG: kubeconfig};
const folderOf = (name: string) => join(env.XDG_STATE_HOME, 'kops/labs', name);

const lab = (verb: string, name: string, ...args: string[]): Promise<Result> =>
  runKops(['lab', verb, '--name', name, ...args], {env});
const up = async (name: string, ...args: string[]): Promise<LabUp> =>
  JSON.parse(succeeded(await lab('up', name, '--driver', 'embedded', '-o', 'json', ...args)));
const statusOf = async (name: string): Promise<LabStatus> => JSON.parse((await lab('status', name, '-o', 'json')).stdout);
const recordOf = (name: string): LabRecord => JSON.parse(readFileSync(join(folderOf(name), 'lab.json'), 'utf8'));
const portsOf = (name: string): number[] => Object.values(recordOf(name).ports).flat() as number[];
const pids = ({processes}: LabStatus): Map<string, number | undefined> =>
  new Map(processes.map(({program, node, pid}) => [`${program} ${node}`, pid]));

function succeeded({code, stdout, stderr}: Result): string {
  expect(stderr).not.toContain('✗');
  expect(code).toBe(0);
  return stdout;
}

async function kill(name: string, isMeant: (process: LabStatus['processes'][number]) => boolean): Promise<void> {
  const meant = (await statusOf(name)).processes.filter(isMeant);
  for (const {program, pid} of meant) {
    if (pid === undefined) throw new Error(`${program} is not running`); // 0 would be this test and all that runs it
    process.kill(pid, 'SIGKILL');
  }
  await vi.waitFor(() => {
    const left = findProcesses(folderOf(name)).map(({pid}) => pid);
    expect(left.filter((pid) => meant.some((process) => process.pid === pid))).toEqual([]);
  });
}

afterAll(async () => {
  for (const name of ['a', 'b']) await lab('down', name);
  rmSync(root, {recursive: true, force: true});
});

describe('the life of a lab', () => {
  const note = '/api/v1/namespaces/default/configmaps/note';
  let created: LabUp;

  test('it comes up: every process runs, every node is ready, every API server serves the same objects', async () => {
    created = await up('a', '--control-planes', '2', '--workers', '1');
    expect(created).toMatchObject({
      kind: 'Lab',
      apiVersion: 'kops/v1',
      outcome: 'created',
      state: 'up',
      context: 'kops-a',
      kubeconfig,
    });
    expect(await statusOf('a')).toMatchObject({kubeconfigs: [kubeconfig]});
    expect(created.nodes).toEqual(['a-control-plane', 'a-control-plane2', 'a-worker']);
    expect(created.processes.map(({program}) => program)).toEqual([
      'kubelet',
      'kubelet',
      'etcd',
      'kube-apiserver',
      'kube-apiserver',
      'kube-controller-manager',
      'kube-scheduler',
      'kwok',
    ]);

    await connectApi(kubeconfig).send('POST', '/api/v1/namespaces/default/configmaps', {
      metadata: {name: 'note'},
      data: {a: 'b'},
    });
    const {'current-context': first, ...config} = parse(readFileSync(kubeconfig, 'utf8'));
    expect(first).toBe('kops-a');
    const second = join(root, 'second');
    writeFileSync(second, JSON.stringify({...config, 'current-context': 'kops-a-2'}));
    expect(await connectApi(second).send('GET', note)).toMatchObject({data: {a: 'b'}});
  });

  test('pods are scheduled by what nodes have left, and run', async () => {
    const api = connectApi(kubeconfig);
    const pod = (name: string, cpu: string) => ({
      metadata: {name},
      spec: {containers: [{name: 'c', image: 'web:1', resources: {requests: {cpu}}}]},
    });
    for (const [name, cpu] of [
      ['small', '100m'],
      ['huge', '999'],
    ] as const) {
      await api.send('POST', '/api/v1/namespaces/default/pods', pod(name, cpu));
    }
    const get = (name: string) => api.send('GET', `/api/v1/namespaces/default/pods/${name}`);
    await vi.waitFor(
      async () => {
        expect(await get('small')).toMatchObject({spec: {nodeName: 'a-worker'}, status: {phase: 'Running'}});
        expect(await get('huge')).toMatchObject({status: {conditions: [{type: 'PodScheduled', reason: 'Unschedulable'}]}});
      },
      {timeout: 60_000, interval: 200},
    );
  });

  test('a service account token logs in, and may do nothing by itself', async () => {
    const api = connectApi(kubeconfig);
    const path = '/api/v1/namespaces/default/serviceaccounts/default/token';
    const {status} = (await api.send('POST', path, {kind: 'TokenRequest', spec: {}})) as {status: {token: string}};
    const config = parse(readFileSync(kubeconfig, 'utf8'));
    const file = join(root, 'token');
    writeFileSync(file, JSON.stringify({...config, users: [{name: 'kops-a', user: {token: status.token}}]}));
    const {code, stderr} = await runKops(['secret', 'decode', 'x', '--kubeconfig', file], {env});
    expect(stderr).toContain('system:serviceaccount:default:default');
    expect(code).toBe(5);
  });

  test('nobody else can read it', () => {
    const modes = globSync(`${env.XDG_STATE_HOME}/kops/**/*`).map((path) => [path, statSync(path).mode & 0o077] as const);
    expect(modes.length).toBeGreaterThan(50);
    expect(modes.filter(([, mode]) => mode !== 0)).toEqual([]);
  });

  test('up again changes nothing', async () => {
    const again = await up('a');
    expect(again).toMatchObject({outcome: 'unchanged', state: 'up'});
    expect(pids(again)).toEqual(pids(created));
  });

  test('other numbers of nodes than it has are refused', async () => {
    const {code, stderr} = await lab('up', 'a', '--control-planes', '3');
    expect(stderr).toContain('lab a has 2 control planes, not 3');
    expect(code).toBe(2);
  });

  test('processes that died are named with the end of their log; up brings them back with its data, and them alone', async () => {
    await kill(
      'a',
      ({program, node}) => program === 'kwok' || (['kubelet', 'kube-apiserver'].includes(program) && node === 'a-control-plane2'),
    );
    const {code, stdout} = await lab('status', 'a');
    expect(stdout).toContain('lab a is degraded: 3 of 8 processes are not running');
    expect(stdout).toMatch(/○ kube-apiserver +a-control-plane2 {2}not running\n.*ends with:\n.*\w/);
    expect(code).toBe(3);

    const before = pids(await statusOf('a'));
    const after = await up('a');
    expect(after).toMatchObject({outcome: 'restarted', state: 'up'});
    for (const [process, pid] of before) if (pid !== undefined) expect(pids(after).get(process), process).toBe(pid);
    expect(await connectApi(kubeconfig).send('GET', note)).toMatchObject({data: {a: 'b'}});
  });

  test('a flag in a manifest is what the API server runs with: a wrong one is told from its log', async () => {
    const manifest = join(folderOf('a'), 'nodes/a-control-plane2/etc/kubernetes/manifests/kube-apiserver.yaml');
    const good = readFileSync(manifest, 'utf8');
    writeFileSync(manifest, good.replace('- kube-apiserver\n', '- kube-apiserver\n        - --no-such-flag=1\n'));
    await vi.waitFor(async () => expect((await statusOf('a')).state).toBe('degraded'), {timeout: 30_000});
    const {code, stderr} = await lab('up', 'a');
    expect(stderr).toContain('kube-apiserver of lab a keeps ending');
    expect(stderr).toContain('unknown flag: --no-such-flag');
    expect(code).toBe(3);
    expect((await lab('status', 'a')).stdout).toMatch(/○ kube-apiserver +a-control-plane2 {2}not running: it keeps ending/);
    writeFileSync(manifest, good);
    expect(await up('a')).toMatchObject({outcome: 'unchanged', state: 'up'});
  });

  test('with everything dead it is stopped; a port that someone else took meanwhile is named; then it comes back', async () => {
    await kill('a', () => true);
    expect(await statusOf('a')).toMatchObject({state: 'stopped'});
    const {apiServers} = recordOf('a').ports;
    const squatter = createServer().listen(apiServers[0], '127.0.0.1');
    const {code, stderr} = await lab('up', 'a');
    expect(stderr).toContain(`its port, ${apiServers[0]} on 127.0.0.1, is taken by another program`);
    expect(code).toBe(3);
    expect(findProcesses(folderOf('a'))).toEqual([]);
    await new Promise((resolve) => squatter.close(resolve));

    expect(await up('a')).toMatchObject({outcome: 'restarted', state: 'up'});
    expect(await connectApi(kubeconfig).send('GET', note)).toMatchObject({data: {a: 'b'}});
  });

  test('Ctrl-C while another comes up leaves nothing of that one, and this one alone', async () => {
    const running = startKops(['lab', 'up', '--name', 'b', '--driver', 'embedded'], {env});
    await vi.waitFor(() => expect(findProcesses(folderOf('b')).length).toBeGreaterThan(0), {timeout: 60_000, interval: 20});
    running.process.kill('SIGINT');
    const {code, stderr} = await running.ended;
    expect(stderr).toContain('✗ interrupted\n  nothing of lab b is left\n');
    expect(code).toBe(130);
    expect(findProcesses(folderOf('b'))).toEqual([]);
    expect(() => statSync(folderOf('b'))).toThrow('ENOENT');
    expect(await statusOf('a')).toMatchObject({state: 'up'});
  });

  test('what a killed up left is no obstacle to the next, and a second lab has ports of its own', async () => {
    const running = startKops(['lab', 'up', '--name', 'b', '--driver', 'embedded'], {env});
    await vi.waitFor(() => expect(findProcesses(folderOf('b')).length).toBeGreaterThan(0), {timeout: 60_000, interval: 20});
    running.process.kill('SIGKILL');
    await running.ended;
    expect(findProcesses(folderOf('b')).length).toBeGreaterThan(0);

    expect(await up('b')).toMatchObject({outcome: 'created', state: 'up', contextBefore: 'kops-a'});
    expect(portsOf('a').filter((port) => portsOf('b').includes(port))).toEqual([]);
    const {labs} = JSON.parse((await runKops(['lab', 'list', '-o', 'json'], {env})).stdout) as {labs: LabStatus[]};
    const embedded = labs.filter(({driver}) => driver === 'embedded');
    expect(embedded.map(({name, state}) => `${name} ${state}`)).toEqual(['a up', 'b up']);
  });

  test('down leaves no process, port or file, and the other lab as it was', async () => {
    const ports = portsOf('a');
    succeeded(await lab('down', 'a'));
    expect(findProcesses(folderOf('a'))).toEqual([]);
    expect(() => statSync(folderOf('a'))).toThrow('ENOENT');
    for (const port of ports) expect(await isFree(port), `port ${port}`).toBe(true);
    const {contexts, 'current-context': current} = parse(readFileSync(kubeconfig, 'utf8'));
    expect(contexts.map((context: {name: string}) => context.name)).toEqual(['kops-b']);
    expect(current).toBe('kops-b');
    expect(await statusOf('b')).toMatchObject({state: 'up'});
  });

  test('down again is a problem, but not where that is to be expected', async () => {
    expect(await lab('down', 'a')).toMatchObject({code: 5, stderr: expect.stringContaining('lab a not found\n  there is b\n')});
    expect(succeeded(await lab('down', 'a', '--ignore-not-found'))).toBe('there is no lab a: nothing to remove\n');
  });

  test('a lab whose files somebody deleted is still brought to its end', async () => {
    rmSync(folderOf('b'), {recursive: true});
    expect(findProcesses(folderOf('b')).length).toBeGreaterThan(0);
    expect(succeeded(await lab('down', 'b'))).toContain('lab b is gone');
    expect(findProcesses(folderOf('b'))).toEqual([]);
  });
});

test.each([
  ['up', 'Bad_Name', 2, '"Bad_Name" cannot name a lab'],
  ['down', '../x', 2, '"../x" cannot name a lab'],
  ['status', 'none', 5, 'lab none not found'],
  ['kubeconfig', 'none', 5, 'lab none not found'],
])('lab %s --name %s is a problem', async (verb, name, code, message) => {
  const result = await lab(verb, name);
  expect(result.stderr).toContain(message);
  expect(result.code).toBe(code);
});

test('a kubeconfig that cannot be read stops up before anything starts', async () => {
  const broken = join(root, 'broken');
  writeFileSync(broken, 'clusters: [');
  const {code, stderr} = await lab('up', 'c', '--kubeconfig', broken);
  expect(stderr).toContain(`${broken} is not a kubeconfig`);
  expect(code).toBe(2);
  expect(() => statSync(folderOf('c'))).toThrow('ENOENT');
});
