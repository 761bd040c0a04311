import {afterAll, beforeAll, describe, expect, onTestFinished, test, vi} from 'vitest';
import {reachNode} from '../../../src/cli/nodes.ts';
import {connect} from '../../../src/kube/connect.ts';
import {dockerNode} from '../../../src/nodes/docker.ts';
import {readFile, sha256} from '../../../src/nodes/files.ts';
import {confirm, type GuardPlan, guardedSwap, guardState, revert} from '../../../src/nodes/guard/guard.ts';
import type {Node} from '../../../src/nodes/node.ts';
import {images} from '../../support/images.ts';
import {createOwnCluster, type OwnCluster} from '../../support/kind-cluster.ts';
import {start} from '../../support/process.ts';

vi.setConfig({testTimeout: 300_000, hookTimeout: 300_000});

const {signal} = new AbortController();
const MANIFEST = '/etc/kubernetes/manifests/kube-apiserver.yaml';
const UNIT = 'kops-guard.service';
let own: OwnCluster;
let node: Node;

beforeAll(async () => {
  own = await createOwnCluster('kops-guard');
  node = dockerNode(own.node);
});
afterAll(() => own?.remove());

const isReady = async () =>
  (await own.sh('kubectl --kubeconfig /etc/kubernetes/admin.conf --request-timeout 2s get --raw /readyz')) === 'ok';
const ready = () => vi.waitFor(async () => expect(await isReady()).toBe(true), {timeout: 120_000, interval: 500});
const apiServer = async () => (await own.sh('pgrep -x kube-apiserver')).trim();
const unit = async () => ({
  enabled: (await own.sh(`systemctl is-enabled ${UNIT}`)).trim(),
  active: (await own.sh(`systemctl is-active ${UNIT}`)).trim(),
});
const traces = () =>
  own.sh('find /etc/systemd/system -name "kops-guard*"; find /etc/kubernetes -name ".kops*"; find /etc/kubernetes/kops -type f');

let count = 0;
/** A change that has the API server started anew: a flag more, which does not matter, or one that it does not know. */
async function planned({flag = `--v=${1 + (count % 2)}`, confirmWithin = 120} = {}) {
  await ready();
  const before = await readFile(node, MANIFEST, signal);
  if (!before) throw new Error('no manifest');
  const text = before.content.toString().replace(/\n {4}- --v=\d/, '');
  const content = Buffer.from(text.replace('\n    - --', `\n    - ${flag}\n    - --`));
  const plan: GuardPlan = {
    id: `change-${process.pid}-${count++}`,
    swaps: [
      {path: '/etc/kubernetes/enc/encryption.yaml', expect: 'absent', content: Buffer.from('new key\n'), mode: '600'},
      {path: MANIFEST, expect: before.sha256, content, mode: before.mode},
    ],
    confirmWithin,
    stopContainer: 'kube-apiserver',
  };
  const expectBefore = async () => {
    expect(await readFile(node, MANIFEST, signal)).toEqual(before);
    expect(await own.sh('ls -A /etc/kubernetes/enc')).toBe('');
    await vi.waitFor(async () => expect(await traces()).toBe('/etc/kubernetes/kops/guard/last\n'), {timeout: 20_000});
  };
  onTestFinished(async () => {
    await guardState(node, signal).then((guard) => guard && revert(node, guard.id, signal));
    await own.sh('rm -rf /etc/kubernetes/enc');
  });
  return {plan, content, expectBefore};
}

describe('as a unit of systemd', () => {
  test('it is enabled until the change is confirmed, then nothing of it is left', async () => {
    const {plan, content} = await planned();
    await guardedSwap(node, plan, signal);
    expect(await unit()).toEqual({enabled: 'enabled', active: 'active'});
    expect(await own.sh('stat -c %a /etc/kubernetes/kops /etc/kubernetes/kops/guard /etc/kubernetes/enc')).toBe(
      '700\n700\n700\n',
    );
    await confirm(node, plan.id, signal);
    expect((await readFile(node, MANIFEST, signal))?.sha256).toBe(sha256(content));
    expect(await traces()).toBe('/etc/kubernetes/kops/guard/last\n');
    expect(await unit()).toMatchObject({active: 'inactive'});
  });

  test.each(['KILL', 'TERM'])('it is there again after a SIG%s', async (signalName) => {
    const {plan, expectBefore} = await planned({confirmWithin: 8});
    await guardedSwap(node, plan, signal);
    const pid = (await own.sh(`systemctl show -p MainPID --value ${UNIT}`)).trim();
    await own.sh(`kill -${signalName} ${pid}`);
    await vi.waitFor(
      async () => expect((await own.sh(`systemctl show -p MainPID --value ${UNIT}`)).trim()).not.toBeOneOf([pid, '0']),
      {
        timeout: 20_000,
      },
    );
    await vi.waitFor(() => expectBefore(), {timeout: 60_000, interval: 500});
    expect(await guardState(node, signal)).toEqual({id: plan.id, state: 'reverted', why: 'it was not confirmed within 8 s'});
  });

  test('a restart of the node between the change and its confirmation has the old files back, byte for byte', async () => {
    const {plan, expectBefore} = await planned({confirmWithin: 15});
    await guardedSwap(node, plan, signal);
    await start('docker', ['restart', '--time', '5', own.node]).ended;
    await vi.waitFor(() => expectBefore(), {timeout: 120_000, interval: 500});
    await ready();
    expect(await guardState(node, signal)).toEqual({id: plan.id, state: 'reverted', why: 'it was not confirmed within 15 s'});
  });

  test('after a restart of the node it can still be confirmed', async () => {
    const {plan, content} = await planned({confirmWithin: 600});
    await guardedSwap(node, plan, signal);
    await start('docker', ['restart', '--time', '5', own.node]).ended;
    await vi.waitFor(() => confirm(node, plan.id, signal), {timeout: 60_000, interval: 500});
    expect((await readFile(node, MANIFEST, signal))?.sha256).toBe(sha256(content));
    await ready();
  });
});

test('an API server that does not come up is nobody’s business but the node’s', async () => {
  const {plan, expectBefore} = await planned({flag: '--no-such-flag', confirmWithin: 10});
  await guardedSwap(node, plan, signal);
  await vi.waitFor(() => expectBefore(), {timeout: 120_000, interval: 500});
  await ready();
});

test('a container is stopped by the guard, there and back: the kubelet would give it its 30 s of grace while clients watch', async () => {
  const watching = await connect({kubeconfig: own.kubeconfig});
  const controller = new AbortController();
  onTestFinished(() => controller.abort());
  const {plan, expectBefore} = await planned();
  /** How long the container that runs is still there, in milliseconds. */
  const untilStopped = async (change: () => Promise<unknown>): Promise<number> => {
    await watching.follow('pods', {}, () => {}, controller.signal);
    const running = await apiServer();
    const since = performance.now();
    const changed = change();
    await vi.waitFor(async () => expect(await apiServer()).not.toBe(running), {timeout: 60_000, interval: 500});
    const took = performance.now() - since;
    await changed;
    await vi.waitFor(async () => expect(await apiServer()).not.toBeOneOf(['', running]), {timeout: 60_000, interval: 500});
    await ready();
    return took;
  };
  expect(await untilStopped(() => guardedSwap(node, plan, signal))).toBeLessThan(30_000);
  expect(await untilStopped(async () => expect(await revert(node, plan.id, signal)).toBe('reverted'))).toBeLessThan(30_000);
  await expectBefore();
});

test('through a pod, whose connection the change itself takes away', async () => {
  const cluster = await connect({kubeconfig: own.kubeconfig});
  const object = await cluster.get('nodes', {name: own.node}, signal);
  const flags = {
    'node-access': 'pod',
    'node-pod-image': images.shell,
    'ssh-host': undefined,
    'control-planes': undefined,
  } as const;
  const {node: throughPod, chosen} = await reachNode(cluster, own.node, flags, signal, object);
  onTestFinished(() => throughPod.close());
  expect(chosen).toBe(`pod: a privileged pod of ${images.shell} on it`);
  const {plan, content} = await planned();
  const first = await apiServer();
  await guardedSwap(throughPod, plan, signal);
  await vi.waitFor(async () => expect(await apiServer()).not.toBeOneOf(['', first]), {timeout: 60_000, interval: 500});
  await ready();
  await confirm(throughPod, plan.id, signal);
  expect((await readFile(throughPod, MANIFEST, signal))?.sha256).toBe(sha256(content));
  await throughPod.close();
  const left = await cluster.list('pods', {namespace: 'kube-system', labelSelector: 'app.kubernetes.io/managed-by=kops'}, signal);
  expect(left.filter(({metadata}) => !metadata?.deletionTimestamp)).toEqual([]);
});

test('on a full disk the old files come back, and the guard ends once there is room', async () => {
  const small = {...node, root: '/mnt/small'};
  await own.sh('mkdir -p /mnt/small && mount -t tmpfs -o size=512k tmpfs /mnt/small');
  onTestFinished(() => own.sh('umount -l /mnt/small').then(() => {}));
  await own.sh('mkdir -p /mnt/small/etc && printf old >/mnt/small/etc/x');
  const swap = {path: '/etc/x', expect: sha256(Buffer.from('old')), content: Buffer.from('new'), mode: '600'};
  await guardedSwap(small, {id: 'one', swaps: [swap], confirmWithin: 5}, signal);
  await own.sh('cat /dev/zero >/mnt/small/ballast');
  expect(await own.sh('cat /mnt/small/etc/x')).toBe('new');
  await vi.waitFor(async () => expect(await own.sh('cat /mnt/small/etc/x')).toBe('old'), {timeout: 30_000});
  await own.sh('rm /mnt/small/ballast');
  expect(await guardState(small, signal)).toMatchObject({id: 'one', state: 'reverted'});
});

test('with nothing but busybox', async () => {
  const name = `kops-busybox-${process.pid}`;
  await start('docker', ['run', '--detach', '--rm', '--name', name, images.shell, 'sleep', '600']).ended;
  onTestFinished(() => start('docker', ['rm', '--force', name]).ended.then(() => {}));
  const bare = {...dockerNode(name), root: '/node'};
  const swap = {path: '/etc/x', expect: 'absent', content: Buffer.from('new'), mode: '600'};
  await guardedSwap(bare, {id: 'one', swaps: [swap], confirmWithin: 2}, signal);
  expect((await readFile(bare, '/etc/x', signal))?.content.toString()).toBe('new');
  await vi.waitFor(async () => expect(await readFile(bare, '/etc/x', signal)).toBeUndefined(), {timeout: 20_000});
  await guardedSwap(bare, {id: 'two', swaps: [swap], confirmWithin: 600}, signal);
  await confirm(bare, 'two', signal);
  expect((await readFile(bare, '/etc/x', signal))?.content.toString()).toBe('new');
});
