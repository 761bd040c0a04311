import {type ChildProcess, spawn} from 'node:child_process';
import {existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, renameSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {afterEach, beforeEach, expect, test, vi} from 'vitest';
import {stringify} from 'yaml';
import {readPodsStatus} from '../../../../src/lab/embedded/kubelet/status.ts';
import {findProcesses, stopProcesses} from '../../../../src/lab/embedded/processes.ts';
import {LabFolder} from '../../../../src/lab/embedded/record.ts';
import {writePrivate} from '../../../../src/lab/embedded/store.ts';

// The programs are shell scripts here; test/live/lab-static-pods.test.ts has real ones.
const script = fileURLToPath(new URL('../../../../src/lab/embedded/kubelet/main.ts', import.meta.url));
vi.setConfig({testTimeout: 60_000});
const PATIENCE = {timeout: 20_000, interval: 20};

let lab: LabFolder;
let programs = '';
let kubelet: ChildProcess;

beforeEach(() => {
  const root = mkdtempSync(join(realpathSync(tmpdir()), 'kops-kubelet-'));
  lab = new LabFolder(join(root, 'lab'));
  programs = join(root, 'programs');
  writePrivate(lab.record, '{}');
  mkdirSync(manifests(), {recursive: true});
  mkdirSync(programs);
  program('etcd', 'echo "$@"; exec sleep 600');
  startKubelet();
});
afterEach(async () => {
  kubelet.kill('SIGKILL');
  await stopProcesses(lab.path, findProcesses(lab.path), 0);
  rmSync(join(lab.path, '..'), {recursive: true, force: true});
});

const manifests = (): string => join(lab.node('n'), 'etc/kubernetes/manifests');
const program = (name: string, text: string) => writeFileSync(join(programs, name), `#!/bin/sh\n${text}\n`, {mode: 0o755});
const put = (file: string, text: string) => writePrivate(join(manifests(), file), text);
const outputOf = (name: string): string => readFileSync(lab.log(name, 'n'), 'utf8');

function startKubelet(): void {
  kubelet = spawn(process.execPath, [script, lab.path, 'n', programs], {stdio: ['ignore', 'pipe', 'inherit']});
  kubelet.stdout?.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  said = '';
}
let said = '';
const saw = (pattern: RegExp) => vi.waitFor(() => expect(said).toMatch(pattern), PATIENCE);

interface Parts {
  readonly command?: readonly string[];
  readonly container?: object;
  readonly volumes?: readonly object[];
  readonly spec?: object;
}
const pod = (name: string, {command = ['etcd'], container = {}, volumes = [], spec = {}}: Parts = {}): string =>
  stringify({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {name},
    spec: {containers: [{name: 'c', image: 'i:1', command, ...container}], volumes, ...spec},
  });

/** The one process of a static pod that runs. */
async function runningPid(other?: number): Promise<number> {
  return vi.waitFor(() => {
    const pids = findProcesses(lab.path).map(({pid}) => pid);
    expect(pids).toHaveLength(1);
    expect(pids).not.toContain(other);
    return pids[0] ?? 0;
  }, PATIENCE);
}
const none = () => vi.waitFor(() => expect(findProcesses(lab.path)).toEqual([]), PATIENCE);

test('a manifest that is renamed into the folder runs, and ends with it', async () => {
  put('../new', pod('a', {command: ['etcd', '--x=1']}));
  renameSync(join(manifests(), '../new'), join(manifests(), 'a'));
  await runningPid();
  await vi.waitFor(() => expect(outputOf('etcd')).toBe('--x=1\n'), PATIENCE);
  rmSync(join(manifests(), 'a'));
  await none();
  await saw(/no manifest has it any more; stopping it/);
});

test('another pod by the same name starts when the process of the one before is gone, which has two seconds at most', async () => {
  program('etcd', 'trap "" TERM; echo "$1 from $$"; while :; do sleep 0.1; done');
  put('a.yaml', pod('a', {command: ['etcd', 'old']}));
  await vi.waitFor(() => expect(outputOf('etcd')).toMatch(/^old from \d+\n$/), PATIENCE);
  const old = Number(outputOf('etcd').match(/\d+/)?.[0]);
  const since = Date.now();
  put('a.yaml', pod('a', {command: ['etcd', 'new']}));
  await vi.waitFor(() => expect(outputOf('etcd')).toMatch(/\nnew from/), {timeout: 20_000, interval: 5});
  expect(findProcesses(lab.path).map(({pid}) => pid)).not.toContain(old);
  expect(Date.now() - since).toBeGreaterThan(1_900);
});

test('a pod that asks for less time gets less', async () => {
  program('etcd', 'trap "" TERM; echo ready; while :; do sleep 0.1; done');
  put('a.yaml', pod('a', {spec: {terminationGracePeriodSeconds: 0}}));
  await runningPid();
  await vi.waitFor(() => expect(outputOf('etcd')).toBe('ready\n'), PATIENCE);
  rmSync(join(manifests(), 'a.yaml'));
  await saw(/stopping it/);
  await saw(/stopped etcd/);
  const [begun = 0, done = 0] = [...said.matchAll(/^(\S+) .*stopp(?:ing it|ed etcd)/gm)].map(([, time]) =>
    Date.parse(time ?? ''),
  );
  expect(done - begun).toBeLessThan(1_500);
});

test('a comment restarts nothing', async () => {
  put('a.yaml', pod('a'));
  const pid = await runningPid();
  put('a.yaml', `# what for\n${pod('a')}`);
  put('z.yaml', pod('z', {command: ['nothing']})); // once that one was seen, the comment was
  await saw(/default\/z-n: \/etc/);
  expect(await runningPid()).toBe(pid);
  expect(said).not.toContain('stopping');
});

test('what ends is started again: at once, then after a second, then after two', async () => {
  program('etcd', 'exit 3');
  put('a.yaml', pod('a'));
  await saw(/back-off 1s [\s\S]*back-off 2s restarting failed container=c pod=a-n/);
  expect(said.match(/started etcd/g)).toHaveLength(3);
  expect(said).toContain('etcd ended with exit code 3');
  await vi.waitFor(() => {
    const [one] = readPodsStatus(lab.pods('n'), kubelet.pid)?.pods ?? [];
    expect(one?.containers).toMatchObject([{state: 'waiting', reason: 'CrashLoopBackOff', restarts: 2, last: {exitCode: 3}}]);
  }, PATIENCE);
});

test('a kubelet that was killed leaves its pods running; the next one knows them, and what changed meanwhile', async () => {
  put('a.yaml', pod('a'));
  put('b.yaml', pod('b'));
  put('c.yaml', pod('c'));
  const three = async () => vi.waitFor(() => expect(findProcesses(lab.path)).toHaveLength(3), PATIENCE);
  await three();
  const pidOf = (name: string) => findProcesses(lab.path).find(({container}) => container?.includes(`/${name}-n`))?.pid ?? 0;
  const before = {a: pidOf('a'), b: pidOf('b'), c: pidOf('c')};
  kubelet.kill('SIGKILL');
  await new Promise((resolve) => kubelet.once('exit', resolve));
  put('b.yaml', pod('b', {command: ['etcd', 'changed']}));
  rmSync(join(manifests(), 'c.yaml'));
  await three();

  startKubelet();
  await vi.waitFor(
    () => expect([pidOf('b'), pidOf('c')].map((pid) => pid === before.b || pid === before.c)).toEqual([false, false]),
    PATIENCE,
  );
  await vi.waitFor(() => expect(pidOf('b')).toBeGreaterThan(0), PATIENCE);
  expect(pidOf('a')).toBe(before.a);
  expect(pidOf('c')).toBe(0);
  await saw(new RegExp(`default/a-n: etcd runs already, pid ${before.a}`));

  process.kill(before.a, 'SIGKILL');
  await vi.waitFor(() => expect(![0, before.a].includes(pidOf('a'))).toBe(true), PATIENCE);
});

test('SIGTERM ends the kubelet and leaves its pods running', async () => {
  put('a.yaml', pod('a'));
  const pid = await runningPid();
  kubelet.kill('SIGTERM');
  await new Promise((resolve) => kubelet.once('exit', resolve));
  expect(await runningPid()).toBe(pid);
});

test('a program that a lab does not have is an image that cannot be pulled', async () => {
  put('a.yaml', pod('a', {command: ['/usr/bin/envoy']}));
  await saw(/failed to pull image "i:1": a lab has no program "envoy"/);
});

test('it has its mounts and nothing else of this machine', async () => {
  const mount = {
    command: ['etcd', '--in=/data/x', '--out=/etc/passwd', '--etcd-prefix=/registry'],
    container: {volumeMounts: [{name: 'data', mountPath: '/data'}], env: [{name: 'FILE', value: '/etc/passwd'}]},
    volumes: [{name: 'data', hostPath: {path: '/var/lib/data', type: 'DirectoryOrCreate'}}],
  };
  program('etcd', 'echo "$@"; echo "$FILE"; ls -A; exec sleep 600');
  put('a.yaml', pod('a', mount));
  await runningPid();
  const rootfs = join(lab.containers('n'), 'a-n/rootfs/c');
  await vi.waitFor(
    () =>
      expect(outputOf('etcd')).toBe(
        `--in=${lab.node('n')}/var/lib/data/x --out=${rootfs}/etc/passwd --etcd-prefix=/registry\n${rootfs}/etc/passwd\n`,
      ),
    PATIENCE,
  );
  expect(existsSync(join(lab.node('n'), 'var/lib/data'))).toBe(true);
  rmSync(join(manifests(), 'a.yaml'));
  await vi.waitFor(() => expect(existsSync(rootfs)).toBe(false), PATIENCE);
});

test.each([
  ['Directory', 'hostPath type check failed, /there is not a directory'],
  ['File', 'hostPath type check failed, /there is not a file'],
  ['Socket', 'hostPath type check failed, /there is not a socket file'],
])('a hostPath of type %s must be there before the container starts', async (type, message) => {
  const volumes = [{name: 'v', hostPath: {path: '/there', type}}];
  put('a.yaml', pod('a', {container: {volumeMounts: [{name: 'v', mountPath: '/v'}]}, volumes}));
  await vi.waitFor(() => expect(said).toContain(`MountVolume.SetUp failed for volume "v" : ${message}`), PATIENCE);
  expect(findProcesses(lab.path)).toEqual([]);
  if (type === 'Socket') return;
  const path = join(lab.node('n'), 'there');
  if (type === 'File') writeFileSync(path, '');
  else mkdirSync(path);
  await runningPid();
});

test('a folder is no file', async () => {
  mkdirSync(join(lab.node('n'), 'there'), {recursive: true});
  const volumes = [{name: 'v', hostPath: {path: '/there', type: 'FileOrCreate'}}];
  put('a.yaml', pod('a', {container: {volumeMounts: [{name: 'v', mountPath: '/v'}]}, volumes}));
  await saw(/hostPath type check failed: \/there is not a file, it's a Directory/);
});

test('when the lab is gone its pods end, and then the kubelet', async () => {
  put('a.yaml', pod('a'));
  await runningPid();
  const ended = new Promise((resolve) => kubelet.once('exit', resolve));
  renameSync(lab.path, `${lab.path}-gone`); // at once: the kubelet still writes into it
  await none();
  expect(await ended).toBe(0);
});
