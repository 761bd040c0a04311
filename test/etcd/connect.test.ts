import {execFile} from 'node:child_process';
import {promisify} from 'node:util';
import {expect, onTestFinished, test} from 'vitest';
import {type Candidate, candidatesOf, type EtcdPod, openEtcd, type Ways} from '../../src/etcd/connect.ts';
import type {Etcd} from '../../src/etcd/etcd.ts';
import type {RunEtcdctl} from '../../src/etcd/etcdctl.ts';
import {EtcdProblem} from '../../src/etcd/problems.ts';
import type {Store} from '../../src/etcd/store.ts';
import {MEMBER_ID, startFakeEtcd} from '../support/fake-etcd.ts';
import {refusalOf} from '../support/refusal.ts';

const {signal} = new AbortController();
const store: Store = {
  servers: ['http://127.0.0.1:1'],
  prefix: '/registry',
  elsewhere: [],
  caFile: undefined,
  certFile: undefined,
  keyFile: undefined,
};
const here = {addresses: [], isLocal: true, advertised: []};
const pod = (node: string): EtcdPod => ({
  namespace: 'kube-system',
  name: `etcd-${node}`,
  node,
  command: ['etcd', '--listen-client-urls=http://127.0.0.1:2379'],
  clientUrls: [`http://${node}.invalid:2379`],
});
/** etcdctl that works. */
const run: RunEtcdctl = async (_command, onData) => {
  onData(Buffer.from('{"header":{"revision":9}}'));
  return {code: 0, stderr: ''};
};

test('the ways in their order: gRPC, port-forwards, etcdctl in the pods, crictl on the nodes', () => {
  const container = {run};
  const ways: Ways = {
    pods: [pod('a'), pod('b')],
    forward: async () => ({port: 1, close: async () => {}}),
    inPod: () => container,
    onNode: ({node}) => (node === 'a' ? container : undefined),
  };
  expect(candidatesOf(store, here, ways).map(({via}) => via)).toEqual([
    'gRPC',
    'a port-forward to pod etcd-a',
    'a port-forward to pod etcd-b',
    'etcdctl in pod etcd-a',
    'etcdctl in pod etcd-b',
    'etcdctl by crictl on node a',
  ]);
  expect(candidatesOf(store, {...here, isLocal: false}, {pods: []})).toEqual([]);
});

test('the first way that works is used, and those before it are told with their reasons', async () => {
  const tried: string[] = [];
  const candidates = candidatesOf(store, here, {pods: [pod('a')], inPod: () => ({run})});
  const etcd = await openEtcd(candidates, signal, ({via, problem}) => void tried.push(`${via}: ${problem.why}`));
  expect(etcd.via).toBe('etcdctl in pod etcd-a');
  expect(tried).toEqual(['gRPC: nothing listens there (connection refused)']);
});

test('where none works, each is named with its reason', async () => {
  const refused: RunEtcdctl = async () => ({code: 1, stderr: 'Error: etcdserver: permission denied'});
  const candidates = candidatesOf(store, here, {pods: [pod('a')], inPod: () => ({run: refused})});
  const problem = await refusalOf(openEtcd(candidates, signal), EtcdProblem);
  expect(problem.kind).toBe('unreachable');
  expect(`${problem.message}\n${problem.why}\n${problem.next}`).toMatchInlineSnapshot(`
    "cannot read etcd
    cannot reach etcd: gRPC to http://127.0.0.1:1: nothing listens there (connection refused)
    etcd's access control refused: etcdctl in pod etcd-a: etcd has its authentication on, and the user of this client certificate may not do that
    check that etcd runs and that its address is right: --etcd-servers of the kube-apiserver"
  `);
});

test('where there is no way at all, the next step is a way', async () => {
  const {why, next} = await refusalOf(openEtcd([], signal), EtcdProblem);
  expect([why, next]).toEqual([
    'there is no way to it from here',
    'run kops on a control plane, or give it a way to one: --node-access',
  ]);
});

test('an abort tries no other way, and neither does a bug', async () => {
  const abort = new AbortController();
  const stuck: Candidate = {
    via: 'one',
    open: async (aborted) => {
      abort.abort(new Error('enough'));
      throw aborted.reason;
    },
  };
  const never: Candidate = {via: 'another', open: async () => expect.unreachable()};
  await expect(openEtcd([stuck, never], abort.signal)).rejects.toThrow('enough');
  const broken: Candidate = {
    via: 'one',
    open: async () => {
      throw new TypeError('a bug');
    },
  };
  await expect(openEtcd([broken, never], signal)).rejects.toThrow(TypeError);
});

test('port-forwards lead to each member in its own pod, and end with the connection', async () => {
  const [a, b] = await Promise.all([startFakeEtcd(), startFakeEtcd()]);
  onTestFinished(() => {
    a.stop();
    b.stop();
  });
  a.others.push({id: '42', name: 'b', clientUrls: ['http://b.invalid:2379']});
  const open = new Set<string>();
  const forward: Ways['forward'] = async ({node}, port) => {
    expect(port).toBe(2379);
    open.add(node);
    return {port: Number(new URL(node === 'a' ? a.url : b.url).port), close: async () => void open.delete(node)};
  };
  const candidates = candidatesOf(store, {...here, isLocal: false}, {pods: [pod('a'), pod('b')], forward});
  const etcd: Etcd = await openEtcd(candidates, signal);
  expect(etcd.via).toContain('a port-forward to pod etcd-a');
  expect([...open]).toEqual(['a']);
  const other = (await etcd.members(signal)).find(({name}) => name === 'b');
  expect(other).toMatchObject({id: '42', dbSize: 8192, errors: []});
  if (other === undefined) return expect.unreachable();
  await etcd.defragment(other, signal);
  expect([a.defragmented(), b.defragmented()]).toEqual([0, 1]);
  expect(other.id).not.toBe(MEMBER_ID);
  await etcd.close();
  expect([...open]).toEqual([]);
});

test('a port-forward that leads nowhere is closed', async () => {
  let closed = 0;
  const forward: Ways['forward'] = async () => ({port: 1, close: async () => void closed++});
  const candidates = candidatesOf(store, {...here, isLocal: false}, {pods: [pod('a')], forward});
  await refusalOf(openEtcd(candidates, signal), EtcdProblem);
  expect(closed).toBe(1);
});

test('gRPC is loaded only to reach etcd: it would slow the start of every command', async () => {
  const script = `
    import {createRequire} from 'node:module';
    const {openEtcd, candidatesOf} = await import('./src/etcd/connect.ts');
    const loaded = () => Object.keys(createRequire(import.meta.url).cache).some((path) => path.includes('grpc'));
    const before = loaded();
    const candidates = candidatesOf({servers: ['http://127.0.0.1:1']}, {addresses: [], isLocal: true, advertised: []}, {pods: []});
    await openEtcd(candidates, new AbortController().signal).catch(() => {});
    console.log(JSON.stringify([before, loaded()]));`;
  const {stdout} = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script]);
  expect(JSON.parse(stdout)).toEqual([false, true]);
});
