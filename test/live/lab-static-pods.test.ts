import {appendFileSync, copyFileSync, mkdtempSync, readFileSync, realpathSync, renameSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import type {V1Pod} from '@kubernetes/client-node';
import {afterAll, beforeAll, expect, test, vi} from 'vitest';
import {parse, stringify} from 'yaml';
import type {Json} from '../../src/kube/json.ts';
import {readPodsStatus} from '../../src/lab/embedded/kubelet/status.ts';
import {labNodes} from '../../src/lab/embedded/lab-nodes.ts';
import {findProcesses} from '../../src/lab/embedded/processes.ts';
import {LabFolder} from '../../src/lab/embedded/record.ts';
import {writePrivate} from '../../src/lab/embedded/store.ts';
import {connectApi} from '../support/api.ts';
import {type Result, runKops} from '../support/process.ts';

// The tests build upon each other: a lab of three control planes takes a while to come up.
vi.setConfig({testTimeout: 180_000, hookTimeout: 180_000});
const PATIENCE = {timeout: 90_000, interval: 50};

const root = mkdtempSync(join(realpathSync(tmpdir()), 'kops-static-pods-'));
const kubeconfig = join(root, 'kubeconfig');
const env = {XDG_STATE_HOME: join(root, 'state'), KUBECONFIG: kubeconfig};
const labs = join(env.XDG_STATE_HOME, 'kops/labs');
const folder = new LabFolder(join(labs, 's'));
const [first, second, third] = ['s-control-plane', 's-control-plane2', 's-control-plane3'] as const;

const lab = (verb: string, ...args: string[]): Promise<Result> => runKops(['lab', verb, '--name', 's', ...args], {env});
const manifest = (node: string, file = 'kube-apiserver.yaml') => join(folder.node(node), 'etc/kubernetes/manifests', file);
const withFlag = (text: string, flag: string) => text.replace('- kube-apiserver\n', `- kube-apiserver\n        - ${flag}\n`);
const kubeletLog = (node: string) => readFileSync(folder.log('kubelet', node), 'utf8');
const contextOf = (node: string) => `kops-s${node === first ? '' : `-${node.at(-1)}`}`;
const isReady = (node: string): Promise<boolean> =>
  connectApi(kubeconfig, 'kops-test', {context: contextOf(node)})
    .send('GET', '/readyz')
    .then(
      () => true,
      () => false,
    );
const ready = (node: string) => vi.waitFor(async () => expect(await isReady(node)).toBe(true), PATIENCE);

/** The lab's processes by `program node`. */
const pids = () => new Map(findProcesses(folder.path).map(({program, node, pid}) => [`${program} ${node}`, pid]));
const pidOf = (program: string, node: string): number => pids().get(`${program} ${node}`) ?? 0;
const without = (all: Map<string, number>, ...names: string[]) =>
  new Map([...all].filter(([name]) => !names.includes(name)).sort());

/** Writes a file as a careful person does: beside it under a name with a dot, then renamed. */
function replace(path: string, text: string): void {
  const temporary = join(path, '..', '.next');
  writePrivate(temporary, text);
  renameSync(temporary, path);
}

/** Writes the manifest of a pod that no lab can run, and waits until the kubelet saw it: what was written before it was seen too. */
async function seen(node: string): Promise<void> {
  const name = `marker-${Date.now()}`;
  const container = {name: 'c', image: 'none:1', command: ['none']};
  writePrivate(
    manifest(node, `zz-${name}`),
    JSON.stringify({apiVersion: 'v1', kind: 'Pod', metadata: {name}, spec: {containers: [container]}}),
  );
  await vi.waitFor(() => expect(kubeletLog(node)).toContain(name), PATIENCE);
  rmSync(manifest(node, `zz-${name}`));
}

const statusOf = (node: string) =>
  readPodsStatus(folder.pods(node), pidOf('kubelet', node))?.pods.find(({name}) => name === `kube-apiserver-${node}`);
const mirrorOf = async (node: string, program = 'kube-apiserver', through = first) =>
  (await connectApi(kubeconfig, 'kops-test', {context: contextOf(through)}).send(
    'GET',
    `/api/v1/namespaces/kube-system/pods/${program}-${node}`,
  )) as Json<V1Pod>;
const hashOf = ({metadata}: Json<V1Pod>) => metadata?.annotations?.['kubernetes.io/config.hash'];

beforeAll(async () => {
  const {code, stderr} = await lab('up', '--driver', 'embedded', '--control-planes', '3', '--workers', '0');
  expect(stderr).not.toContain('✗');
  expect(code).toBe(0);
});
afterAll(async () => {
  await lab('down');
  rmSync(root, {recursive: true, force: true});
});

test('the control plane is in the API as on a real cluster: mirror pods, ready, with the hash of their manifests', async () => {
  const {items} = (await connectApi(kubeconfig).send('GET', '/api/v1/namespaces/kube-system/pods')) as {items: Json<V1Pod>[]};
  expect(items.map(({metadata}) => metadata?.name).sort()).toEqual([
    `etcd-${first}`,
    ...[first, second, third].map((node) => `kube-apiserver-${node}`),
    `kube-controller-manager-${first}`,
    `kube-scheduler-${first}`,
  ]);
  await vi.waitFor(async () => {
    const mirror = await mirrorOf(second);
    expect(hashOf(mirror)).toBe(statusOf(second)?.uid);
    expect(mirror).toMatchObject({
      metadata: {ownerReferences: [{kind: 'Node', name: second}], annotations: {'kubernetes.io/config.source': 'file'}},
      spec: {nodeName: second},
      status: {phase: 'Running', containerStatuses: [{ready: true, restartCount: 0}]},
    });
  }, PATIENCE);
});

test('the folders of its nodes are found by the URL of any of its API servers', () => {
  const {ports} = JSON.parse(readFileSync(folder.record, 'utf8'));
  for (const port of ports.apiServers)
    expect([...(labNodes(`https://127.0.0.1:${port}`, labs)?.keys() ?? [])]).toEqual([first, second, third]);
});

test('a comment, and a file whose name begins with a dot, restart nothing', async () => {
  const before = pids();
  const text = readFileSync(manifest(first), 'utf8');
  replace(manifest(first), `# edited by hand\n${text}`);
  writePrivate(manifest(first, '.kube-apiserver.yaml.swp'), withFlag(text, '--no-such-flag'));
  await seen(first);
  expect(without(pids())).toEqual(without(before));
  rmSync(manifest(first, '.kube-apiserver.yaml.swp'));
});

test('a changed flag restarts that server and no other; its mirror has the new hash only when it is up', async () => {
  const before = pids();
  const old = hashOf(await mirrorOf(second));
  const text = readFileSync(manifest(second), 'utf8');
  const edited = Date.now();
  replace(manifest(second), withFlag(text, '--audit-log-maxage=3'));
  await vi.waitFor(() => expect(kubeletLog(second)).toContain('another pod now'), {timeout: 30_000, interval: 5});
  const noticed = Date.parse(/^(\S+) .*another pod now/m.exec(kubeletLog(second))?.[1] ?? '');
  expect(noticed - edited, 'milliseconds until the kubelet noticed the rename').toBeLessThan(1_000);

  const hashes = new Set<string | undefined>();
  await vi.waitFor(async () => {
    const hash = hashOf(await mirrorOf(second)); // through another server
    hashes.add(hash);
    expect(hash).toBe(statusOf(second)?.uid);
    expect(hash).not.toBe(old);
  }, PATIENCE);
  await ready(second);
  expect(hashes.size).toBe(2);
  expect(pidOf('kube-apiserver', second)).not.toBe(before.get(`kube-apiserver ${second}`));
  expect(without(pids(), `kube-apiserver ${second}`)).toEqual(without(before, `kube-apiserver ${second}`));
  expect(readFileSync(`/proc/${pidOf('kube-apiserver', second)}/cmdline`, 'utf8')).toContain('--audit-log-maxage=3');
});

test('an API server that is killed is back by itself, and its mirror counts the restart', async () => {
  const before = pidOf('kube-apiserver', second);
  process.kill(before, 'SIGKILL');
  await vi.waitFor(() => expect([0, before]).not.toContain(pidOf('kube-apiserver', second)), PATIENCE);
  await ready(second);
  await vi.waitFor(async () => {
    expect((await mirrorOf(second)).status?.containerStatuses).toMatchObject([
      {restartCount: 1, ready: true, lastState: {terminated: {exitCode: 137, reason: 'Error'}}},
    ]);
  }, PATIENCE);
});

test('a mirror pod that is deleted comes back; what it mirrors never went', async () => {
  const before = await mirrorOf(first, 'kube-scheduler');
  const pid = pidOf('kube-scheduler', first);
  await connectApi(kubeconfig).send('DELETE', `/api/v1/namespaces/kube-system/pods/kube-scheduler-${first}`);
  await vi.waitFor(async () => {
    const after = await mirrorOf(first, 'kube-scheduler');
    expect(after.metadata?.uid).not.toBe(before.metadata?.uid);
    expect(hashOf(after)).toBe(hashOf(before));
    expect(after.status?.phase).toBe('Running');
  }, PATIENCE);
  expect(pidOf('kube-scheduler', first)).toBe(pid);
});

test('a flag that points outside the mounts fails as on a real node, though the file is on the node; the mount mends it', async () => {
  const good = readFileSync(manifest(third), 'utf8');
  writePrivate(
    join(folder.node(third), 'etc/kubernetes/enc/encryption.yaml'),
    'apiVersion: apiserver.config.k8s.io/v1\nkind: EncryptionConfiguration\nresources: [{resources: [secrets], providers: [{identity: {}}]}]\n',
  );
  const flagged = withFlag(good, '--encryption-provider-config=/etc/kubernetes/enc/encryption.yaml');
  replace(manifest(third), flagged);
  await vi.waitFor(
    () => expect(statusOf(third)?.containers).toMatchObject([{reason: 'CrashLoopBackOff', restarts: 1}]),
    PATIENCE,
  );
  const log = readFileSync(folder.log('kube-apiserver', third), 'utf8');
  expect(log).toMatch(/open \S*\/etc\/kubernetes\/enc\/encryption\.yaml: no such file or directory/);
  expect(await isReady(first)).toBe(true);
  const waiting = new RegExp(`○ kube-apiserver +${third} {2}not running: it keeps ending: \\d+ restart`);
  await vi.waitFor(async () => expect((await lab('status')).stdout).toMatch(waiting), PATIENCE);

  const pod = parse(flagged) as Json<V1Pod>;
  pod.spec?.containers[0]?.volumeMounts?.push({mountPath: '/etc/kubernetes/enc', name: 'enc', readOnly: true});
  pod.spec?.volumes?.push({name: 'enc', hostPath: {path: '/etc/kubernetes/enc', type: 'Directory'}});
  replace(manifest(third), stringify(pod));
  await ready(third);
  replace(manifest(third), good);
  await vi.waitFor(() => expect(kubeletLog(third).match(/stopped kube-apiserver/g)?.length).toBeGreaterThan(1), PATIENCE);
  await ready(third);
});

test('a backup in the folder is the same pod once more: it takes over, and an edit of the original then wins until all is read again', async () => {
  const original = pidOf('kube-apiserver', third);
  copyFileSync(manifest(third), manifest(third, 'kube-apiserver.yaml.bak'));
  await vi.waitFor(() => expect(statusOf(third)?.file).toBe('/etc/kubernetes/manifests/kube-apiserver.yaml.bak'), PATIENCE);
  await vi.waitFor(() => expect([0, original]).not.toContain(pidOf('kube-apiserver', third)), PATIENCE);

  const text = readFileSync(manifest(third), 'utf8');
  replace(manifest(third), withFlag(text, '--audit-log-maxage=4'));
  await vi.waitFor(() => expect(statusOf(third)?.file).toBe('/etc/kubernetes/manifests/kube-apiserver.yaml'), PATIENCE);
  await vi.waitFor(() => expect(statusOf(third)?.file).toBe('/etc/kubernetes/manifests/kube-apiserver.yaml.bak'), PATIENCE);

  rmSync(manifest(third, 'kube-apiserver.yaml.bak'));
  await vi.waitFor(() => expect(statusOf(third)).toBeUndefined(), PATIENCE);
  await vi.waitFor(() => expect(statusOf(third)?.file).toBe('/etc/kubernetes/manifests/kube-apiserver.yaml'), PATIENCE);
  await ready(third);
});

test('a kubelet that is killed leaves everything running; up brings it back, and it knows what runs and what changed', async () => {
  const before = pids();
  process.kill(pidOf('kubelet', first), 'SIGKILL');
  await vi.waitFor(() => expect(pidOf('kubelet', first)).toBe(0), PATIENCE);
  const status = await lab('status');
  expect(status.stdout).toContain('lab s is degraded: 1 of 10 processes are not running');
  expect(status.stdout).toMatch(new RegExp(`○ kubelet +${first} {2}not running`));

  appendFileSync(manifest(first), '# unseen\n');
  replace(
    manifest(first, 'kube-scheduler.yaml'),
    readFileSync(manifest(first, 'kube-scheduler.yaml'), 'utf8').replace('--kube-api-qps=200', '--kube-api-qps=201'),
  );
  const {code, stdout, stderr} = await lab('up');
  expect(stderr).not.toContain('✗');
  expect(code).toBe(0);
  expect(stdout).toContain('is up again, with its data');
  const changed = [`kubelet ${first}`, `kube-scheduler ${first}`];
  expect(without(pids(), ...changed)).toEqual(without(before, ...changed));
  expect(pidOf('kube-scheduler', first)).not.toBe(before.get(`kube-scheduler ${first}`));
});

test('a manifest that is moved away ends its process; up says so, and moving it back brings it back', async () => {
  const away = join(root, 'kube-scheduler.yaml');
  renameSync(manifest(first, 'kube-scheduler.yaml'), away);
  await vi.waitFor(() => expect(pidOf('kube-scheduler', first)).toBe(0), PATIENCE);
  const {code, stderr} = await lab('up');
  expect(stderr).toContain('kube-scheduler of lab s is not to run');
  expect(stderr).toContain(`no manifest in ${folder.node(first)}/etc/kubernetes/manifests asks for it`);
  expect(code).toBe(3);
  await vi.waitFor(async () => expect(mirrorOf(first, 'kube-scheduler')).rejects.toThrow('404'), PATIENCE);
  renameSync(away, manifest(first, 'kube-scheduler.yaml'));
  await vi.waitFor(() => expect(pidOf('kube-scheduler', first)).not.toBe(0), PATIENCE);
});

test('etcd that is killed is back by itself, and nothing is lost', async () => {
  const api = connectApi(kubeconfig);
  const path = '/api/v1/namespaces/default/configmaps';
  await api.send('POST', path, {metadata: {name: 'note'}, data: {a: 'b'}});
  const before = pidOf('etcd', first);
  process.kill(before, 'SIGKILL');
  await vi.waitFor(() => expect([0, before]).not.toContain(pidOf('etcd', first)), PATIENCE);
  await vi.waitFor(async () => expect(await api.send('GET', `${path}/note`)).toMatchObject({data: {a: 'b'}}), PATIENCE);
});
